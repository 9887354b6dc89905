import type { BondMode, Link } from "../model.ts";

/** The kernel's tables of who listens to which multicast group, in this network namespace: files of /proc/net. */
export interface Listeners {
  /** dev_mcast: `INDEX NAME USERS GLOBAL-USERS ADDRESS` a line, by Ethernet address. */
  readonly ethernet: string;
  /** igmp: the IPv4 groups, below a line for each link. */
  readonly ipv4: string;
  /** igmp6: `INDEX NAME ADDRESS USERS FLAGS TIMER` a line. */
  readonly ipv6: string;
}

/** The group that every IPv4 host joins, and every IPv6 node, as the Ethernet addresses that they become. */
const groupOfIPv4 = "01005e000001";
const groupOfIPv6 = "333300000001";

/**
 * How many receive through a link who can't be seen from here, by the link's index; without those that have none. Whatever
 * stands on it and is up (VLAN, macvlan, ipvlan) joins the groups of all hosts once more through it, also where it lives in
 * another network namespace (net/core/dev_addr_lists.c). Taken off are the link's own IP groups, of which several become the
 * same Ethernet address, who can be seen on top of it, and what it hands on: a link that stands on others counts itself once
 * for each of them (__hw_addr_sync_one).
 *
 * @param links those that can be seen, as they were when the tables were read or later
 */
export function countStrangers(listeners: Listeners, links: readonly Link[]): ReadonlyMap<number, number> {
  const own = new Map([
    [groupOfIPv4, countIPv4(listeners.ipv4)],
    [groupOfIPv6, countIPv6(listeners.ipv6)],
  ]);
  const byIndex = new Map(links.map((link) => [link.index, link]));
  const seen = countSeen(links);
  const strangers = new Map<number, number>();
  for (const line of listeners.ethernet.split("\n")) {
    const [, index, name = "", users, address = ""] = /^(\d+)\s+(\S+)\s+(\d+)\s+\d+\s+([0-9a-f]+)$/.exec(line) ?? [];
    const groups = own.get(address);
    const link = groups && byIndex.get(Number(index));
    if (groups === undefined || link === undefined) continue;
    // A link that is down has left the group of IPv4, and that of IPv6 if it was ever up.
    const isListener = link.up || address === groupOfIPv6;
    const known = (isListener ? (groups.get(name) ?? 0) : 0) + (seen.get(link.name) ?? 0);
    const rest = Number(users) - known;
    if (rest > 0) strangers.set(link.index, Math.max(rest, strangers.get(link.index) ?? 0));
  }
  return strangers;
}

/** Tells whether others receive through a link, by its name, who can't be seen from here. */
export function tellWhoIsShared(listeners: Listeners, links: readonly Link[]): (name: string) => boolean {
  const strangers = countStrangers(listeners, links);
  const names = new Set(links.filter(({ index }) => strangers.has(index)).map(({ name }) => name));
  return (name) => names.has(name);
}

/** The kinds that hand the groups on to the one link that they stand on. */
const listeningKinds: readonly (string | undefined)[] = ["vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec"];

/** In these modes one slave receives, in the others all do (bond_uses_primary). */
const withActiveSlave: readonly unknown[] = ["active-backup", "balance-tlb", "balance-alb"] satisfies BondMode[];

/** By a link's name, how many links it hands its groups on to, and how many that are up can be seen to do so to it. */
function countSeen(links: readonly Link[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const active = new Map(
    links.flatMap(({ name, driverData }) =>
      withActiveSlave.includes(driverData["mode"]) ? [[name, driverData["active_slave"]] as const] : [],
    ),
  );
  const raisedBonds = new Set(links.filter(({ kind, up }) => kind === "bond" && up).map(({ name }) => name));
  for (const { name, kind, up, parent, master } of links) {
    if (up && listeningKinds.includes(kind)) {
      add(name);
      if (parent !== undefined) add(parent);
    }
    if (master === undefined || !raisedBonds.has(master)) continue;
    if (!active.has(master) || active.get(master) === name) add(master);
  }
  return counts;
}

/** How many groups of each link become the Ethernet address of all hosts: 224.0.0.1, 239.0.0.1 and the like. */
function countIPv4(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  let name = "";
  for (const line of text.split("\n")) {
    name = /^\d+\s+(\S+)\s*:/.exec(line)?.[1] ?? name;
    // In the host's byte order: of 224.0.0.1 it is 010000E0 where that is little-endian, as on x64 and arm64.
    if (/^\s+0100[08]0E[0-9A-F]\s/.test(line)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** The same of IPv6: the last 32 bits count, and groups below the scope of the link stay in the host. */
function countIPv6(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split("\n")) {
    const name = /^\d+\s+(\S+)\s+ff[0-9a-f][2-9a-f][0-9a-f]{20}00000001\s/.exec(line)?.[1];
    if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
