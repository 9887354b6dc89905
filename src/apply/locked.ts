import { CniError, Code } from "../error.ts";
import { type IpRun, runIp } from "../host/ip.ts";
import { removeJournalFile } from "../host/journal.ts";
import { withLock } from "../host/lock.ts";
import type { Change, Current, Desired, Drift, Link, Plan } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { photographBefore, type Snapshot } from "../observe/snapshot.ts";
import { describeDone } from "../plan/describe.ts";
import { plan } from "../plan/plan.ts";
import { showCommand } from "../plan/shell.ts";
import type { Judge } from "../policy/judge.ts";
import { refuseConflicts } from "./conflicts.ts";
import { explainFailure } from "./failure.ts";
import { writeJournal } from "./journal.ts";
import { alias, writeLines } from "./lines.ts";
import { recover } from "./recover.ts";
import { takeBack } from "./takeBack.ts";
import { findAppeared } from "./taken.ts";

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
  return withLock((lock) => applyNow(desired, { judge, lock }));
}

/**
 * Settles what an ADD left that did not come to its end, then looks again, as others may have been at work before the lock was
 * had.
 *
 * Only who changes something comes here. An ADD that finds its own links in place leaves a journal alone: what is complete
 * is not taken back later either.
 */
async function applyNow(desired: Desired, { judge, lock }: { judge: Judge; lock: number }): Promise<Outcome> {
  const notes = await recover({ lock });
  const seen = await observe(desired, { depth: "use" });
  refuseConflicts(await judge(desired, seen));
  const { changes, conflicts } = plan(desired, seen);
  refuseConflicts(conflicts);
  if (changes.length === 0) return { changes: [], refused: [], notes };
  const before = await photographBefore(desired, seen);
  await writeJournal({ desired, before });
  const done = await carryOut(desired, { before, changes, lock, attempt: 1 });
  removeJournalFile();
  return { ...done, notes };
}

/** How often is tried again where somebody else changes the same links at the same time. */
const attempts = 3;

interface Work {
  readonly before: Snapshot;
  readonly changes: readonly Change[];
  readonly lock: number;
  readonly attempt: number;
}

type Done = Pick<Outcome, "changes" | "refused">;

async function carryOut(desired: Desired, work: Work): Promise<Done> {
  const { changes, lock, attempt } = work;
  const run = await runIp(["-batch", "-"], changes.flatMap(writeLines), { lock });
  const now = await lookAgain(desired, changes);
  const rest = plan(desired, now);
  if (isComplete(rest)) {
    const ignored = findIgnored(changes, rest);
    if (ignored.length > 0) throw await undo(desired, { ...work, run, rest, ignored });
    return {
      changes: changes.filter((change) => !isRefused(change, run)),
      refused: changes.filter((change) => isRefused(change, run)),
    };
  }
  const appeared = findForeign(desired, work.before, now, run);
  const before = { ...work.before, links: [...work.before.links, ...appeared] };
  // What `ip` did and is not there was undone by somebody else.
  const disturbed = appeared.length > 0 || run.status === 0 || wasRaised(rest, now, run);
  if (disturbed && rest.conflicts.length === 0 && attempt < attempts) {
    if (appeared.length > 0) await writeJournal({ desired, before });
    const outcome = await carryOut(desired, { before, changes: rest.changes, lock, attempt: attempt + 1 });
    const left = new Set(rest.changes.map(describeDone));
    const foreign = new Set(appeared.map(({ name }) => name));
    const done = changes.filter(
      (change) => !left.has(describeDone(change)) && !(isCreation(change) && foreign.has(change.name)),
    );
    return { ...outcome, changes: [...done, ...outcome.changes] };
  }
  // Somebody may have been in the way for a moment only, and another ADD may have answered that all is in place.
  if (isComplete(plan(desired, await lookAgain(desired, changes)))) return { changes, refused: [] };
  throw await undo(desired, { ...work, before, run, rest, ignored: [] });
}

function isComplete({ changes, conflicts }: Plan): boolean {
  return changes.length === 0 && conflicts.length === 0;
}

/** What comes last in a run and was not taken, although all else is there. */
function isRefused({ type }: Change, { status }: IpRun): boolean {
  return status !== 0 && type === "setBondOptions";
}

/** Options that a link was made with and does not have: a kernel that does not know one leaves it out without a word. */
function findIgnored(changes: readonly Change[], { drift }: Plan): readonly Drift[] {
  return changes.flatMap((change) => {
    if (!isCreation(change) && change.type !== "configureBond") return [];
    const names = change.settings.map(({ name }) => name);
    return drift.filter(({ link, what }) => link === change.name && names.includes(what));
  });
}

/**
 * Links that somebody else made when ifacer was about to: the bonding module makes a `bond0` of its own when it loads, which
 * is when the first bond is made. `ip` leaves the batch there, so that they lack the alias that a link of ours gets next.
 */
function findForeign(desired: Desired, before: Snapshot, now: Current, { stderr }: IpRun): readonly Link[] {
  if (!stderr.includes("File exists")) return [];
  return findAppeared(desired, { before, now }).filter((link) => link.alias !== alias);
}

function isCreation(change: Change): change is Extract<Change, { type: "addBond" | "addVlan" }> {
  return change.type === "addBond" || change.type === "addVlan";
}

/**
 * Whether the work stopped at a NIC that ifacer set down and somebody, NetworkManager or networkd, set up again: the driver
 * says so, or before Linux 4.17 just that it is not permitted.
 */
function wasRaised({ changes }: Plan, now: Current, { stderr }: IpRun): boolean {
  const [next] = changes;
  const isUp = next?.type === "enslave" && now.links.some(({ name, up }) => name === next.nic && up);
  return isUp && /while up|not permitted/.test(stderr);
}

interface Failure extends Work {
  readonly run: IpRun;
  /** What is still to be done. */
  readonly rest: Plan;
  /** What was done and had no effect. */
  readonly ignored: readonly Drift[];
}

/**
 * Takes back what was done, and returns the error that tells of the failure and of what is left. As long as something is, the
 * journal stays, so that the next ADD tries it as well.
 */
async function undo(desired: Desired, { before, changes, lock, run, rest, ignored }: Failure): Promise<CniError> {
  const { left, kept } = await explainingBlindness(changes, () => takeBack(desired, before, { lock }));
  if (left.length === 0) removeJournalFile();
  return explainFailure({ changes, run, rest, ignored, left, kept });
}

function lookAgain(desired: Desired, changes: readonly Change[]): Promise<Current> {
  return explainingBlindness(changes, () => observe(desired, { depth: "links" }));
}

/** Looks at the host after changes were begun. Where that fails too, nobody can tell what was done: it is said how to go on. */
async function explainingBlindness<T>(changes: readonly Change[], look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (cause) {
    const { message, details } = cause instanceof CniError ? cause : { message: String(cause), details: "" };
    const made = changes.filter(isCreation).map(({ name }) => showCommand(`link delete dev ${name}`));
    const freed = changes.flatMap((change) =>
      change.type === "enslave" ? [showCommand(`link set dev ${change.nic} nomaster`)] : [],
    );
    const byHand = [...made.reverse(), ...freed].join("; ");
    throw new CniError(
      Code.ipFailed,
      `${message}, after changes were begun: the next ADD that changes something takes them back${byHand && `, or take back what is there: ${byHand}`}`,
      { details: [details, "begun:", ...changes.flatMap(writeLines)].join("\n"), cause },
    );
  }
}
