import { findMasters } from "../../apply/masters.ts";
import { findCaught } from "../../apply/network.ts";
import { CniError, Code } from "../../error.ts";
import type { Conflict, Current, Plan } from "../../model.ts";
import { planAddresses } from "../../plan/addresses.ts";
import { readHostIndex } from "../../policy/hostIndex.ts";
import { judgeBy, loadPolicy } from "../../policy/load.ts";
import type { PoolEntry } from "../../pool/entry.ts";
import { type Layout, layOut } from "../../pool/layout.ts";

/** How a network over several NICs is laid out on this node, and what ADD would do here. */
export interface PoolPlan {
  /** `undefined`: it has no NIC here. */
  readonly layout: Layout | undefined;
  /** What the node was seen to have. */
  readonly seen: Current | undefined;
  readonly plan: Plan;
}

/**
 * Plans what ADD would do on the node, with all that it would look at; the interfaces of Pods are each Pod's own.
 *
 * Throws code 106 where the policy or the node's index can't be read, and 102 or 103 where the node can't be looked at.
 */
export async function planPool(entry: PoolEntry): Promise<PoolPlan> {
  const policy = loadPolicy();
  const hostIndex = entry.ipam.kind === "blocks" ? readHostIndex() : undefined;
  let masters: Awaited<ReturnType<typeof findMasters>>;
  try {
    masters = await findMasters(entry, policy);
  } catch (error) {
    if (!(error instanceof CniError) || error.code !== Code.missingInterface) throw error;
    const conflicts: Conflict[] = [{ reason: "missing", link: "", message: error.message }];
    return { layout: undefined, seen: undefined, plan: { changes: [], conflicts, drift: [] } };
  }
  const layout = layOut(entry, { ...masters, hostIndex });
  const { changes, conflicts, drift } = planAddresses(layout.desired, masters.seen);
  const caught = changes.some(({ type }) => type === "addRule") ? await findCaught(layout.desired) : [];
  const unfit = layout.faults.map((message): Conflict => ({ reason: "inTheWay", link: "", message }));
  const forbidden = await judgeBy(policy)(layout.desired, masters.seen);
  const all = [...forbidden, ...layout.conflicts, ...unfit, ...conflicts, ...caught];
  return { layout, seen: masters.seen, plan: { changes, conflicts: all, drift } };
}
