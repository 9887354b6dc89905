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

/**
 * Runs `ip ARGUMENTS` once, with `lines` on its standard input, and waits for its end. No shell is involved.
 *
 * With `lock`, the file of a lock that is held, `ip` holds it too: where ifacer is killed, nobody else can take the lock
 * before the `ip` that it started has ended.
 *
 * Throws code 102 where there is no `ip` and 103 where it can't be started. That it fails is for the caller to judge.
 */
export function runIp(args: readonly string[], lines: readonly string[], { lock }: { lock?: number } = {}): IpRun {
  const child = spawn((path) =>
    Bun.spawnSync([path, ...args], {
      stdio: [encode(lines), "pipe", "pipe", ...(lock === undefined ? [] : [lock])],
    }),
  );
  return describeRun(args, { ...child, stdout: child.stdout.toString(), stderr: child.stderr.toString() });
}

/** An `ip` that was started and waits for its lines. Without any it ends, having done nothing, when ifacer does. */
export interface StartedIp {
  /** Gives it its lines and waits for its end. Throws as `runIp` does. */
  finish(lines: readonly string[]): Promise<IpRun>;
}

/** Starts `ip ARGUMENTS`, so that its start goes on beside ours. Throws nothing: `finish` does. */
export function startIp(args: readonly string[]): StartedIp {
  const started = attempt(() => spawn((path) => Bun.spawn([path, ...args], { stdio: ["pipe", "pipe", "pipe"] })));
  return {
    async finish(lines) {
      if ("fault" in started) throw started.fault;
      const child = started.value;
      const output = Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      try {
        child.stdin.write(encode(lines));
        await child.stdin.end();
      } catch {
        // It ended before it had read all of them: its output and its status tell.
      }
      const [stdout, stderr] = await output;
      return describeRun(args, { exitCode: child.exitCode, signalCode: child.signalCode, stdout, stderr });
    },
  };
}

function attempt<T>(work: () => T): { readonly value: T } | { readonly fault: unknown } {
  try {
    return { value: work() };
  } catch (fault) {
    return { fault };
  }
}

function encode(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
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

interface Ended {
  readonly exitCode: number | null;
  readonly signalCode?: string | number | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function describeRun(args: readonly string[], { exitCode, signalCode, stdout, stderr }: Ended): IpRun {
  const status = exitCode ?? 128 + numberOf(signalCode);
  return { command: ["ip", ...args].join(" "), status, stdout, stderr: stderr.trim() };
}

function numberOf(signal: Ended["signalCode"]): number {
  const { constants } = require("node:os") as typeof import("node:os");
  return typeof signal === "number" ? signal : (constants.signals[signal as NodeJS.Signals] ?? 0);
}

export function findIp(): string | undefined {
  return findProgram("ip");
}
