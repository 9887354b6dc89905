/** An object as iproute2 prints it. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a line of iproute2's output. iproute2 prints most control characters of names and aliases as they are, which is no JSON,
 * and anybody who may make a link in a namespace of his own can give it such a name. Throws a SyntaxError where it is none either way.
 */
export function parseLine(line: string): Json[] {
  try {
    return JSON.parse(line);
  } catch {
    return JSON.parse(escapeControls(line).replaceAll("\\u00", "\\\\u00"));
  }
}

/** What JSON takes of what iproute2 and the kernel print: a control character but a line feed as `\u001b`. */
export function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) =>
    character === "\n" ? character : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

export function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function integer(value: unknown): number | undefined {
  return Number.isInteger(value) ? Number(value) : undefined;
}

export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
