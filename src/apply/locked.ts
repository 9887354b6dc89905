import { withLock } from "../host/lock.ts";
import type { Desired } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { plan } from "../plan/plan.ts";
import type { Judge } from "../policy/judge.ts";
import { carryOut, type Outcome } from "./carryOut.ts";
import { refuseConflicts } from "./conflicts.ts";

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
  if (changes.length === 0) return { changes: [], refused: [], now: before };
  return carryOut(desired, { before, changes, site: { place: "node", lock } });
}
