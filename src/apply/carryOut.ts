import { CniError, Code } from "../error.ts";
import type { IpRun } from "../host/ip.ts";
import type { Change, Current, Desired, Drift, Link, Plan } from "../model.ts";
import type { Depth } from "../observe/questions.ts";
import { describeDone } from "../plan/describe.ts";
import { plan } from "../plan/plan.ts";
import { explainFailure } from "./failure.ts";
import { alias, writeLines } from "./lines.ts";
import { lookAt, runAt, type Site } from "./site.ts";
import { findMade, writeUndoLines } from "./undo.ts";

/** What was done. */
export interface Outcome {
  readonly changes: readonly Change[];
  /** What the driver would not take, although all links are there and up. */
  readonly refused: readonly Change[];
  /** What the last look showed. */
  readonly now: Current;
}

/** How often is tried again where somebody else changes the same links at the same time. */
const attempts = 3;

/** What is to be done, and where. */
export interface Work {
  /** What the place was like before anything was changed: undoing brings it back. */
  readonly before: Current;
  readonly changes: readonly Change[];
  readonly site: Site;
  /** How often it was tried before. */
  readonly attempt?: number;
}

/**
 * Makes the changes in one run of `ip`, and looks whether all is as wanted then. What fails is undone.
 *
 * Throws code 102 or 103 (`ip`).
 */
export async function carryOut(desired: Desired, work: Work): Promise<Outcome> {
  const { changes, site, attempt = 1 } = work;
  const run = await runAt(site, [], changes.flatMap(writeLines));
  const now = await lookAgain(desired, { depth: "links", changes, site });
  const rest = plan(desired, now);
  if (rest.changes.length === 0 && rest.conflicts.length === 0) {
    const ignored = findIgnored(changes, rest);
    if (ignored.length > 0) throw await undo(desired, { ...work, run, rest, ignored });
    const refused = run.status === 0 ? [] : changes.filter(({ type }) => type === "setBondOptions");
    return { changes: changes.filter((change) => !refused.includes(change)), refused, now };
  }
  const appeared = findForeign(desired, work.before, now, run);
  const before = { ...work.before, links: [...work.before.links, ...appeared] };
  const disturbed = appeared.length > 0 || wasRaised(rest, now, run);
  if (disturbed && rest.conflicts.length === 0 && attempt < attempts) {
    const outcome = await carryOut(desired, { before, changes: rest.changes, site, attempt: attempt + 1 });
    const left = new Set(rest.changes.map(describeDone));
    const foreign = new Set(appeared.map(({ name }) => name));
    const done = changes.filter(
      (change) => !left.has(describeDone(change)) && !(isCreation(change) && foreign.has(change.name)),
    );
    return { ...outcome, changes: [...done, ...outcome.changes] };
  }
  throw await undo(desired, { before, changes, site, run, rest, ignored: [] });
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
  readonly site: Site;
  readonly run: IpRun;
  /** What is still to be done. */
  readonly rest: Plan;
  /** What was done and had no effect. */
  readonly ignored: readonly Drift[];
}

/** Takes back what was done, and returns the error that tells of the failure and of what is left. */
async function undo(desired: Desired, { before, changes, site, run, rest, ignored }: Failure): Promise<CniError> {
  return explainFailure({ changes, run, rest, ignored, left: await takeBack(desired, { before, changes, site }) });
}

/**
 * Takes back what was done since `before`. Returns the lines that should have done it and did not; none: all is as it was.
 *
 * Throws code 103 where nothing can be seen any more.
 */
export async function takeBack(desired: Desired, { before, changes, site }: Omit<Work, "attempt">): Promise<string[]> {
  const findLeft = async () =>
    writeUndoLines(desired, { before, now: await lookAgain(desired, { depth: "use", changes, site }) });
  let left = await findLeft();
  // Twice, as some things are lost only while undoing: a route of several ways lives until the last of its NICs goes down.
  for (let round = 1; round <= 2 && left.length > 0; round++) {
    await runAt(site, ["-force"], left);
    left = await findLeft();
  }
  return left;
}

/** Looks at the host after changes were begun. Where that fails too, nobody can tell what was done: it is said how to go on. */
async function lookAgain(
  desired: Desired,
  { depth, changes, site }: { depth: Depth; changes: readonly Change[]; site: Site },
): Promise<Current> {
  try {
    return await lookAt(site, desired, depth);
  } catch (cause) {
    const { message, details } = cause instanceof CniError ? cause : { message: String(cause), details: "" };
    const made = changes.filter(isCreation).map(({ name }) => `ip link delete dev ${name}`);
    const freed = changes.flatMap((change) =>
      change.type === "enslave" ? [`ip link set dev ${change.nic} nomaster`] : [],
    );
    const byHand = [...made.reverse(), ...freed].join("; ");
    throw new CniError(
      Code.ipFailed,
      `${message}, after changes were begun: the next ADD finishes them${byHand && `, or take back what is there: ${byHand}`}`,
      { details: [details, "begun:", ...changes.flatMap(writeLines)].join("\n"), cause },
    );
  }
}
