import type { Conflict, Current, Desired, Link } from "../model.ts";
import { inTheWay } from "./conflict.ts";
import { findAnyUse } from "./enslave.ts";

interface Completing {
  /** The slaves that the config wants. */
  readonly nics: readonly Link[];
  /** Those of them that are to join it or to be set up. */
  readonly changed: readonly Link[];
  readonly desired: Desired;
  readonly current: Current;
}

/**
 * Why a bond that is in use must not be completed: it may lead to another network than the NICs that are to join it, and whoever
 * stands on it would be cut off. A bond without slaves leads nowhere, so that nobody loses anything.
 *
 * `allowInUse` says that the NICs lead to the same network, but not that the bond is the one that was meant.
 */
export function findCompletionConflicts(bond: Link, { nics, changed, desired, current }: Completing): Conflict[] {
  const slaves = current.links.filter(({ master }) => master === bond.name).map(({ name }) => name);
  const use = changed.length > 0 && slaves.length > 0 ? findAnyUse(bond, current) : undefined;
  if (use === undefined) return [];
  const names = changed.map(({ name }) => name).join(", ");
  const lead = `the bond ${bond.name} is in use, it has ${use}`;
  if (!nics.some(({ name }) => slaves.includes(name))) {
    return [
      inTheWay(
        bond.name,
        `${lead}, and none of its slaves ${slaves.join(", ")} is among the interfaces, so that ${names} may lead to another network: list one of them, or give bond.name another name`,
      ),
    ];
  }
  const mode = bond.driverData["mode"];
  // In all other modes frames go out through every slave: one that leads elsewhere takes its part of them along.
  if (desired.allowInUse || mode === "active-backup") return [];
  return [
    inTheWay(
      bond.name,
      `${lead}, and in mode ${mode} frames go out through every slave, so that those through ${names} are lost if it leads elsewhere: set allowInUse if it does not`,
    ),
  ];
}
