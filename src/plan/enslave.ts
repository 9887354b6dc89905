import {
  type Address,
  type Conflict,
  type Current,
  type Desired,
  type Link,
  type Route,
  stackedKinds,
  type Use,
} from "../model.ts";
import { inTheWay } from "./conflict.ts";
import { quoteCommand } from "./shell.ts";

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
    ...findParentDown(nic),
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
      `${name} belongs to ${master}${what}, which would lose it: take it out with ${quoteCommand(`link set dev ${name} nomaster`)}, or leave it out of interfaces`,
    );
  }
  if (kind === "bond") reasons.push(`${name} is itself a bond: list its NICs instead`);
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) {
    reasons.push(`${name} has no Ethernet address, so that it can't be in a bond: leave it out of interfaces`);
  }
  return reasons;
}

/** Why a link can't be set up, or nothing. */
export function findParentDown({ name, parent, parentDown }: Link): string[] {
  if (!parentDown || parent === undefined) return [];
  return [
    `${name} can't be set up while ${parent}, on which it stands, is down: run ${quoteCommand(`link set dev ${parent} up`)}`,
  ];
}

function findUppers(nic: Link, { desired, current }: Enslaving): string[] {
  const { name } = nic;
  const bond = desired.bond?.name ?? "the bond";
  const seen = listUppers(nic, current);
  if (seen.length > 0) {
    return seen.map(
      ({ what, upper }) =>
        `${name} has the ${what} ${upper} on top, which would be cut off: remove it with ${quoteCommand(`link delete dev ${upper}`)}, and make it on ${bond} where it is still needed`,
    );
  }
  // Who has a master listens to what that one joined, and nothing else can stand on a slave.
  if (nic.master !== undefined || !current.uses.get(name)?.sharedElsewhere) return [];
  return [
    `${name} has a macvlan, ipvlan or VLAN on top in another network namespace, a Pod's for example, which would be cut off: delete that Pod first; in 'ip -all netns exec ip link' it is the link that ends with '@if${nic.index}'`,
  ];
}

function findUse({ name }: Link, { desired, current }: Enslaving): string[] {
  const advice = `move it to ${desired.bond?.name ?? "the bond"}, or set allowInUse if it may be lost`;
  const uses = listUses(current.uses.get(name));
  const rest =
    uses.length > mostUses ? [`${name} has ${uses.length - mostUses} more addresses and routes: ${advice}`] : [];
  return [...uses.slice(0, mostUses).map((use) => `${name} has ${use}: ${advice}`), ...rest];
}

/** A node that speaks BGP may have 100,000 routes through a NIC, and nobody reads so many words. */
const mostUses = 20;

function listUses(use: Use | undefined): string[] {
  if (use === undefined) return [];
  const { addresses, routes, nexthops } = use;
  return [
    ...addresses.filter(isOfUse).map(({ local, prefixLength }) => `the address ${local}/${prefixLength}`),
    ...routes.filter(isRouteOfUse).map((route) => `the route ${describeRoute(route)}`),
    ...nexthops.map((id) => `the nexthop with id ${id} (ip nexthop)`),
  ];
}

/** What a link is used for, in words, the first that is found: its addresses and routes, and what stands on it. */
export function findAnyUse(link: Link, current: Current): string | undefined {
  const [use] = listUses(current.uses.get(link.name));
  if (use !== undefined) return use;
  const [upper] = listUppers(link, current);
  if (upper) return `the ${upper.what} ${upper.upper} on top`;
  if (link.master !== undefined) return `the master ${link.master}`;
  return current.uses.get(link.name)?.sharedElsewhere ? "a link on top in another network namespace" : undefined;
}

function describeRoute({ destination, table }: Route): string {
  return table === "main" ? destination : `${destination} (table ${table})`;
}

function isOfUse({ scope }: Address): boolean {
  return scope === "global" || scope === "site";
}

function listUppers({ name }: Link, current: Current): { what: string; upper: string }[] {
  const vlans = current.vlans.filter((vlan) => vlan.parent === name);
  const stacked = current.links.filter((link) => link.parent === name && stackedKinds.includes(link.kind ?? ""));
  return [
    ...vlans.map((vlan) => ({ what: "VLAN", upper: vlan.name })),
    ...stacked.map((link) => ({ what: link.kind ?? "link", upper: link.name })),
  ];
}

/** The kernel's own routes go and come with the addresses and the up flag. */
function isRouteOfUse(route: Route): boolean {
  return route.protocol !== "kernel" && route.table !== "local";
}
