import { constants } from "node:os";
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
  const path = findIp();
  if (path === undefined) {
    throw new CniError(Code.notSupported, "there is no 'ip' on this node: install the package iproute2", {
      details: `looked in ${searchedFolders().join(":")}`,
    });
  }
  const input = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const child = start(path, args, { input, lock });
  return {
    command: ["ip", ...args].join(" "),
    status: child.exitCode ?? 128 + (constants.signals[child.signalCode as keyof typeof constants.signals] ?? 0),
    stdout: child.stdout.toString(),
    stderr: child.stderr.toString().trim(),
  };
}

function start(path: string, args: readonly string[], { input, lock }: { input: Buffer; lock: number | undefined }) {
  try {
    return Bun.spawnSync([path, ...args], {
      stdio: [input, "pipe", "pipe", ...(lock === undefined ? [] : [lock])],
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.ipFailed, `'${path}' can't be started: ${reason}`, { cause });
  }
}

export function findIp(): string | undefined {
  return findProgram("ip");
}
