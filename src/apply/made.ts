import * as z from "zod/mini";
import { listMadeFiles, readMadeFile, removeMadeFile, writeMadeFile } from "../host/madeFiles.ts";
import { identifyNamespace } from "../host/netns.ts";
import { findNotes } from "../host/note.ts";
import { hasNotes } from "../host/notes.ts";
import type { Desired, Link } from "../model.ts";
import { listOwnNames } from "../observe/snapshot.ts";
import { nameRule } from "../pool/ruleName.ts";
import { findMade } from "./taken.ts";

/** What a NIC was like before it joined a bond that ifacer made. */
export interface FormerNic {
  readonly index: number;
  readonly up: boolean;
  readonly mtu: number;
  readonly mac: string;
}

/** A link that ifacer made for a config with `removeUnused`, so that it may go when it is unused. */
export interface Made {
  readonly name: string;
  readonly index: number;
  /** The NICs that ifacer gave to a bond. */
  readonly slaves: readonly FormerNic[];
}

interface Links {
  readonly links: readonly Link[];
}

/**
 * Remembers the links that an ADD has made, and what their NICs were like before. The lock has to be held.
 *
 * Throws code 5 where that can't be written.
 */
export async function rememberMade(
  desired: Desired,
  { before, now }: { readonly before: Links; readonly now: Links },
): Promise<void> {
  const made = findMade(desired, { before, now });
  const joined = now.links.flatMap(({ index, master }): FormerNic[] => {
    const earlier = before.links.find((link) => link.index === index);
    if (master === undefined || master !== desired.bond?.name || !earlier || earlier.master !== undefined) return [];
    return [{ index, up: earlier.up, mtu: earlier.mtu, mac: earlier.mac }];
  });
  for (const { name, index, kind } of made) {
    await write({ name, index, slaves: kind === "bond" ? joined : [] });
  }
  // A bond of ifacer's that has got further NICs.
  const bond = now.links.find(({ name }) => name === desired.bond?.name);
  if (bond === undefined || made.includes(bond) || joined.length === 0) return;
  const earlier = (await readMade()).find(({ name, index }) => name === bond.name && index === bond.index);
  const others = earlier?.slaves.filter(({ index }) => joined.every((slave) => slave.index !== index));
  if (earlier && others) await write({ ...earlier, slaves: [...others, ...joined] });
}

/** Whether anybody has noted to use one of the links that a config makes, or its rule. */
export async function isNoted(desired: Desired): Promise<boolean> {
  const folder = await findNotes();
  const rules = (desired.rules ?? []).map(nameRule);
  return [...listOwnNames(desired), ...rules].some((name) => hasNotes(folder, name));
}

async function write(made: Made): Promise<void> {
  await writeMadeFile(made.name, JSON.stringify({ version: madeVersion, ...(await identifyNamespace()), ...made }));
}

/** What is remembered of this network namespace. What can't be read or is about another one counts as not there. */
export async function readMade(): Promise<readonly Made[]> {
  const here = await identifyNamespace();
  const found: Made[] = [];
  for (const name of await listMadeFiles()) {
    const file = await readMadeFile(name);
    const read = file && "bytes" in file ? schema.safeParse(parse(file.bytes)) : undefined;
    if (!read?.success || read.data.name !== name) continue;
    const { bootID, inode, cookie } = read.data;
    if (bootID === here.bootID && inode === here.inode && cookie === here.cookie) found.push(read.data);
  }
  return found;
}

/** What is remembered of links that are not there any more, or not these, goes. Throws code 5 where it can't be removed. */
export async function forgetGone({ links }: Links): Promise<void> {
  const here = await readMade();
  for (const name of await listMadeFiles()) {
    const made = here.find((one) => one.name === name);
    if (!links.some((link) => link.name === name && link.index === made?.index)) await removeMadeFile(name);
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

const madeVersion = 1;

const count = z.int().check(z.gte(0));

const schema = z.object({
  version: z.literal(madeVersion),
  bootID: z.string(),
  inode: count,
  cookie: z.string(),
  name: z.string(),
  index: count,
  slaves: z.array(
    z.object({
      index: count,
      up: z.boolean(),
      mtu: count,
      mac: z.string().check(z.regex(/^([0-9a-f]{2}(:[0-9a-f]{2})*)?$/)),
    }),
  ),
});
