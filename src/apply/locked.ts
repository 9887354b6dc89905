import { mkdirSync } from "node:fs";
import { asksForAnything } from "../config/desired.ts";
import { CniError, Code, errorOfAll } from "../error.ts";
import type { IpSite } from "../host/ip.ts";
import { removeJournalFile } from "../host/journal.ts";
import { type Had, showingLife, withLock } from "../host/lock.ts";
import { type Change, type Current, type Desired, findLink, type Plan } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { listOwnNames, type Snapshot, snapshotBefore } from "../observe/snapshot.ts";
import { plan } from "../plan/plan.ts";
import type { Judge } from "../policy/judge.ts";
import { carryOut } from "./carryOut.ts";
import { refuseConflicts } from "./conflicts.ts";
import { describeUndone } from "./failure.ts";
import { type Journal, writeJournal } from "./journal.ts";
import { type Recovered, recover } from "./recover.ts";
import { takeBack } from "./takeBack.ts";

/** What was done on the host. */
export interface Outcome {
  readonly changes: readonly Change[];
  /** What the driver would not take, although all links are there and up. */
  readonly refused: readonly Change[];
  /** What else is to be told: what became of an earlier ADD that did not come to its end. */
  readonly notes: readonly string[];
}

/**
 * Makes folders of notes and runs `work`, with the lock held: see `findNotes`. Throws as `withLock` does, and what the system says.
 */
export function withNoteFolders(folders: readonly string[], work: () => Promise<void>): Promise<void> {
  return withLock(() => makeNoteFolders(folders, work));
}

/** How often folders of notes are made that a DEL removes at once, which needs no lock for that. */
const mostFolders = 100;

/** The same where the lock is held already. */
export async function makeNoteFolders(folders: readonly string[], work: () => Promise<void>): Promise<void> {
  for (let round = 1; ; round++) {
    for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      return await work();
    } catch (cause) {
      // Each DEL of an attachment of this link removes the folder once, when it is empty: ours may be until the note is in it.
      const isRemoved = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
      if (!isRemoved || round === mostFolders) throw cause;
    }
  }
}

/** What was chosen by rule with the lock held. */
export interface Chosen {
  readonly desired: Desired;
  /** The chosen NICs that were set up to be looked at; `undefined`: none was. */
  readonly raised: Raised | undefined;
}

/** NICs that were set up to be looked at. The journal tells of them. */
export interface Raised {
  /** What they were like before. */
  readonly before: Snapshot;
  /** Sets them down again. */
  readonly release: () => Promise<void>;
}

/** Chooses a config's NICs by rule. The lock is held meanwhile. */
export type Choosing = (site: ChoosingSite) => Promise<Chosen>;

export interface ChoosingSite {
  readonly lock: number;
  readonly had: Had;
  /** Whether all that is wanted is there already. */
  readonly isInPlace: (desired: Desired) => Promise<boolean>;
}

/** What is to be done where links may be replaced. */
export interface Preparation extends Pick<Plan, "changes" | "conflicts"> {
  /** The lines that take links apart before the changes. */
  readonly lead: readonly string[];
  /** What the node is like before; `undefined`: nothing is replaced. */
  readonly before: Snapshot | undefined;
}

/** Works out what is to be done, from a look of the depth `use`. */
export type Prepare = (desired: Desired, seen: Current, site: IpSite) => Promise<Preparation>;

/** Takes the lock, and does what is still to be done then. Without `prepare` that is what a plan says. Throws as `apply` does. */
export function applyLocked(
  wanted: Desired | Choosing,
  { judge, prepare }: { judge: Judge; prepare?: Prepare | undefined },
): Promise<Outcome> {
  return withLock((lock, had) => settleAndApply(wanted, { judge, lock, had, prepare }));
}

