import { CniError, Code } from "../error.ts";
import { findProgram, searchedFolders } from "./programs.ts";

/** How one run of `ip` ended. */
export interface IpRun {
  /** The command as an operator would type it. */
  readonly command: string;
  /** Exit status, or 128 and the signal's number, as a shell tells it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where `ip` works, and what it holds meanwhile. */
export interface IpSite {
  /** Path of another network namespace than this process's. */
  readonly netns?: string;
  /** It is about IPv6 alone: of rules, `ip` takes those of IPv4 else. */
  readonly family?: "6";
  /** The file of a lock that is held. */
  readonly lock?: number;
}

/** An `ip` that was started and waits for its further lines on standard input. What it says on standard error is lost. */
export interface StartedIp {
  /**
   * Gives it its lines and returns its standard output, with the answer to the first line, as soon as `isWhole` says that the
   * piece it is given is the last one, at the latest when `ip` ends. To wait for the end takes as long again.
   *
   * Throws code 102 where there is no `ip` and 103 where it can't be started. That it fails is for the caller to judge.
   */
  ask(lines: readonly string[], isWhole: (piece: string) => boolean): Promise<string>;
  /**
   * Waits for its end, also where it was not asked. Who exits before leaves it to PID 1, which in a container may
   * be a program that waits for nobody, so that a zombie would stay of each call.
   */
  end(): Promise<void>;
}

/**
 * Starts `ip ARGUMENTS`, so that its start goes on beside ours. No shell is involved. Throws nothing.
 *
 * @param first a line that it is given at once: with its answer it gets ready for those to come
 */
export function startIp(args: readonly string[], first?: string): StartedIp {
  const started = attempt(() => spawn((path) => Bun.spawn([path, ...args], { stdio: ["pipe", "pipe", "ignore"] })));
  if ("value" in started && first !== undefined) give(started.value.stdin, [first], "flush");
  let asked = false;
  return {
    async ask(lines, isWhole) {
      if ("fault" in started) throw started.fault;
      asked = true;
      const { stdin, stdout } = started.value;
      give(stdin, lines, "end");
      const reader = stdout.getReader();
      const decoder = new TextDecoder();
      for (const pieces: string[] = []; ; ) {
        const { done, value } = await reader.read();
        const piece = decoder.decode(value, { stream: !done });
        pieces.push(piece);
        if (done || isWhole(piece)) return pieces.join("");
      }
    },
    async end() {
      if ("fault" in started) return;
      if (!asked) give(started.value.stdin, [], "end");
      await started.value.exited;
    },
  };
}

/**
 * Runs `ip ARGUMENTS` with `lines` on its standard input and waits for its end. No shell is involved.
 *
 * With `lock`, the file of a lock that is held, `ip` holds it too: where ifacer is killed, nobody else can take the lock
 * before the `ip` that it started has ended.
 *
 * Throws code 102 where there is no `ip` and 103 where it can't be started. That it fails is for the caller to judge.
 */
export async function runIp(
  args: readonly string[],
  lines: readonly string[],
  { lock, netns, family }: IpSite = {},
): Promise<IpRun> {
  const files = lock === undefined ? [] : [lock];
  const place = netns === undefined ? [] : (await import("./podNamespace.ts")).inNamespace(netns);
  const where = family === undefined ? place : [...place, `-${family}`];
  const child = spawn((path) => Bun.spawn([path, ...where, ...args], { stdio: ["pipe", "pipe", "pipe", ...files] }));
  const output = Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  give(child.stdin, lines, "end");
  const [stdout, stderr] = await output;
  const status = child.exitCode ?? 128 + (await numberOfSignal(child.signalCode));
  return { command: ["ip", ...where, ...args].join(" "), status, stdout, stderr: stderr.trim() };
}

/** It may end before it has read all of them: its output tells, so that faults of writing don't matter. */
function give(stdin: Bun.FileSink, lines: readonly string[], finish: "flush" | "end"): void {
  const ignore = () => {};
  try {
    const written = stdin.write(`${lines.join("\n")}\n`);
    if (typeof written !== "number") written.catch(ignore);
    const finished = stdin[finish]();
    if (finished instanceof Promise) finished.catch(ignore);
  } catch {}
}

function attempt<T>(work: () => T): { readonly value: T } | { readonly fault: unknown } {
  try {
    return { value: work() };
  } catch (fault) {
    return { fault };
  }
}

function spawn<T>(start: (path: string) => T): T {
  const path = findIp();
  if (path === undefined) {
    throw new CniError(Code.notSupported, "there is no 'ip' on this node: install the package iproute2", {
      details: `looked in ${searchedFolders().join(":")}`,
    });
  }
  try {
    return start(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.ipFailed, `'${path}' can't be started: ${reason}`, { cause });
  }
}

/** The number of a signal; 0 for none. */
export async function numberOfSignal(signal: NodeJS.Signals | number | null): Promise<number> {
  if (typeof signal === "number") return signal;
  const { constants } = await import("node:os");
  return signal === null ? 0 : constants.signals[signal];
}

export function findIp(): string | undefined {
  return findProgram("ip");
}
