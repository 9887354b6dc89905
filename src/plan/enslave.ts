import {
  type Address,
  type Conflict,
  type Current,
  type Desired,
  type Link,
  type Route,
  stackedKinds,
} from "../model.ts";
import { inTheWay } from "./conflict.ts";
import { quoteForShell } from "./shell.ts";

interface Enslaving {
  readonly desired: Desired;
  readonly current: Current;
}

/**
 * Why a NIC must not become a slave: whoever uses it now would be cut off. All reasons are named.
 *
 * `allowInUse` lifts the rule about addresses and routes, and no other.
 */
export function findEnslaveConflicts(nic: Link, enslaving: Enslaving): Conflict[] {
  const reasons = [
    ...findUnfitness(nic),
    ...findUppers(nic, enslaving),
    ...(enslaving.desired.allowInUse ? [] : findUse(nic, enslaving)),
  ];
  return reasons.map((reason) => inTheWay(nic.name, reason));
}

function findUnfitness({ name, kind, mac, master, masterKind }: Link): string[] {
  const reasons: string[] = [];
  if (master !== undefined) {
    const what = masterKind ? ` (a ${masterKind})` : "";
    reasons.push(
      `${name} belongs to ${master}${what}, which would lose it: take it out with 'ip link set dev ${quoteForShell(name)} nomaster', or leave it out of interfaces`,
    );
  }
  if (kind === "bond") reasons.push(`${name} is itself a bond: list its NICs instead`);
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) {
    reasons.push(`${name} has no Ethernet address, so that it can't be in a bond: leave it out of interfaces`);
  }
  return reasons;
}

function findUppers(nic: Link, { desired, current }: Enslaving): string[] {
  const { name } = nic;
  const bond = desired.bond?.name ?? "the bond";
  const vlans = current.vlans.filter((vlan) => vlan.parent === name);
  const stacked = current.links.filter((link) => link.parent === name && stackedKinds.includes(link.kind ?? ""));
  const seen = [
    ...vlans.map((vlan) => ({ what: "VLAN", upper: vlan.name })),
    ...stacked.map((link) => ({ what: link.kind, upper: link.name })),
  ];
  if (seen.length > 0) {
    return seen.map(
      ({ what, upper }) =>
        `${name} has the ${what} ${upper} on top, which would be cut off: remove it with 'ip link delete dev ${quoteForShell(upper)}', and make it on ${bond} where it is still needed`,
    );
  }
  if (!current.uses.get(name)?.sharedElsewhere) return [];
  return [
    `${name} has a macvlan, ipvlan or VLAN on top in another network namespace, a Pod's for example, which would be cut off: delete that Pod first; in 'ip -all netns exec ip link' it is the link that ends with '@if${nic.index}'`,
  ];
}

function findUse({ name }: Link, { desired, current }: Enslaving): string[] {
  const use = current.uses.get(name);
  const advice = `move it to ${desired.bond?.name ?? "the bond"}, or set allowInUse if it may be lost`;
  return [
    ...(use?.addresses ?? [])
      .filter(isOfUse)
      .map(({ local, prefixLength }) => `${name} has the address ${local}/${prefixLength}: ${advice}`),
    ...(use?.routes ?? [])
      .filter(isRouteOfUse)
      .map((route) => `${name} has the route ${describeRoute(route)}: ${advice}`),
  ];
}

function describeRoute({ destination, table }: Route): string {
  return table === "main" ? destination : `${destination} (table ${table})`;
}

function isOfUse({ scope }: Address): boolean {
  return scope === "global" || scope === "site";
}

/** The kernel's own routes go and come with the addresses and the up flag. */
function isRouteOfUse(route: Route): boolean {
  return route.protocol !== "kernel" && route.table !== "local";
}