export interface Holding {
  readonly judge: Judge;
  readonly prepare?: Prepare | undefined;
  /** Gets what the node is like before it is changed, so that it may be taken back later. */
  readonly keep?: ((journal: Journal) => Promise<void>) | undefined;
  readonly lock: number;
  readonly had: Had;
}

/**
 * Settles what an ADD left that did not come to its end, then does what is wanted.
 *
 * Only who changes something comes here. An ADD that finds its own links in place leaves a journal alone: what is complete
 * is not taken back later either.
 */
async function settleAndApply(wanted: Desired | Choosing, holding: Holding): Promise<Outcome> {
  const { notes: earlier, unanswered } = await recover({ lock: holding.lock });
  const { notes, ...outcome } = await applyHolding(wanted, { ...holding, unanswered });
  return { ...outcome, notes: [...earlier, ...notes] };
}

/** Does what is wanted, with the lock held and nothing left to settle. Throws as `apply` does. */
export async function applyHolding(
  wanted: Desired | Choosing,
  holding: Holding & { readonly unanswered?: Unanswered },
): Promise<Outcome> {
  const { lock, had, judge, keep, unanswered } = holding;
  const { desired, raised } =
    typeof wanted === "function"
      ? await wanted({ lock, had, isInPlace: (chosen) => isInPlace(chosen, judge) })
      : { desired: wanted, raised: undefined };
  const work = await findWork(desired, holding).catch(async (error) => {
    await raised?.release();
    throw error;
  });
  if (work === undefined && raised) removeJournalFile();
  if (work === undefined) return { changes: [], refused: [], notes: [] };
  return doWork(work, { lock, keep, raised, unanswered });
}

/** What is to be done, as a look with the lock held shows it. */
interface Work {
  readonly desired: Desired;
  readonly seen: Current;
  readonly changes: readonly Change[];
  readonly prepared: Preparation | undefined;
}

/** An earlier ADD's journal whom nobody has answered yet. */
type Unanswered = Recovered["unanswered"];

/** Looks again, as others may have been at work before the lock was had. `undefined`: all is in place, and nobody has to be asked. */
async function findWork(
  asked: Desired,
  { judge, had, lock, prepare, unanswered }: Holding & { unanswered?: Unanswered },
): Promise<Work | undefined> {
  // Where many wait, one has done it for all, and a short look shows that.
  if (had === "after others" && unanswered === undefined && (await isInPlace(asked, judge))) return undefined;
  const seen = await observe(asked, { depth: "use" });
  const desired = await rememberOnlyNoted(nameReally(asked, seen));
  refuseConflicts(await judge(desired, seen));
  const prepared = await prepare?.(desired, seen, { lock });
  const { changes, conflicts } = prepared ?? plan(desired, seen);
  refuseConflicts(conflicts);
  return { desired, seen, changes, prepared };
}

async function doWork(
  { desired, seen, changes, prepared }: Work,
  {
    lock,
    keep,
    raised,
    unanswered,
  }: Pick<Holding, "lock" | "keep"> & { raised: Raised | undefined; unanswered: Unanswered },
): Promise<Outcome> {
  if (changes.length === 0) {
    if (raised) removeJournalFile();
    return { changes: [], refused: [], notes: await askAgain(desired, { unanswered, lock }) };
  }
  const before = asBeforeRaised(prepared?.before ?? (await snapshotBefore(desired, seen, { lock })), raised);
  await keep?.({ desired, before });
  // Of routes and rules a part harms nobody, and the next ADD makes the rest.
  if (asksForAnything(desired)) await writeJournal({ desired, before });
  const { refused, ...done } = await carryOut(desired, { before, changes, lead: prepared?.lead, site: { lock } });
  if (done.before !== before) await keep?.({ desired, before: done.before });
  const lost = before.remade ? await (await import("./putBack.ts")).putBack(desired, before, { lock }) : [];
  if (desired.removeUnused) await rememberOrUndo(desired, { before: done.before, now: done.now, lock });
  const notes = await askTheWire(desired, { before: done.before, lock });
  return { changes: done.changes, refused, notes: [...lost, ...notes] };
}

