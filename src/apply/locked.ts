import { CniError, Code } from "../error.ts";
import { type IpRun, runIp } from "../host/ip.ts";
import { withLock } from "../host/lock.ts";
import type { Change, Current, Desired, Drift, Link, Plan } from "../model.ts";
import { observe } from "../observe/observe.ts";
import type { Depth } from "../observe/questions.ts";
import { describeDone } from "../plan/describe.ts";
import { plan } from "../plan/plan.ts";
import { showCommand } from "../plan/shell.ts";
import type { Judge } from "../policy/judge.ts";
import { refuseConflicts } from "./conflicts.ts";
import { explainFailure } from "./failure.ts";
import { alias, writeLines } from "./lines.ts";
import { findMade, writeUndoLines } from "./undo.ts";

/** What was done on the host. */
export interface Outcome {
  readonly changes: readonly Change[];
  /** What the driver would not take, although all links are there and up. */
  readonly refused: readonly Change[];
}

/** Takes the lock, and does what is still to be done then. Throws as `apply` does. */
export function applyLocked(desired: Desired, { judge }: { judge: Judge }): Promise<Outcome> {
  return withLock((lock) => applyNow(desired, { judge, lock }));
}

/** Looks again, as others may have been at work before the lock was had. */
async function applyNow(desired: Desired, { judge, lock }: { judge: Judge; lock: number }): Promise<Outcome> {
  const before = await observe(desired, { depth: "use" });
  refuseConflicts(await judge(desired, before));
  const { changes, conflicts } = plan(desired, before);
  refuseConflicts(conflicts);
  if (changes.length === 0) return { changes: [], refused: [] };
  return carryOut(desired, { before, changes, lock, attempt: 1 });
}

/** How often is tried again where somebody else changes the same links at the same time. */
const attempts = 3;

interface Work {
  readonly before: Current;
  readonly changes: readonly Change[];
  readonly lock: number;
  readonly attempt: number;
}

async function carryOut(desired: Desired, work: Work): Promise<Outcome> {
  const { changes, lock, attempt } = work;
  const run = await runIp(["-batch", "-"], changes.flatMap(writeLines), { lock });
  const now = await lookAgain(desired, { depth: "links", changes });
  const rest = plan(desired, now);
  if (rest.changes.length === 0 && rest.conflicts.length === 0) {
    const ignored = findIgnored(changes, rest);
    if (ignored.length > 0) throw await undo(desired, { ...work, run, rest, ignored });
    const refused = run.status === 0 ? [] : changes.filter(({ type }) => type === "setBondOptions");
    return { changes: changes.filter((change) => !refused.includes(change)), refused };
  }
  const appeared = findForeign(desired, work.before, now, run);
  const before = { ...work.before, links: [...work.before.links, ...appeared] };
  const disturbed = appeared.length > 0 || wasRaised(rest, now, run);
  if (disturbed && rest.conflicts.length === 0 && attempt < attempts) {
    const outcome = await carryOut(desired, { before, changes: rest.changes, lock, attempt: attempt + 1 });
    const left = new Set(rest.changes.map(describeDone));
    const foreign = new Set(appeared.map(({ name }) => name));
    const done = changes.filter(
      (change) => !left.has(describeDone(change)) && !(isCreation(change) && foreign.has(change.name)),
    );
    return { ...outcome, changes: [...done, ...outcome.changes] };
  }
  throw await undo(desired, { before, changes, lock, run, rest, ignored: [] });
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
function findForeign(desired: Desired, before: Current, now: Current, { stderr }: IpRun): readonly Link[] {
  if (!stderr.includes("File exists")) return [];
  return findMade(desired, { before, now }).filter((link) => link.alias !== alias);
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

interface Failure {
  readonly before: Current;
  readonly changes: readonly Change[];
  readonly lock: number;
  readonly run: IpRun;
  /** What is still to be done. */
  readonly rest: Plan;
  /** What was done and had no effect. */
  readonly ignored: readonly Drift[];
}

/** Takes back what was done, and returns the error that tells of the failure and of what is left. */
async function undo(desired: Desired, { before, changes, lock, run, rest, ignored }: Failure): Promise<CniError> {
  const findLeft = async () =>
    writeUndoLines(desired, { before, now: await lookAgain(desired, { depth: "use", changes }) });
  let left = await findLeft();
  // Twice, as some things are lost only while undoing: a route of several ways lives until the last of its NICs goes down.
  for (let round = 1; round <= 2 && left.length > 0; round++) {
    await runIp(["-force", "-batch", "-"], left, { lock });
    left = await findLeft();
  }
  return explainFailure({ changes, run, rest, ignored, left });
}

/** Looks at the host after changes were begun. Where that fails too, nobody can tell what was done: it is said how to go on. */
async function lookAgain(
  desired: Desired,
  { depth, changes }: { depth: Depth; changes: readonly Change[] },
): Promise<Current> {
  try {
    return await observe(desired, { depth });
  } catch (cause) {
    const { message, details } = cause instanceof CniError ? cause : { message: String(cause), details: "" };
    const made = changes.filter(isCreation).map(({ name }) => showCommand(`link delete dev ${name}`));
    const freed = changes.flatMap((change) =>
      change.type === "enslave" ? [showCommand(`link set dev ${change.nic} nomaster`)] : [],
    );
    const byHand = [...made.reverse(), ...freed].join("; ");
    throw new CniError(
      Code.ipFailed,
      `${message}, after changes were begun: the next ADD finishes them${byHand && `, or take back what is there: ${byHand}`}`,
      { details: [details, "begun:", ...changes.flatMap(writeLines)].join("\n"), cause },
    );
  }
}
