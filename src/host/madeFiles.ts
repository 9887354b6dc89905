import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { CniError, Code } from "../error.ts";
import { readText } from "./file.ts";
import { identifyNamespace } from "./netns.ts";
import { findUsers } from "./note.ts";
import { list, removeFile } from "./notes.ts";
import { type RootFile, readRootFile } from "./rootFile.ts";
import { writeWholeFile } from "./wholeFile.ts";

/** Where it is remembered of this network namespace which links may be removed: a file for each, by its own name. */
async function findMade(): Promise<string> {
  return `${await findUsers()}/made`;
}

/** Whether there is any link that may be removed. */
export async function hasMadeFiles(): Promise<boolean> {
  return (await listMadeFiles()).length > 0;
}

/** The names of the links of which something is remembered. */
export async function listMadeFiles(): Promise<readonly string[]> {
  return list(await findMade()).flatMap((name) => (name.endsWith(end) ? [name.slice(0, -end.length)] : []));
}

/** Of a file that is not whole the name has another end, and so may that of a link. */
const end = ".json";

export async function readMadeFile(link: string): Promise<RootFile | undefined> {
  return readRootFile(`${await findMade()}/${link}${end}`);
}

/** Writes it whole or not at all; the lock has to be held. Throws code 5 where it can't be written. */
export async function writeMadeFile(link: string, text: string): Promise<void> {
  const folder = await findMade();
  const path = `${folder}/${link}${end}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWholeFile(path, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `${path} can't be written, by which ${link} would be removed when unused: ${reason}`, {
      cause,
    });
  }
}

/** Where it is remembered which rules of networks may be removed: a file for each, by the name of its notes. */
async function placeRule(name: string): Promise<string> {
  return `${await findUsers()}/rules/${name}`;
}

/** Whether a rule may be removed when it is unused. What is about another namespace of that number counts as not there. */
export async function isRuleRemembered(name: string): Promise<boolean> {
  return (await readText(await placeRule(name))) === (await tellHere());
}

/** Remembers that a rule may be removed when it is unused; the lock has to be held. Throws code 5 where that can't be written. */
export async function rememberRule(name: string): Promise<void> {
  const path = await placeRule(name);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeWholeFile(path, await tellHere());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `${path} can't be written, by which the rule would be removed when unused: ${reason}`, {
      cause,
    });
  }
}

/** Throws code 5 where it can't be removed. */
export async function forgetRule(name: string): Promise<void> {
  removeFile(await placeRule(name));
}

async function tellHere(): Promise<string> {
  return JSON.stringify(await identifyNamespace());
}

/** Throws code 5 where it can't be removed. */
export async function removeMadeFile(link: string): Promise<void> {
  removeFile(`${await findMade()}/${link}${end}`);
}
