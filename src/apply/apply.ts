import { CniError, Code, errorOfAll } from "../error.ts";
import { type IpRun, runIp } from "../host/ip.ts";
import { withLock } from "../host/lock.ts";
import { hasNetAdmin } from "../host/proc.ts";
import type { Change, Conflict, Current, Desired, Plan } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { plan } from "../plan/plan.ts";
import { explainFailure } from "./failure.ts";
import { writeLines } from "./lines.ts";
import { writeUndoLines } from "./undo.ts";

/** What was done on the host. */
export interface Outcome {
  readonly changes: readonly Change[];
  /** What the driver would not take, although all links are there and up. */
  readonly refused: readonly Change[];
}

const nothingDone: Outcome = { changes: [], refused: [] };

/**
 * Makes the host what the config wants, or leaves it as it was.
 *
 * Where all is in place it only looks, once. Else it takes the lock, looks again, changes in one run of `ip`, and looks
 * whether all is there. What fails is undone.
 *
 * Throws code 100 (a NIC is missing), 105 (conflict), 101 (no permission), 5 or 11 (lock), 102 or 103 (`ip`).
 */
export function apply(desired: Desired): Outcome {
  const { changes, conflicts } = plan(desired, observe(desired, { depth: "links" }));
  refuseConflicts(conflicts);
  if (changes.length === 0) return nothingDone;
  if (!hasNetAdmin()) {
    throw new CniError(Code.noPermission, "ifacer may not change the network: run it as root with CAP_NET_ADMIN");
  }
  return withLock(() => applyLocked(desired));
}

function applyLocked(desired: Desired): Outcome {
  const before = observe(desired, { depth: "use" });
  const { changes, conflicts } = plan(desired, before);
  refuseConflicts(conflicts);
  if (changes.length === 0) return nothingDone;
  return carryOut(desired, { before, changes, attempt: 1 });
}

/** Throws the conflicts as one error, with all of them in the details. */
function refuseConflicts(conflicts: readonly Conflict[]): void {
  if (conflicts.length === 0) return;
  const missing = conflicts.some(({ reason }) => reason === "missing");
  throw errorOfAll(
    missing ? Code.missingInterface : Code.conflict,
    conflicts.map(({ message }) => message),
  );
}

/** How often a NIC that somebody else raises between `down` and `master` is tried. */
const attempts = 3;

interface Work {
  readonly before: Current;
  readonly changes: readonly Change[];
  readonly attempt: number;
}

function carryOut(desired: Desired, { before, changes, attempt }: Work): Outcome {
  const run = runIp(["-batch", "-"], changes.flatMap(writeLines));
  const now = observe(desired, { depth: "links" });
  const rest = plan(desired, now);
  if (rest.changes.length === 0 && rest.conflicts.length === 0) {
    const refused = run.status === 0 ? [] : changes.filter(({ type }) => type === "setBondOptions");
    return { changes: changes.filter((change) => !refused.includes(change)), refused };
  }
  if (attempt < attempts && wasRaised(rest, now)) {
    const outcome = carryOut(desired, { before, changes: rest.changes, attempt: attempt + 1 });
    return { ...outcome, changes };
  }
  throw undo(desired, { before, changes, run, rest });
}

/** Whether the work stopped at a NIC that ifacer set down and somebody, NetworkManager or networkd, set up again. */
function wasRaised({ changes }: Plan, now: Current): boolean {
  const [next] = changes;
  return next?.type === "enslave" && now.links.some(({ name, up }) => name === next.nic && up);
}

interface Failure {
  readonly before: Current;
  readonly changes: readonly Change[];
  readonly run: IpRun;
  /** What is still to be done. */
  readonly rest: Plan;
}

/** Takes back what was done, and returns the error that tells of the failure and of what is left. */
function undo(desired: Desired, { before, changes, run, rest }: Failure): CniError {
  // A link that was there when ours was to be made is somebody else's.
  const [failed] = rest.changes;
  const foreign = /File exists/.test(run.stderr) && failed && "name" in failed ? [failed.name] : [];
  const lines = writeUndoLines(desired, { before, now: observe(desired, { depth: "use" }), foreign });
  if (lines.length > 0) runIp(["-force", "-batch", "-"], lines);
  const left = writeUndoLines(desired, { before, now: observe(desired, { depth: "use" }), foreign });
  return explainFailure({ changes, run, rest, left });
}
