import { numberOfSignal } from "./ip.ts";

/** How a program ended. */
export interface ProgramRun {
  /** Exit status, or 128 and the signal's number, as a shell tells it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end with `stdin` on its standard input. No shell is involved. Throws what the system says where it can't
 * be started. That it fails is for the caller to judge.
 *
 * @param env all of its environment; without it, this process's
 */
export async function runProgram(
  argv: readonly [path: string, ...args: string[]],
  { stdin, env }: { stdin: string; env?: Readonly<Record<string, string | undefined>> },
): Promise<ProgramRun> {
  const input = new Blob([stdin]);
  const child = Bun.spawn([...argv], { stdin: input, stdout: "pipe", stderr: "pipe", ...(env && { env: { ...env } }) });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status: child.exitCode ?? 128 + (await numberOfSignal(child.signalCode)), stdout, stderr };
}
