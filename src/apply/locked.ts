import { Code, errorOfAll } from "../error.ts";
import { removeJournalFile } from "../host/journal.ts";
import { type Had, withLock } from "../host/lock.ts";
import { type Change, type Current, type Desired, findLink } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { type Snapshot, snapshotBefore } from "../observe/snapshot.ts";
import { plan } from "../plan/plan.ts";
import type { Judge } from "../policy/judge.ts";
import { carryOut } from "./carryOut.ts";
import { refuseConflicts } from "./conflicts.ts";
import { describeUndone } from "./failure.ts";
import { writeJournal } from "./journal.ts";
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
export async function applyLocked(asked: Desired, { judge }: { judge: Judge }): Promise<Outcome> {
  const { made, ...outcome } = await withLock((lock, had) => applyNow(asked, { judge, lock, had }));
  // The answer may take half a minute, in which nobody else of the node should have to wait.
  const answers = made?.desired.probe ? await askTheWire(made) : [];
  return { ...outcome, notes: [...outcome.notes, ...answers] };
}

/** What was made for a config, and what the node was like before. */
interface Made {
  readonly desired: Desired;
  readonly before: Snapshot;
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
): Promise<Outcome & { readonly made?: Made }> {
  const notes = await recover({ lock });
  // Where many wait, one has done it for all, and a short look shows that.
  if (had === "after others" && (await isInPlace(asked, judge))) return { changes: [], refused: [], notes };
  const seen = await observe(asked, { depth: "use" });
  const desired = nameReally(asked, seen);
  refuseConflicts(await judge(desired, seen));
  const { changes, conflicts } = plan(desired, seen);
  refuseConflicts(conflicts);
  if (changes.length === 0) return { changes: [], refused: [], notes };
  const before = await snapshotBefore(desired, seen, { lock });
  await writeJournal({ desired, before });
  const { refused, ...done } = await carryOut(desired, { before, changes, site: { lock } });
  // What is complete is not taken back by others any more.
  removeJournalFile();
  return { changes: done.changes, refused, notes, made: { desired, before } };
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
 * Asks whom the config's `probe` names, and returns what is to be told.
 *
 * Throws code 107 where nobody answers and that is to fail; what was made is undone.
 */
async function askTheWire({ desired, before }: Made): Promise<readonly string[]> {
  if (desired.probe === undefined) return [];
  const { probe } = await import("./probe.ts");
  const { silences, notes } = await probe(desired, desired.probe);
  if (silences.length === 0 || desired.probe.onSilence === "note") return [...notes, ...silences];
  throw errorOfAll(Code.silence, [...silences.slice(0, -1), `${silences.at(-1)}; ${await undo({ desired, before })}`]);
}

/** Takes back what was made, as far as nobody stands on it by now, and tells what came of that. */
async function undo({ desired, before }: Made): Promise<string> {
  try {
    return await withLock(async (lock) => {
      // That of an ADD that was killed meanwhile would be written over.
      await recover({ lock });
      await writeJournal({ desired, before });
      const undone = await takeBack(desired, before, { lock });
      if (undone.left.length === 0) removeJournalFile();
      return describeUndone(undone);
    });
  } catch (cause) {
    return `undoing failed too: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}
