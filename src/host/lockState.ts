import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { lockPath } from "./lock.ts";

/** How it stands with the lock of this network namespace. */
export type LockState =
  | { readonly state: "free" }
  /** `since`: for how many seconds. */
  | { readonly state: "held"; readonly pid: string; readonly since: number; readonly path: string }
  | { readonly state: "unusable"; readonly reason: string; readonly path: string };

/** Looks whether the lock could be taken, without taking it and without making its file. */
export function lookAtLock(): LockState {
  const path = lockPath();
  let existing = path;
  while (!existsSync(existing)) existing = dirname(existing);
  try {
    // Says no for root as well where the file system is read-only (access(2)).
    accessSync(existing, constants.W_OK);
  } catch (cause) {
    return { state: "unusable", reason: cause instanceof Error ? cause.message : String(cause), path };
  }
  if (existing !== path) return { state: "free" };
  const { dev, ino, mtimeMs } = statSync(path);
  const pid = findHolder(dev, ino);
  // Whoever gets it sets the file's time.
  return pid === undefined ? { state: "free" } : { state: "held", pid, since: (Date.now() - mtimeMs) / 1000, path };
}

/** Who holds it (proc_locks(5)): `1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE 0 EOF`, the device in hexadecimal. */
function findHolder(device: number, inode: number): string | undefined {
  // As the kernel packs them for stat(2): 12 bits of the major number amid 20 of the minor one.
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  const numbers = [major, minor].map((number) => number.toString(16).padStart(2, "0")).join(":");
  const line = new RegExp(`^\\d+: FLOCK .* (\\d+) ${numbers}:${inode} `, "m");
  return line.exec(readFileSync("/proc/locks", "utf8"))?.[1];
}
