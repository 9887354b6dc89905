import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { CniError, Code } from "../error.ts";
import { lockPath } from "./lock.ts";
import { type RootFile, readRootFile } from "./rootFile.ts";
import { writeWholeFile } from "./wholeFile.ts";

/**
 * A trial's file beside the lock, with what is needed to take it back. While it is being done or taken back it is called `.trying`; while
 * it waits to be confirmed `.try`: who confirms removes that, and who takes back renames it. Whichever of both comes first holds, and is
 * seen also by who comes after a kill.
 */
function paths(): { readonly working: string; readonly waiting: string } {
  const path = lockPath().replace(/\.lock$/, "");
  return { working: `${path}.trying`, waiting: `${path}.try` };
}

/** Writes what is to be taken back, whole or not at all. The lock has to be held. Throws code 5 where that can't be written. */
export function writeTrialFile(text: string): void {
  const { working } = paths();
  try {
    writeWholeFile(working, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `${working} can't be written, without which nothing is tried: ${reason}`, { cause });
  }
}

/** From now on it waits to be confirmed. Throws what the system says. */
export function offerTrial(): void {
  const { working, waiting } = paths();
  renameSync(working, waiting);
}

/** Confirms the trial that waits. Returns whether there was one. */
export function confirmTrial(): boolean {
  return attempt(() => rmSync(paths().waiting));
}

/** Ends the time for it. Returns false where it was confirmed before. */
export function retractTrial(): boolean {
  const { working, waiting } = paths();
  return attempt(() => renameSync(waiting, working));
}

/** Whether the trial still waits to be confirmed. */
export function isWaiting(): boolean {
  return existsSync(paths().waiting);
}

/** Whether there is a trial that nobody confirmed. */
export function isTried(): boolean {
  const { working, waiting } = paths();
  return existsSync(waiting) || existsSync(working);
}

/** What an unconfirmed trial did that does not wait any more, and how many seconds ago it was written. */
export function readTrialFile(): { readonly file: RootFile; readonly age: number } | undefined {
  const { working } = paths();
  const file = readRootFile(working);
  if (file === undefined) return undefined;
  const age = (Date.now() - (statSync(working, { throwIfNoEntry: false })?.mtimeMs ?? 0)) / 1000;
  return { file, age };
}

/** What was tried is taken back. Throws code 5 where the file can't be removed. */
export function removeTrialFile(): void {
  const { working } = paths();
  try {
    rmSync(working, { force: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `${working} can't be removed, remove it by hand: ${reason}`, { cause });
  }
}

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
