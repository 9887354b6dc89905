import { readdirSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { CniError, Code } from "../error.ts";

/** Removes an attachment's notes of links. Returns those of the links that none is left of. Throws code 5 where one can't be removed. */
export function removeNote(folder: string, name: string, links: readonly string[]): readonly string[] {
  for (const link of links) removeFile(`${folder}/${link}/${name}`);
  return links.filter((link) => closeNotes(folder, link));
}

/** Removes the notes of a network whose attachments are gone. Throws code 5 where one can't be removed. */
export function removeStaleNotes(
  folder: string,
  { prefix, valid }: { prefix: string; valid: ReadonlySet<string> },
): void {
  for (const link of list(folder)) {
    for (const name of list(`${folder}/${link}`)) {
      if (name.startsWith(prefix) && !valid.has(name)) removeFile(`${folder}/${link}/${name}`);
    }
  }
}

/**
 * Removes the folder of a link's notes, so that no further one can be written before the lock is free. Returns whether there is none:
 * false where anything is in it.
 */
export function closeNotes(folder: string, link: string): boolean {
  try {
    rmdirSync(`${folder}/${link}`);
    return true;
  } catch (cause) {
    return isAbsence(cause);
  }
}

/** Who uses a link, in words, as far as its notes tell. */
export function readNotes(folder: string, link: string): readonly string[] {
  return list(`${folder}/${link}`).map((name) => describeNote(`${folder}/${link}/${name}`));
}

/** Whether anybody has noted that a link is used. */
export function hasNotes(folder: string, link: string): boolean {
  return list(`${folder}/${link}`).length > 0;
}

function describeNote(path: string): string {
  try {
    const [network = "", containerID = "", ifName = ""] = readFileSync(path, "utf8").split("\n");
    if (ifName !== "") return `${ifName} of the container ${containerID} (network ${network})`;
  } catch {
    // What is there counts, whatever it is.
  }
  return path;
}

/** What a folder has in it; empty where it is none. */
export function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Removes a file. That it is gone is what was wanted. Throws code 5 where it can't be removed. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (cause) {
    if (isAbsence(cause)) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `${path} can't be removed, remove it by hand: ${reason}`, { cause });
  }
}

function isAbsence(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
