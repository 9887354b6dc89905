import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { CniError, Code } from "../error.ts";
import { runFolder } from "./file.ts";
import { findProgram } from "./programs.ts";

/** How long to wait for one other ifacer, in seconds. Where many wait in turn, it begins anew with each that gets the lock. */
const patience = 30;

/**
 * Takes the lock of this network namespace and runs `work` with its open file while holding it.
 *
 * The lock is flock(2)'s on a file of root's, so that it ends with its holder, however that ends, and nobody but root can
 * hold it. Children that get the open file hold it as well.
 *
 * Throws code 5 where the file can't be opened, code 11 where one other holds the lock for 30 s, and code 102 where this node has
 * no way to lock.
 */
export async function withLock<T>(work: (lock: number, had: Had) => Promise<T>): Promise<T> {
  const path = lockPath();
  const fd = openLockFile(path);
  try {
    const had = await waitForLock(fd);
    if (had === undefined) {
      throw new CniError(
        Code.tryAgain,
        `another ifacer has held the lock ${path} for ${patience} s: try again later, or end it`,
        { details: describeHolders(fd) },
      );
    }
    return await work(fd, had);
  } finally {
    closeSync(fd);
  }
}

/** How often a holder that works for long shows that it lives, in ms. */
const signs = 5000;

/** Does what takes long with the lock held, so that those who wait for it don't lose patience. */
export async function showingLife<T>(lock: number, work: () => Promise<T>): Promise<T> {
  const show = () => futimesSync(lock, new Date(), new Date());
  show();
  const timer = setInterval(show, signs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** The lock file of this network namespace. */
export function lockPath(): string {
  return `${runFolder}/netns-${statSync("/proc/self/ns/net").ino}.lock`;
}

/** Leaves a note for those who get the lock next; that it can't be left is no failure. The lock has to be held. */
export function noteOnLock(lock: number, text: string): void {
  try {
    ftruncateSync(lock);
    writeSync(lock, text, 0);
  } catch {
    // No space is left, for example.
  }
}

/** The note that somebody left who had the lock before; empty where there is none. */
export function readNoteOnLock(lock: number): string {
  const bytes = Buffer.alloc(fstatSync(lock).size);
  return bytes.subarray(0, readSync(lock, bytes, 0, bytes.length, 0)).toString();
}

function openLockFile(path: string): number {
  try {
    mkdirSync(runFolder, { recursive: true, mode: 0o700 });
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `the lock file ${path} can't be opened: ${reason}`, { cause });
  }
}

/** How the lock was had: after others, who may have done the same work meanwhile. */
export type Had = "at once" | "after others";

/** `undefined`: it could not be had in time. */
async function waitForLock(fd: number): Promise<Had | undefined> {
  const flock = await loadFlock();
  let had: Had = "at once";
  if (flock === undefined) return waitWithCommand(fd) ? "after others" : undefined;
  let turn = turnOf(fd);
  let start = performance.now();
  for (let pause = 1; flock(fd, exclusive | nonBlocking) !== 0; pause = Math.min(pause * 2, 200)) {
    had = "after others";
    const latest = turnOf(fd);
    if (latest !== turn) {
      turn = latest;
      start = performance.now();
    }
    if (performance.now() - start > patience * 1000) return undefined;
    // Half of the pause is by chance, so that many waiters don't come back in step.
    Bun.sleepSync(pause / 2 + Math.random() * (pause / 2));
  }
  futimesSync(fd, new Date(), new Date());
  return had;
}

/** When somebody got the lock last, or showed that it lives: both set the file's time. */
function turnOf(fd: number): number {
  return fstatSync(fd).mtimeMs;
}

const exclusive = 2;
const nonBlocking = 4;

/**
 * flock(2) of the C library; loaded only where a lock is needed, as it costs a millisecond. `undefined` where it can't be
 * called: calls into C need memory that is writable and executable, which hardened nodes forbid.
 */
async function loadFlock(): Promise<((fd: number, operation: number) => number) | undefined> {
  const { dlopen, FFIType } = await import("bun:ffi");
  const signature = { flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } } as const;
  try {
    return dlopen("libc.so.6", signature).symbols.flock;
  } catch {
    return undefined;
  }
}

/** flock(1) of util-linux locks the open file that it is given, which stays locked when it ends. */
function waitWithCommand(fd: number): boolean {
  const path = findProgram("flock");
  if (path === undefined) {
    throw new CniError(
      Code.notSupported,
      "flock(2) can't be called on this node and there is no 'flock': install the package util-linux",
    );
  }
  const { exitCode, stderr } = Bun.spawnSync([path, "--exclusive", "--timeout", String(patience), "3"], {
    stdio: ["ignore", "ignore", "pipe", fd],
  });
  if (exitCode !== 0 && exitCode !== 1) throw new CniError(Code.io, `'${path}' failed: ${stderr.toString().trim()}`);
  return exitCode === 0;
}

/** Who holds the lock: those whose open file the kernel says has it (proc(5), /proc/PID/fdinfo). */
function describeHolders(fd: number): string {
  const own = fstatSync(fd);
  const holders = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && holdsLock(pid, own));
  if (holders.length === 0) return "the holder is gone by now, or can't be seen from here";
  const list = holders.join(",");
  return `held by pid ${list}: see 'ps -fp ${list}'`;
}

function holdsLock(pid: string, file: { dev: number; ino: number }): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const { dev, ino } = statSync(`/proc/${pid}/fd/${fd}`);
      return (
        dev === file.dev && ino === file.ino && readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").includes("FLOCK")
      );
    });
  } catch {
    // It ended meanwhile, or is none of ours to look at.
    return false;
  }
}
