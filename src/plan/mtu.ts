import type { Conflict, Desired, Link } from "../model.ts";
import { inTheWay } from "./conflict.ts";
import { quoteCommand } from "./shell.ts";

/** The wanted MTU has to fit each of the links below. */
export function findMTUConflicts({ mtu }: Desired, below: readonly Link[]): Conflict[] {
  if (mtu === undefined) return [];
  return below
    .filter((link) => link.mtu < mtu)
    .map((link) =>
      inTheWay(link.name, `the MTU ${mtu} is wanted, but ${link.name} has ${link.mtu}: ${adviseOnMTU(link, mtu)}`),
    );
}

function adviseOnMTU({ name, maxMTU }: Link, mtu: number): string {
  if (maxMTU > 0 && maxMTU < mtu) return `its driver takes at most ${maxMTU}, so lower mtu`;
  return `lower mtu, or raise that of ${name} with ${quoteCommand(`link set dev ${name} mtu ${mtu}`)}`;
}

/** The driver gives the bond's MTU to each NIC that joins, which has to be able to take it. */
export function findSlaveMTUConflicts(bond: Link, joining: readonly Link[]): Conflict[] {
  return joining
    .filter(({ maxMTU }) => maxMTU > 0 && maxMTU < bond.mtu)
    .map(({ name, maxMTU }) =>
      inTheWay(
        name,
        `the bond ${bond.name} has the MTU ${bond.mtu}, but the driver of ${name} takes at most ${maxMTU}: lower that of the bond with ${quoteCommand(`link set dev ${bond.name} mtu ${maxMTU}`)}`,
      ),
    );
}
