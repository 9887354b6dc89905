import { numberOfSignal } from "./ip.ts";

/** How a program ended. */
export interface ProgramRun {
  /** Exit status, or 128 and the signal's number, as a shell tells it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** How it was kept from coming to its end: it took too long, it said too much, or somebody else killed it. */
  readonly killed?: "time" | "output" | "signal" | undefined;
}

interface Input {
  readonly stdin: string;
  /** All of its environment; without it, this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long it may take, in ms; without it, for ever. */
  readonly timeout?: number;
}

/** How much is read of what a program says on each of its outputs, in bytes. */
export const mostOutput = 8 * 1024 * 1024;

/** After a program's end, a process that it left behind may hold its output open: how long nothing may come, in ms. */
const silence = 500;

/**
 * Runs a program to its end with `stdin` on its standard input. No shell is involved. Throws what the system says where it can't
 * be started. That it fails is for the caller to judge.
 *
 * It is killed where it takes too long, or says more than anybody reads. Processes that it leaves behind are not waited for.
 */
export async function runProgram(
  argv: readonly [path: string, ...args: string[]],
  { stdin, env, timeout }: Input,
): Promise<ProgramRun> {
  const input = new Blob([stdin]);
  const child = Bun.spawn([...argv], { stdin: input, stdout: "pipe", stderr: "pipe", ...(env && { env: { ...env } }) });
  let killed: ProgramRun["killed"];
  const kill = (why: typeof killed): void => {
    killed ??= why;
    child.kill("SIGKILL");
  };
  const timer = timeout === undefined ? undefined : setTimeout(() => kill("time"), timeout);
  const outputs = [child.stdout, child.stderr].map((stream) => readSome(stream, () => kill("output")));
  await child.exited;
  clearTimeout(timer);
  if (child.signalCode !== null) killed ??= "signal";
  const [stdout = "", stderr = ""] = await Promise.all(outputs.map((output) => output.finish()));
  return { status: child.exitCode ?? 128 + (await numberOfSignal(child.signalCode)), stdout, stderr, killed };
}

/** Reads a stream as it comes, up to what is read at most; `finish` waits for its end, or until nothing comes any more. */
function readSome(stream: ReadableStream<Uint8Array>, onTooMuch: () => void): { finish(): Promise<string> } {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  let last = 0;
  const whole = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      last = performance.now();
      length += value.length;
      if (length > mostOutput) {
        onTooMuch();
        return true;
      }
      pieces.push(value);
    }
  })().catch(() => true);
  return {
    async finish() {
      last = performance.now();
      while (performance.now() - last < silence && !(await Promise.race([whole, Bun.sleep(silence / 10)])));
      reader.cancel().catch(() => {});
      return Buffer.concat(pieces).toString();
    },
  };
}
