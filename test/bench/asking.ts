/** Counts what a command asks of `ip`, by an `ip` on PATH that notes it and then does it. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Asked {
  readonly status: number;
  /** How often `ip` was run. */
  readonly runs: number;
  /** Lines that it was given on standard input, all runs together. */
  readonly linesIn: number;
  /** Bytes that it wrote to standard output, all runs together. */
  readonly bytesOut: number;
}

const path = "/usr/sbin:/usr/bin:/sbin:/bin";

/** Runs `argv` to its end, by the words of `inside` where it is to run elsewhere. */
export function countAsking(
  argv: readonly string[],
  { env, stdin, inside = [] }: { env: Record<string, string>; stdin: string; inside?: readonly string[] },
): Asked {
  const folder = mkdtempSync(join(tmpdir(), "asked-"));
  try {
    const notes = join(folder, "notes");
    const script = `#!/bin/sh\nn=${notes}.$$\ntee $n.in | PATH=${path} ip "$@" >$n.out\nstatus=$?\ncat $n.out\nexit $status\n`;
    writeFileSync(join(folder, "ip"), script);
    chmodSync(join(folder, "ip"), 0o755);
    const { exitCode } = Bun.spawnSync([...inside, ...argv], {
      env: { ...env, PATH: `${folder}:${path}` },
      stdin: Buffer.from(stdin),
      stdout: "ignore",
      stderr: "ignore",
    });
    const read = (ending: string) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(ending))
        .map((name) => readFileSync(join(folder, name), "utf8"));
    const given = read(".in").join("");
    return {
      status: exitCode,
      runs: read(".in").length,
      linesIn: given.split("\n").length - 1,
      bytesOut: Buffer.byteLength(read(".out").join("")),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
