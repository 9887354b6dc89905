import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { CniError, Code } from "../error.ts";

/** Where the lock files are: one for each network namespace that ifacer ever changed. */
const lockFolder = "/run/ifacer";

/** How long to wait for another ifacer, in milliseconds. */
const patience = 30_000;

/**
 * Takes the lock of this network namespace and runs `work` while holding it.
 *
 * The lock is flock(2)'s on a file of root's, so that it ends with its holder, however that ends, and nobody but root can
 * hold it. Throws code 5 where the file can't be opened and code 11 where the lock stays taken for 30 s.
 */
export function withLock<T>(work: () => T): T {
  const path = `${lockFolder}/netns-${statSync("/proc/self/ns/net").ino}.lock`;
  const fd = openLockFile(path);
  try {
    waitForLock(fd, path);
    return work();
  } finally {
    closeSync(fd);
  }
}

function openLockFile(path: string): number {
  try {
    mkdirSync(lockFolder, { recursive: true, mode: 0o700 });
    return openSync(path, "w", 0o600);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `the lock file ${path} can't be opened: ${reason}`, { cause });
  }
}

function waitForLock(fd: number, path: string): void {
  const flock = loadFlock();
  const start = performance.now();
  for (let pause = 1; flock(fd, exclusive | nonBlocking) !== 0; pause = Math.min(pause * 2, 50)) {
    const waited = performance.now() - start;
    if (waited > patience) {
      throw new CniError(
        Code.tryAgain,
        `another ifacer has held the lock ${path} for ${patience / 1000} s: try again later`,
        {
          details: describeHolder(fd),
        },
      );
    }
    // Half of the pause is by chance, so that many waiters don't come back in step.
    Bun.sleepSync(pause / 2 + Math.random() * (pause / 2));
  }
}

const exclusive = 2;
const nonBlocking = 4;

/** flock(2) of the C library; loaded only where a lock is needed, as it costs a millisecond. */
function loadFlock(): (fd: number, operation: number) => number {
  const { dlopen, FFIType } = require("bun:ffi") as typeof import("bun:ffi");
  const signature = { flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } } as const;
  return dlopen("libc.so.6", signature).symbols.flock;
}

/** Who holds the lock, from /proc/locks (proc_locks(5)), whose lines end with the pid, the file and the range. */
function describeHolder(fd: number): string {
  const { ino } = fstatSync(fd);
  const line = readFileSync("/proc/locks", "utf8")
    .split("\n")
    .find((entry) => entry.includes(" FLOCK ") && entry.includes(`:${ino} `));
  const pid = line?.trim().split(/\s+/)[4];
  return pid === undefined ? "the holder is gone by now" : `held by pid ${pid}: see 'ps -fp ${pid}'`;
}
