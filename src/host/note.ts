import { CniError, Code } from "../error.ts";
import { isThere, runFolder, stat, usersFolder } from "./file.ts";

// By Bun's own functions, as each ADD of a config with `removeUnused` comes by.

/** What tells one use of a network from all others: CNI's attachment. */
export interface User {
  readonly network: string;
  readonly containerID: string;
  readonly ifName: string;
}

/**
 * Where the notes of this network namespace are: a folder for each link, by the name that configs give it, with a file in
 * it for each attachment that uses it. What counts is that the file is there; its text is for people.
 *
 * Whoever notes needs the folder, whoever removes a link removes it first, which the kernel refuses while a note is in it. It is
 * made with the lock held only: so a note that could be written is one that every removal finds, and who can't write it waits for
 * the removal that is at work.
 */
export async function findNotes(): Promise<string> {
  return `${await findUsers()}/notes`;
}

/** All that is remembered of the links of this network namespace. */
export async function findUsers(): Promise<string> {
  return `${usersFolder}/${await nameHere()}`;
}

/** Whether a call left its journal (host/journal.ts), without loading what reads it. */
export async function hasJournal(): Promise<boolean> {
  return isThere(`${runFolder}/${await nameHere()}.journal`);
}

/** How this network namespace is called below /run/ifacer. */
async function nameHere(): Promise<string> {
  return `netns-${(await stat("/proc/self/ns/net"))?.ino ?? 0}`;
}

/** The name of an attachment's notes: the words come from anybody, and may be of any length. */
export function nameNote({ network, containerID, ifName }: User): string {
  return `${nameNetwork(network)}${hash(`${containerID}/${ifName}`)}`;
}

/** How the names of all notes of a network begin. */
export function nameNetwork(network: string): string {
  return `${hash(network)}-`;
}

function hash(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 32);
}

/**
 * Notes that an attachment uses links, before anybody looks whether they are there. Returns the notes that were not there before, for
 * `forget`.
 *
 * Throws code 5 where that can't be written, and what `makeFolders` throws; nothing is noted then.
 *
 * @param makeFolders makes folders that are not there, with the lock held, and runs its work before it lets go of that
 */
export async function noteUse(
  links: readonly string[],
  user: User,
  makeFolders: (folders: readonly string[], work: () => Promise<void>) => Promise<void>,
): Promise<readonly string[]> {
  const folder = await findNotes();
  const name = nameNote(user);
  const fresh: { readonly folder: string; readonly note: string }[] = [];
  for (const link of links) {
    const place = { folder: `${folder}/${link}`, note: `${folder}/${link}/${name}` };
    if (!(await isThere(place.note))) fresh.push(place);
  }
  const notes = fresh.map(({ note }) => note);
  const write = async () => {
    for (const note of notes) await Bun.write(note, describeUser(user), { createPath: false });
  };
  try {
    if (await succeeds(write)) return notes;
    await makeFolders(
      fresh.map((place) => place.folder),
      write,
    );
    return notes;
  } catch (cause) {
    await forget(notes);
    if (cause instanceof CniError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `it can't be noted in ${folder} that ${user.containerID.slice(0, 100)} uses ${links.join(", ")}: ${reason}`;
    throw new CniError(Code.io, message, { cause });
  }
}

/** False: a folder is not there. */
async function succeeds(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return false;
    throw cause;
  }
}

/** How much of each word a note holds: tenants choose the network's name. */
const longestWord = 300;

function describeUser({ network, containerID, ifName }: User): string {
  return [network, containerID, ifName].map((word) => word.slice(0, longestWord)).join("\n");
}

/** The links that an attachment has noted to use, by the name of its notes alone: a DEL may have lost its keys, or have others by now. */
export async function findNoted(folder: string, name: string): Promise<readonly string[]> {
  const links: string[] = [];
  try {
    for await (const path of new Bun.Glob(`*/${name}`).scan({ cwd: folder, dot: true, onlyFiles: false })) {
      links.push(path.slice(0, -name.length - 1));
    }
  } catch {
    // Nobody noted anything here.
  }
  return links;
}

/** Takes notes back. What can't be taken back leaves a link there too long, and hurts nobody. */
export async function forget(notes: readonly string[]): Promise<void> {
  if (notes.length === 0) return;
  // Loaded only where something failed.
  const { closeNotes } = await import("./notes.ts");
  for (const note of notes) {
    try {
      await Bun.file(note).unlink();
    } catch {
      // It was not written.
    }
    // No name of a link that there can't be is left.
    const [link = "", folder] = [note.split("/").at(-2), note.split("/").slice(0, -2).join("/")];
    closeNotes(folder, link);
  }
}