/** A place as it was before NICs were set up to be looked at: that is undone with the rest. */
function asBeforeRaised(before: Snapshot, raised: Raised | undefined): Snapshot {
  const down = new Set(raised?.before.links.map(({ index }) => index));
  return { ...before, links: before.links.map((link) => (down.has(link.index) ? { ...link, up: false } : link)) };
}

/** Where links stay that an ADD made whom nobody answered, the next one of the same config has no better answer. */
async function askAgain(
  desired: Desired,
  { unanswered, lock }: { unanswered: Journal | undefined; lock: number },
): Promise<readonly string[]> {
  if (unanswered === undefined || listOwnNames(unanswered.desired).join() !== listOwnNames(desired).join()) return [];
  const { before } = unanswered;
  await writeJournal({ desired, before });
  return askTheWire(desired, { before, lock });
}

/** What nobody has noted to use was asked for by an operator, ahead of Pods: that is not removed with the last of them. */
async function rememberOnlyNoted(desired: Desired): Promise<Desired> {
  if (!desired.removeUnused) return desired;
  const { isNoted } = await import("./made.ts");
  return (await isNoted(desired)) ? desired : { ...desired, removeUnused: false };
}

/** Throws code 5 where it can't be remembered what was made, by which it would be removed later; it is undone then. */
async function rememberOrUndo(
  desired: Desired,
  { before, now, lock }: { before: Snapshot; now: Current; lock: number },
): Promise<void> {
  const { rememberMade } = await import("./made.ts");
  try {
    await rememberMade(desired, { before, now });
  } catch (cause) {
    if (!(cause instanceof CniError)) throw cause;
    const undone = await takeBack(desired, before, { lock });
    if (undone.left.length === 0) removeJournalFile();
    throw new CniError(cause.code, `${cause.message}; ${describeUndone(undone)}`, { cause });
  }
}

/** A bond may be given by an altname; by its own name others know its slaves. */
function nameReally(desired: Desired, seen: Current): Desired {
  const { bond } = desired;
  const name = bond && findLink(seen, bond.name)?.name;
  if (bond === undefined || name === undefined || name === bond.name) return desired;
  const vlans = desired.vlans.map((vlan) => (vlan.parent === bond.name ? { ...vlan, parent: name } : vlan));
  return { ...desired, bond: { ...bond, name }, vlans };
}

async function isInPlace(desired: Desired, judge: Judge): Promise<boolean> {
  const seen = await observe(desired, { depth: "links" });
  const { changes, conflicts } = plan(desired, seen);
  return changes.length + conflicts.length === 0 && (await judge(desired, seen)).length === 0;
}

/**
 * Asks whom the config's `probe` names, and returns what is to be told. The journal ends: what is complete is not taken back by
 * others any more. It stays as long as somebody is to be asked, so that no other ADD of the config takes the links for good.
 *
 * Throws code 107 where nobody answers and that is to fail; what was made is undone.
 */
async function askTheWire(
  desired: Desired,
  { before, lock }: { before: Snapshot; lock: number },
): Promise<readonly string[]> {
  const asked = desired.probe;
  if (asked === undefined) {
    removeJournalFile();
    return [];
  }
  const { probe } = await import("./probe.ts");
  const { silences, notes } = await showingLife(lock, () => probe(desired, asked));
  if (silences.length === 0 || asked.onSilence === "note") {
    removeJournalFile();
    return [...notes, ...silences];
  }
  const undone = await takeBack(desired, before, { lock });
  // What stays was not answered either: the next ADD asks again.
  if (undone.left.length + undone.kept.length === 0) removeJournalFile();
  throw errorOfAll(Code.silence, [...silences.slice(0, -1), `${silences.at(-1)}; ${describeUndone(undone)}`]);
}
