import type { Current, Link } from "../model.ts";

/** Whether a bond is empty and down: what it is like now is then of no importance. */
export function isUnused(bond: Link, current: Current): boolean {
  return !bond.up && !current.links.some((link) => link.master === bond.name);
}
