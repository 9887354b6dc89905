import { existsSync, rmSync, statSync } from "node:fs";
import { CniError, Code } from "../error.ts";
import { runFolder } from "./file.ts";
import { type RootFile, readRootFile } from "./rootFile.ts";
import { writeWholeFile } from "./wholeFile.ts";

/** Where an ADD that changes something writes what it is about to do: beside the lock, which has to be held. */
export function journalPath(): string {
  return `${runFolder}/netns-${statSync("/proc/self/ns/net").ino}.journal`;
}

/** The journal that an ADD left that did not come to its end; `undefined`: none did. */
export function readJournalFile(): RootFile | undefined {
  return readRootFile(journalPath());
}

/** Whether there is one: an ADD is at work, or did not come to its end. */
export function isJournalThere(): boolean {
  return existsSync(journalPath());
}

/** How long ago the journal was written, in seconds. */
export function ageOfJournal(): number {
  return (Date.now() - statSync(journalPath()).mtimeMs) / 1000;
}

/**
 * Writes the journal, whole or not at all: whoever is killed meanwhile leaves the earlier one. Not flushed to a disk, as what
 * it tells of is gone with the next boot.
 *
 * Throws code 5 where it can't be written.
 */
export function writeJournalFile(text: string): void {
  const path = journalPath();
  try {
    writeWholeFile(path, text);
  } catch (cause) {
    throw new CniError(Code.io, `the journal ${path} can't be written, so nothing was changed: ${describe(cause)}`, {
      cause,
    });
  }
}

/** Ends the journal: what it tells of was done or taken back. Throws code 5 where it can't be removed. */
export function removeJournalFile(): void {
  const path = journalPath();
  try {
    rmSync(path, { force: true });
  } catch (cause) {
    throw new CniError(Code.io, `the journal ${path} can't be removed, remove it by hand: ${describe(cause)}`, {
      cause,
    });
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
