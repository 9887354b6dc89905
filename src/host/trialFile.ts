import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { CniError, Code } from "../error.ts";
import { lockPath } from "./lock.ts";
import { type RootFile, readRootFile } from "./rootFile.ts";
import { writeWholeFile } from "./wholeFile.ts";

/**
 * A trial's file beside the lock, with what is needed to take it back. While it is being done or taken back it is called `.trying`; while
 * it waits to be confirmed `.try`. Who confirms renames that to `.confirmed`, and who takes back renames it as well: whichever of both comes
 * first holds, and is seen also by who comes after a kill. That a file is gone confirms nothing: anybody may clean up.
 */
function paths(): { readonly working: string; readonly waiting: string; readonly confirmed: string } {
  const path = lockPath().replace(/\.lock$/, "");
  return { working: `${path}.trying`, waiting: `${path}.try`, confirmed: `${path}.confirmed` };
}

/** Writes what is to be taken back, whole or not at all. The lock has to be held. Throws code 5 where that can't be written. */
export function writeTrialFile(text: string): void {
  const { working, confirmed } = paths();
  try {
    rmSync(confirmed, { force: true });
    writeWholeFile(working, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `${working} can't be written, without which nothing is tried: ${reason}`, { cause });
  }
}

/** From now on it waits to be confirmed. Throws code 5 where nobody could. */
export function offerTrial(): void {
  const { working, waiting } = paths();
  try {
    renameSync(working, waiting);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `nobody could confirm it, as ${waiting} can't be written: ${reason}`, { cause });
  }
}

/**
 * Confirms the trial that waits. Returns what became of it: `busy` where it is being done or taken back just now, or who does that was
 * killed; `none` where there is no trial.
 *
 * Throws code 5 where that can't be told or done.
 */
export function confirmTrial(): "confirmed" | "busy" | "none" {
  const { working, waiting, confirmed } = paths();
  try {
    renameSync(waiting, confirmed);
    return "confirmed";
  } catch (cause) {
    const isGone = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (isGone) return existsSync(working) ? "busy" : "none";
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `what was tried can't be confirmed: ${reason}`, { cause });
  }
}

/** Ends the time for it. Returns whether it was confirmed before. */
export function endTrial(): boolean {
  const { working, waiting, confirmed } = paths();
  try {
    renameSync(waiting, working);
    return false;
  } catch {
    // Somebody has confirmed it, or has taken the file away.
  }
  if (!existsSync(confirmed)) return false;
  try {
    rmSync(confirmed);
  } catch {
    // The next trial removes it.
  }
  return true;
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
