import type { Change, Current, Desired, Plan } from "../model.ts";
import { planAddresses } from "./addresses.ts";
import { planLinks } from "./links.ts";
import { planEnd, planLeaving } from "./path.ts";

/**
 * What has to be done in a place, what stands in the way of it, and what merely differs.
 *
 * Pure: the same two arguments give the same plan. ADD carries it out, CHECK wants it empty, `ifacer plan` prints it.
 */
export function plan(desired: Desired, current: Current): Plan {
  const parts = [
    planLinks(desired, current),
    planEnd(desired, current),
    planAddresses(desired, current),
    // What is to take the place of the routes that leave is there by then.
    planLeaving(desired, current),
  ];
  return {
    changes: parts.flatMap(({ changes }) => changes).map((change) => withAlias(change, desired)),
    conflicts: parts.flatMap(({ conflicts }) => conflicts),
    drift: parts.flatMap(({ drift }) => drift),
  };
}

/** On the node all links have the same alias, which goes without saying. */
function withAlias(change: Change, { alias }: Desired): Change {
  const isCreation = change.type === "addBond" || change.type === "addVlan";
  return isCreation && alias !== undefined ? { ...change, alias } : change;
}
