/** What stands before a line's text in the log of several Pods. */
export interface LogLine {
  /** The Pod that printed it; `undefined`: the line does not say. */
  readonly pod: string | undefined;
  readonly text: string;
}

/** `[pod/NAME/CONTAINER] `, as `kubectl logs --prefix` puts it before each line, and what `--timestamps` adds. */
const prefix = /^\[pod\/([^\s/\]]{1,253})\/[^\s\]]{1,253}\] ?/;
const timestamp = /^\d{4}-\d\d-\d\dT[\d:.]{8,24}(Z|[+-]\d\d:\d\d) /;

/** Takes off a line what `kubectl logs` puts before it, and what editors and other systems put around it. */
export function readLogLine(line: string): LogLine {
  const [found = "", pod] = prefix.exec(line) ?? [];
  const text = line
    .slice(found.length)
    .replace(timestamp, "")
    .replace(/^\uFEFF/, "")
    .trim();
  return { pod, text };
}
