import type { Prepare } from "../../apply/locked.ts";
import { prepareReplacement } from "../../apply/replace.ts";
import { asksForAnything } from "../../config/desired.ts";
import type { Desired, Plan } from "../../model.ts";
import { observe } from "../../observe/observe.ts";
import { readPolicy } from "../../policy/load.ts";

/** What is done beside what a plan tells, to replace links. */
export interface Replaced {
  /** Lines for `ip`. */
  readonly lead: readonly string[];
  /** A sentence each. */
  readonly interrupted: readonly string[];
}

/** How `--replace` prepares a config; with `withPods` also where Pods stand on the links. */
export function prepareReplacing({ withPods }: { withPods: boolean }): Prepare {
  return (desired, seen, site) => prepareReplacement(desired, seen, { withPods, site });
}

/** What `--replace` would do on this node now, what the node's policy forbids being conflicts, and whom it would interrupt. */
export async function planReplacing(
  desired: Desired,
  { withPods }: { withPods: boolean },
): Promise<{ readonly plan: Plan; readonly replaced?: Replaced }> {
  const judge = readPolicy();
  if (!asksForAnything(desired)) return { plan: { changes: [], conflicts: [], drift: [] } };
  const seen = await observe(desired, { depth: "use" });
  const prepared = await prepareReplacement(desired, seen, { withPods, site: {} });
  const { changes, conflicts, drift, lead, interrupted } = prepared;
  const plan = { changes, conflicts: [...(await judge(desired, seen)), ...conflicts], drift };
  return { plan, ...(interrupted.length > 0 && { replaced: { lead, interrupted } }) };
}
