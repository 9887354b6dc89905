import { apply, refusePermission } from "../../apply/apply.ts";
import type { Choosing, Outcome } from "../../apply/locked.ts";
import { applyNetwork } from "../../apply/network.ts";
import { recover } from "../../apply/recover.ts";
import type { Trial } from "../../apply/trial.ts";
import { CniError, Code } from "../../error.ts";
import { runIp } from "../../host/ip.ts";
import { withLock } from "../../host/lock.ts";
import { hasNetAdmin } from "../../host/proc.ts";
import type { Desired } from "../../model.ts";
import { observe } from "../../observe/observe.ts";
import { snapshotBefore } from "../../observe/snapshot.ts";
import { describeDone, describeLack } from "../../plan/describe.ts";
import { readPolicy } from "../../policy/load.ts";
import type { PoolEntry } from "../../pool/entry.ts";
import { type Line, line } from "../show/screen.ts";
import { type Assessments, planNow } from "./assess.ts";
import { planPool } from "./poolPlan.ts";
import { planReplacing, prepareReplacing } from "./replacing.ts";
import { planUpdates, type Update } from "./update.ts";

/** What is to be done beside what ADD does. */
export interface Extent {
  readonly update: boolean;
  readonly replace: boolean;
  readonly withPods: boolean;
}

/** The lock, where it is held all the time, and what was done under it. */
export interface Held {
  readonly lock: number;
  readonly trial: Trial;
}

/** One thing that was done, or that the kernel would not do and its words. */
export interface Step {
  readonly message: string;
  readonly refused?: string;
}

/** What was done, a line each. */
export function showSteps(done: readonly Step[]): Line[] {
  return done.map(({ message, refused }) =>
    refused === undefined ? line(0, message, "green") : line(0, `refused: ${message}: ${refused}`, "red"),
  );
}

/** Stops at the config that fails, and still tells what was done before it. */
export async function carryOutAll({ assessments }: Assessments, extent: Extent, held?: Held): Promise<Step[]> {
  const done: Step[] = [];
  for (const { path, desired, inPods, chosen, pool } of assessments) {
    try {
      if (desired && pool) await makeRoutes(pool, { done, held });
      else if (desired && !inPods) await carryOut(desired, extent, { done, choose: chosen?.choose, held });
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      const { message, details } = error;
      return [...done, { message: path, refused: [message, ...details.split("\n")].filter(Boolean).join("; ") }];
    }
  }
  return extent.replace ? [...done, ...(await findReplaced(assessments, extent))] : done;
}

/** Configs of which a later one has replaced what they want. */
async function findReplaced(assessments: Assessments["assessments"], extent: Extent): Promise<Step[]> {
  const found: Step[] = [];
  for (const { path, desired, inPods, pool, chosen } of assessments.slice(0, -1)) {
    if (!desired || inPods || pool || chosen) continue;
    const { plan } = await planReplacing(desired, extent);
    if (plan.changes.length + plan.conflicts.length === 0) continue;
    found.push({
      message: path,
      refused: "another of these configs has made the same link something else: apply one of them",
    });
  }
  return found;
}

interface Doing {
  /** Gets what was done as soon as it was: a later step may fail. */
  readonly done: Step[];
  readonly choose: Choosing | undefined;
  readonly held: Held | undefined;
}

async function carryOut(desired: Desired, extent: Extent, { done, choose, held }: Doing): Promise<void> {
  const { changes, refused, notes } = await applyOne(desired, extent, { choose, held });
  done.push(
    ...notes.map((message) => ({ message })),
    ...changes.map((change) => ({ message: describeDone(change) })),
    ...refused.map((change) => ({ message: describeLack(change), refused: "the driver did not take it" })),
  );
  if (!extent.update || (await findUpdates(desired)).length === 0) return;
  if (held) {
    await keepForUpdates(desired, held);
    return bringInLine(desired, { done, lock: held.lock });
  }
  if (!(await hasNetAdmin())) refusePermission();
  await withLock(async (lock) => {
    const { notes } = await recover({ lock });
    done.push(...notes.map((message) => ({ message })));
    await bringInLine(desired, { done, lock });
  });
}

async function applyOne(
  desired: Desired,
  { replace, withPods }: Extent,
  { choose, held }: Pick<Doing, "choose" | "held">,
): Promise<Outcome> {
  const judge = readPolicy();
  if (!replace && !held) return apply(desired, { judge, seen: await observe(desired, { depth: "links" }), choose });
  if (!(await hasNetAdmin())) refusePermission();
  const { applyHolding, applyLocked } = await import("../../apply/locked.ts");
  const prepare = replace ? prepareReplacing({ withPods }) : undefined;
  if (!held) return applyLocked(choose ?? desired, { judge, prepare });
  const { lock, trial } = held;
  return applyHolding(choose ?? desired, { judge, prepare, keep: trial.keep, lock, had: "at once" });
}

/** What ADD makes on the node for a network over several NICs; the interfaces are each Pod's. */
async function makeRoutes(pool: PoolEntry, { done, held }: Pick<Doing, "done" | "held">): Promise<void> {
  const { layout, seen, plan } = await planPool(pool);
  if (layout === undefined || seen === undefined) return;
  if (held && plan.changes.length > 0) {
    throw new CniError(Code.notSupported, "routes for blocks of addresses can't be tried: apply them without --try");
  }
  const { changes, notes } = await applyNetwork(layout.desired, { judge: readPolicy(), seen });
  done.push(...[...notes, ...changes.map(describeDone)].map((message) => ({ message })));
}

async function findUpdates(desired: Desired): Promise<Extract<Update, { line: string }>[]> {
  return planUpdates((await planNow(desired)).drift).flatMap((update) => (update.line === undefined ? [] : [update]));
}

/** Keeps what the links are like whose options and MTUs are about to be changed. */
async function keepForUpdates(desired: Desired, { lock, trial }: Held): Promise<void> {
  const seen = await observe(desired, { depth: "use" });
  const before = await snapshotBefore(desired, seen, { lock });
  const own = new Set([desired.bond?.name, ...desired.vlans.flatMap(({ name, shortName }) => [name, shortName])]);
  const remade = before.links.filter(({ name }) => own.has(name)).map(({ index }) => index);
  // Beside what is kept of the same config for what was made.
  await trial.keep({ desired: { ...desired }, before: { ...before, remade } });
}

/** Each update by itself, as the kernel takes one and refuses another. What was done is learnt by looking again. */
async function bringInLine(desired: Desired, { done, lock }: { done: Step[]; lock: number }): Promise<void> {
  for (const { drift, line } of await findUpdates(desired)) {
    const { stderr, status } = await runIp(["-batch", "-"], [line], { lock });
    const message = `${drift.what} of ${drift.link} from ${drift.current} to ${drift.desired}`;
    const rest = (await planNow(desired)).drift;
    const isThere = !rest.some(({ link, what }) => link === drift.link && what === drift.what);
    done.push(isThere ? { message: `set ${message}` } : { message, refused: describeRefusal(stderr, status) });
  }
}

function describeRefusal(stderr: string, status: number): string {
  return (
    stderr.split("\n")[0] || (status === 0 ? "the kernel took it without effect" : `ip ended with status ${status}`)
  );
}
