import { CniError, Code } from "../error.ts";
import { type IpRun, runIp } from "../host/ip.ts";
import { removeJournalFile } from "../host/journal.ts";
import type { Change, Current, Desired, Drift, Link, Plan } from "../model.ts";
import { askAgain } from "../observe/path.ts";
import type { Snapshot } from "../observe/snapshot.ts";
import { describeDone } from "../plan/describe.ts";
import { plan } from "../plan/plan.ts";
import { showCommand } from "../plan/shell.ts";
import { explainFailure } from "./failure.ts";
import { writeJournal } from "./journal.ts";
import { alias, writeLines } from "./lines.ts";
import { lookAt, type Site } from "./site.ts";
import { takeBack } from "./takeBack.ts";
import { findAppeared, isOwnEnd } from "./taken.ts";

/** What was done. */
export interface Done {
  readonly changes: readonly Change[];
  /** What the driver would not take, although all links are there and up. */
  readonly refused: readonly Change[];
  /** What the last look showed. */
  readonly now: Current;
  /** What the place was like before, with the links that somebody else made meanwhile. */
  readonly before: Snapshot;
}

/** How often is tried again where somebody else changes the same links at the same time. */
const attempts = 3;

/** What is to be done, and where. */
export interface Work {
  /** What the place was like before anything was changed: undoing brings it back. */
  readonly before: Snapshot;
  readonly changes: readonly Change[];
  /** Lines for `ip` that come first: they take apart what the changes make anew. */
  readonly lead?: readonly string[] | undefined;
  readonly site: Site;
  /** How often it was tried before. */
  readonly attempt?: number;
}

/**
 * Makes the changes in one run of `ip`, and looks whether all is as wanted then. What fails is undone.
 *
 * Throws code 102 or 103 (`ip`).
 */
export async function carryOut(desired: Desired, work: Work): Promise<Done> {
  const { changes, lead = [], site, attempt = 1 } = work;
  const look = desired.path && askAgain(desired, site);
  const run = await runIp(
    ["-batch", "-", ...(look ? ["-details", "-json"] : [])],
    [...lead, ...changes.flatMap(writeLines), ...(look ? look.lines : [])],
    site,
  );
  // Where all went well, what the lines of the look have shown is what is there now.
  const now = (run.status === 0 ? look?.read(run.stdout) : undefined) ?? (await lookAgain(desired, work));
  const rest = plan(desired, now);
  if (isComplete(rest)) {
    const ignored = findIgnored(changes, rest);
    if (ignored.length > 0) throw await undo(desired, { ...work, run, rest, ignored });
    return {
      changes: changes.filter((change) => !isRefused(change, run)),
      refused: changes.filter((change) => isRefused(change, run)),
      now,
      before: work.before,
    };
  }
  const appeared = findForeign(desired, work.before, now, run);
  const before = { ...work.before, links: [...work.before.links, ...appeared] };
  // What `ip` did and is not there was undone by somebody else.
  const disturbed = appeared.length > 0 || run.status === 0 || wasRaised(rest, now, run);
  if (disturbed && rest.conflicts.length === 0 && attempt < attempts) {
    if (appeared.length > 0) await journalize(desired, { before, site });
    const again = before.remade ? await keepIdentity(rest.changes, { before, desired }) : rest.changes;
    const outcome = await carryOut(desired, { before, changes: again, site, attempt: attempt + 1 });
    const left = new Set(rest.changes.map(describeDone));
    const foreign = new Set(appeared.map(({ name }) => name));
    const done = changes.filter(
      (change) => !left.has(describeDone(change)) && !(isCreation(change) && foreign.has(change.name)),
    );
    return { ...outcome, changes: [...done, ...outcome.changes] };
  }
  // Somebody may have been in the way for a moment only, and another ADD may have answered that all is in place.
  const later = await lookAgain(desired, work);
  if (isComplete(plan(desired, later))) return { changes, refused: [], now: later, before };
  throw await undo(desired, { ...work, before, run, rest, ignored: [] });
}

/** Also what is tried again is to be the link that it was. */
async function keepIdentity(
  changes: readonly Change[],
  { before, desired }: { before: Snapshot; desired: Desired },
): Promise<readonly Change[]> {
  const { keep } = await import("../plan/replace.ts");
  const remade = before.links.filter(({ index }) => before.remade?.includes(index));
  return changes.map((change) => keep(change, remade, desired));
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
    if (change.type !== "addBond" && change.type !== "addVlan" && change.type !== "configureBond") return [];
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
  return findAppeared(desired, { before, now }).filter(
    (link) => link.alias !== (desired.alias ?? alias) && !isOwnEnd(desired, link),
  );
}

function isCreation(change: Change): change is Extract<Change, { type: "addBond" | "addVlan" | "addPair" }> {
  return change.type === "addBond" || change.type === "addVlan" || change.type === "addPair";
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
async function undo(desired: Desired, { before, changes, lead, site, run, rest, ignored }: Failure): Promise<CniError> {
  const { left, kept, moved } = await explainingBlindness(changes, () => takeBack(desired, before, site));
  if (left.length === 0 && site.lock !== undefined) removeJournalFile();
  return explainFailure({ changes, lead, run, rest, ignored, left, kept, moved });
}

function lookAgain(desired: Desired, { changes, site }: Work): Promise<Current> {
  return explainingBlindness(changes, () => lookAt(site, desired, "links"));
}

/** What belongs to one Pod is taken back by its DEL, needs no lock and has no journal: one that is there is somebody else's. */
async function journalize(desired: Desired, { before, site }: Pick<Work, "before" | "site">): Promise<void> {
  if (site.lock !== undefined) await writeJournal({ desired, before });
}

/** Looks at the host after changes were begun. Where that fails too, nobody can tell what was done: it is said how to go on. */
async function explainingBlindness<T>(changes: readonly Change[], look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (cause) {
    // A Pod that is gone took all with it.
    if (cause instanceof CniError && cause.code === Code.noNamespace) throw cause;
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
