/** What the tests of the command line share: the executable, run as an operator runs it. */
import { type Ended, executable } from "../kernel/harness.ts";

export interface Call {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs `ifacer WORDS...` and returns how it ended. Without `stdin` its standard input is empty. */
export async function ifacer(words: readonly string[], { stdin = "", env = {}, cwd }: Call = {}): Promise<Ended> {
  const child = Bun.spawn([executable, ...words], {
    stdin: new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env["PATH"] ?? "", ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, stdout, stderr };
}
