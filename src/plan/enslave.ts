import type { Address, Conflict, Current, Desired, Link, Route } from "../model.ts";
import { inTheWay } from "./conflict.ts";

/**
 * Why a NIC must not become a slave: whoever uses it now would be cut off. All reasons are named.
 *
 * `allowInUse` lifts the rule about addresses and routes, and no other.
 */
export function findEnslaveConflicts(
  nic: Link,
  { desired, current }: { desired: Desired; current: Current },
): Conflict[] {
  const { name } = nic;
  const conflicts: Conflict[] = [];
  if (nic.master !== undefined) {
    conflicts.push(
      inTheWay(name, `${name} belongs to ${nic.master}: take it out with 'ip link set dev ${name} nomaster' first`),
    );
  }
  if (nic.kind === "bond") conflicts.push(inTheWay(name, `${name} is itself a bond: list its NICs instead`));
  for (const upper of findUppers(nic, current)) {
    conflicts.push(inTheWay(name, `${name} has ${upper} on top, which would be cut off: remove that first`));
  }
  if (!desired.allowInUse) {
    const use = current.uses.get(name);
    for (const address of use?.addresses.filter(isOfUse) ?? []) {
      const found = `${address.local}/${address.prefixLength}`;
      conflicts.push(inTheWay(name, `${name} has the address ${found}: move it to the bond, or set allowInUse`));
    }
    for (const route of use?.routes.filter(isRouteOfUse) ?? []) {
      conflicts.push(
        inTheWay(name, `${name} has the route ${route.destination}: move it to the bond, or set allowInUse`),
      );
    }
  }
  return conflicts;
}

function findUppers(nic: Link, current: Current): string[] {
  const vlans = current.vlans.filter((vlan) => vlan.parent === nic.name).map((vlan) => `the VLAN ${vlan.name}`);
  const stacked = current.links
    .filter((link) => link.parent === nic.name && isStacked(link))
    .map((link) => `the ${link.kind} ${link.name}`);
  return [...vlans, ...stacked];
}

/** Kinds that stand on a NIC and lose it when it is enslaved; VLANs are found in `current.vlans`. */
function isStacked({ kind }: Link): boolean {
  return kind !== undefined && ["macvlan", "macvtap", "ipvlan", "ipvtap"].includes(kind);
}

function isOfUse(address: Address): boolean {
  return address.scope === "global" || address.scope === "site";
}

/** The kernel's own routes go and come with the addresses and the up flag. */
function isRouteOfUse(route: Route): boolean {
  return route.protocol !== "kernel" && route.table !== "local";
}
