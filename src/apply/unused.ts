import { noLinks } from "../config/noLinks.ts";
import { CniError } from "../error.ts";
import type { IpSite } from "../host/ip.ts";
import { removeJournalFile } from "../host/journal.ts";
import { showingLife, withLock } from "../host/lock.ts";
import { removeMadeFile } from "../host/madeFiles.ts";
import { findNotes } from "../host/note.ts";
import { closeNotes, readNotes } from "../host/notes.ts";
import type { Desired, Link } from "../model.ts";
import { type Snapshot, snapshotNow } from "../observe/snapshot.ts";
import { lookElsewhere } from "../observe/uppersElsewhere.ts";
import { showCommand } from "../plan/shell.ts";
import { writeJournal } from "./journal.ts";
import { forgetGone, type Made, readMade } from "./made.ts";
import { recover } from "./recover.ts";
import { findReasons, isOurs, type Needs } from "./stays.ts";
import { takeBack } from "./takeBack.ts";

/** A link of ifacer's, and why it stays; without reasons it may be removed. */
export interface Assessed {
  readonly link: Link;
  /** What is remembered of it; `undefined`: it was made without `removeUnused`, and only what can be seen speaks for it. */
  readonly made: Made | undefined;
  /** Whether somebody has noted to use it, which is one of the reasons. */
  readonly isNoted: boolean;
  readonly reasons: readonly string[];
}

/** Which links are asked about. */
export type Choice = (link: Link, made: Made | undefined) => boolean;

/** Those that were made for a config with `removeUnused`: what is removed without anybody's asking. */
export const remembered: Choice = (_, made) => made !== undefined;

/** One look at who needs which link. */
interface View {
  readonly assessed: readonly Assessed[];
  readonly now: Snapshot;
}

/**
 * Judges who needs links of ifacer's, VLANs before the bonds that they stand on. Other namespaces are looked into only for links
 * that nobody here needs.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` can't look).
 */
export async function assessUnused(isAsked: Choice, site: IpSite = {}): Promise<readonly Assessed[]> {
  return (await view(isAsked, site)).assessed;
}

async function view(isAsked: Choice, site: IpSite): Promise<View> {
  const [folder, known] = [await findNotes(), await readMade()];
  const isSlave = ({ master }: Link) => master !== undefined;
  const nothing = { links: [], entries: [], strangers: new Map() };
  const now = await snapshotNow(nothing, { isConcerned: (link) => isOurs(link) || isSlave(link), site });
  const needs: Needs = {
    now,
    usersOf: (link) => namesOf(link).flatMap((name) => readNotes(folder, name)),
    madeOf: ({ name, index }) => known.find((made) => made.name === name && made.index === index),
  };
  const ours = now.links.filter((link) => isOurs(link) || needs.madeOf(link));
  const asked = ours.filter((link) => isAsked(link, needs.madeOf(link)));
  const candidates = [...asked.filter(({ kind }) => kind === "vlan"), ...asked.filter(({ kind }) => kind !== "vlan")];
  const here = findReasons(candidates, needs);
  const free = candidates.filter((link) => here.get(link)?.length === 0);
  const reasons = free.length === 0 ? here : findReasons(candidates, needs, await lookElsewhere(indexesOf(free, now)));
  return {
    assessed: candidates.map((link) => ({
      link,
      made: needs.madeOf(link),
      isNoted: needs.usersOf(link).length > 0,
      reasons: reasons.get(link) ?? [],
    })),
    now,
  };
}

/** The indexes of links, and of the NICs that go down with a bond. */
function indexesOf(links: readonly Link[], now: Snapshot): ReadonlySet<number> {
  const slaves = now.links.filter(({ master }) => links.some(({ name, kind }) => kind === "bond" && name === master));
  return new Set([...links, ...slaves].map(({ index }) => index));
}

/** Configs may name a link by any of its names, and so do notes. */
function namesOf({ name, altNames }: Link): readonly string[] {
  return [name, ...altNames].filter((one) => one !== "." && one !== ".." && !one.includes("/"));
}

/** What came of it, in words. */
export interface Removal {
  readonly removed: readonly string[];
  /** Why links that were asked about are still there. */
  readonly kept: readonly string[];
}

