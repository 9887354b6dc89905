import { Code, errorOfAll } from "../error.ts";
import { removeJournalFile } from "../host/journal.ts";
import { type Had, showingLife, withLock } from "../host/lock.ts";
import { type Change, type Current, type Desired, findLink } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { listOwnNames, type Snapshot, snapshotBefore } from "../observe/snapshot.ts";
import { plan } from "../plan/plan.ts";
import type { Judge } from "../policy/judge.ts";
import { carryOut } from "./carryOut.ts";
import { refuseConflicts } from "./conflicts.ts";
import { describeUndone } from "./failure.ts";
import { type Journal, writeJournal } from "./journal.ts";
import { recover } from "./recover.ts";
import { takeBack } from "./takeBack.ts";

/** What was done on the host. */
export interface Outcome {
  readonly changes: readonly Change[];
  /** What the driver would not take, although all links are there and up. */
  readonly refused: readonly Change[];
  /** What else is to be told: what became of an earlier ADD that did not come to its end. */
  readonly notes: readonly string[];
}

/** Takes the lock, and does what is still to be done then. Throws as `apply` does. */
export function applyLocked(desired: Desired, { judge }: { judge: Judge }): Promise<Outcome> {
  return withLock((lock, had) => applyNow(desired, { judge, lock, had }));
}

/**
 * Settles what an ADD left that did not come to its end, then looks again, as others may have been at work before the lock was
 * had.
 *
 * Only who changes something comes here. An ADD that finds its own links in place leaves a journal alone: what is complete
 * is not taken back later either.
 */
async function applyNow(
  asked: Desired,
  { judge, lock, had }: { judge: Judge; lock: number; had: Had },
): Promise<Outcome> {
  const { notes, unanswered } = await recover({ lock });
  // Where many wait, one has done it for all, and a short look shows that.
  if (had === "after others" && unanswered === undefined && (await isInPlace(asked, judge))) {
    return { changes: [], refused: [], notes };
  }
  const seen = await observe(asked, { depth: "use" });
  const desired = nameReally(asked, seen);
  refuseConflicts(await judge(desired, seen));
  const { changes, conflicts } = plan(desired, seen);
  refuseConflicts(conflicts);
  if (changes.length === 0) {
    return { changes: [], refused: [], notes: [...notes, ...(await askAgain(desired, { unanswered, lock }))] };
  }
  const before = await snapshotBefore(desired, seen, { lock });
  await writeJournal({ desired, before });
  const { refused, ...done } = await carryOut(desired, { before, changes, site: { lock } });
  const answers = await askTheWire(desired, { before: done.before, lock });
  return { changes: done.changes, refused, notes: [...notes, ...answers] };
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
