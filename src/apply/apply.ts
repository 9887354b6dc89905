import { CniError, Code } from "../error.ts";
import { hasNetAdmin } from "../host/proc.ts";
import type { Current, Desired } from "../model.ts";
import { planLinks } from "../plan/links.ts";
import type { Judge } from "../policy/judge.ts";
import { refuseConflicts } from "./conflicts.ts";
import type { Choosing, Outcome } from "./locked.ts";

/**
 * Makes the host what the config wants, or leaves it as it was.
 *
 * Where a look shows that all is in place, nothing more is done. Else it takes the lock, looks again, changes in one run of
 * `ip`, and looks whether all is there. What fails is undone.
 *
 * @param judge the node's policy
 * @param seen what a look of the depth `links` showed
 * @param choose where the config's NICs were chosen by rule, what chooses them anew once the lock is held: others may be at work on them
 *
 * Throws code 106 (the node's policy), 100 (a NIC is missing), 105 (conflict), 101 (no permission), 5 or 11 (lock), 102 or 103 (`ip`).
 */
export async function apply(
  desired: Desired,
  { judge, seen, choose }: { judge: Judge; seen: Current; choose?: Choosing | undefined },
): Promise<Outcome> {
  refuseConflicts(await judge(desired, seen));
  const { changes, conflicts } = planLinks(desired, seen);
  if (changes.length + conflicts.length === 0 && !(desired.probe && (await isUnsettled()))) {
    return { changes, refused: [], notes: [] };
  }
  // Another ADD may be at work: what looks like a conflict, a NIC in a bond that was not there yet, is one only if it still
  // is with the lock held.
  if (conflicts.some(({ reason }) => reason === "missing")) refuseConflicts(conflicts);
  if (!(await hasNetAdmin())) {
    refuseConflicts(conflicts);
    refusePermission();
  }
  // Loaded only where there is something to do, which is once per node, not once per Pod.
  const { applyLocked } = await import("./locked.ts");
  return applyLocked(choose ?? desired, { judge });
}

/** Throws code 101. */
export function refusePermission(): never {
  throw new CniError(Code.noPermission, "ifacer may not change the network: run it as root with CAP_NET_ADMIN");
}

/** Where there is one, whoever made the links may wait for an answer to `probe`, and take them back. */
async function isUnsettled(): Promise<boolean> {
  return (await import("../host/journal.ts")).isJournalThere();
}