/**
 * Removes the links of ifacer's that nobody uses any more, from the top down, with the lock held.
 *
 * Settles first what an ADD or an earlier removal left that did not come to its end. A bond has a journal meanwhile, so that its
 * NICs get back what they had before whenever this is killed.
 *
 * Throws code 5 or 11 (lock), 102 or 103 (`ip` can't look).
 */
export function removeUnused(isAsked: Choice = remembered): Promise<Removal> {
  // A look into thousands of namespaces may take longer than an ADD that waits for the lock has patience.
  return withLock((lock) => showingLife(lock, () => removeLocked(isAsked, lock)));
}

async function removeLocked(isAsked: Choice, lock: number): Promise<Removal> {
  const { notes, unanswered } = await recover({ lock });
  // That is for the next ADD of its config, which asks again: until then nothing else is to be settled.
  if (unanswered) {
    await writeJournal(unanswered);
    return { removed: notes, kept: [] };
  }
  const removed: string[] = [];
  // What can't be removed is told in the words of the last look at it.
  const kept = new Map<string, string>();
  for (const kind of ["vlan", "bond"]) {
    const { assessed, now } = await view(isAsked, { lock });
    for (const { link, reasons, isNoted } of assessed) {
      // Links in use are what is to be expected.
      if (reasons.length > 0 && !isNoted) kept.set(link.name, `${link.name} stays: ${reasons.join(", ")}`);
    }
    await forgetGone(now);
    for (const { link, made, reasons } of assessed) {
      if (link.kind !== kind || reasons.length > 0) continue;
      const fault = await remove(link, { made, now, lock });
      kept.delete(link.name);
      if (fault === undefined) removed.push(`removed ${link.name}, which nobody uses any more`);
      else kept.set(link.name, `${link.name} stays: ${fault}`);
    }
  }
  return { removed: [...notes, ...removed], kept: [...kept.values()] };
}

/** Removes one link. Returns why it stays, if it does. */
async function remove(
  link: Link,
  { made, now, lock }: { made: Made | undefined; now: Snapshot; lock: number },
): Promise<string | undefined> {
  const folder = await findNotes();
  // Whoever notes from here on waits for the lock, and makes the link anew.
  if (!namesOf(link).every((name) => closeNotes(folder, name))) return "it is used again";
  try {
    const { desired, before } = describeAbsence(link, { made, now });
    if (link.kind === "bond") await writeJournal({ desired, before });
    const { left, kept } = await takeBack(desired, before, { lock });
    if (left.length > 0) return `it can't be removed, run: ${left.map(showCommand).join("; ")}`;
    if (link.kind === "bond") removeJournalFile();
    if (kept.includes(link.name)) return "something stands on it by now";
    await removeMadeFile(link.name);
    return undefined;
  } catch (cause) {
    if (cause instanceof CniError) return cause.message;
    throw cause;
  }
}

/**
 * A link as something that was made on a place without it, so that it is taken back as what a failed ADD made is: the NICs of a
 * bond as they were before they joined it. Of one that ifacer was not asked to remember they stay up as they are.
 */
function describeAbsence(
  link: Link,
  { made, now }: { made: Made | undefined; now: Snapshot },
): { desired: Desired; before: Snapshot } {
  const { name, kind, vlan, parent = "" } = link;
  const slaves = kind === "bond" ? now.links.filter(({ master }) => master === name) : [];
  const links = slaves.map((slave): Link => {
    const former = made?.slaves.find(({ index }) => index === slave.index);
    return { ...slave, ...former, master: undefined, masterKind: undefined };
  });
  const indexes = new Set(slaves.map(({ index }) => index));
  const concerned = now.entries.filter(
    ({ words }) => !words.includes(link.index) && words.some((word) => typeof word === "number" && indexes.has(word)),
  );
  const names = slaves.map((slave) => slave.name);
  return {
    desired: {
      ...noLinks,
      place: "node",
      interfaces: kind === "bond" ? names : [parent],
      bond: kind === "bond" ? { name, mode: undefined, settings: [], slaves: names } : undefined,
      vlans:
        kind === "vlan"
          ? [{ name, shortName: undefined, parent, id: vlan?.id ?? 0, protocol: "802.1Q", settings: [] }]
          : [],
    },
    before: { links, entries: concerned, strangers: new Map() },
  };
}
