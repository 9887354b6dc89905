import { type Link, stackedKinds } from "../model.ts";

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
 * Tells whether others receive through a link who can't be seen from here. Whatever stands on it and is up (VLAN, macvlan,
 * ipvlan) joins the groups of all hosts once more through it, also where it lives in another network namespace
 * (net/core/dev_addr_lists.c). Taken off are the link's own IP groups, of which several become the same Ethernet address, and
 * what it hands on: a link that stands on others counts itself once for each of them (__hw_addr_sync_one).
 */
export function tellWhoIsShared(listeners: Listeners | undefined, links: readonly Link[]): (nic: string) => boolean {
  if (listeners === undefined) return () => false;
  const own = new Map([
    [groupOfIPv4, countIPv4(listeners.ipv4)],
    [groupOfIPv6, countIPv6(listeners.ipv6)],
  ]);
  const byName = new Map(links.map((link) => [link.name, link]));
  const shared = new Set<string>();
  for (const line of listeners.ethernet.split("\n")) {
    const [, name = "", users, address = ""] = /^\d+\s+(\S+)\s+(\d+)\s+\d+\s+([0-9a-f]+)$/.exec(line) ?? [];
    const link = byName.get(name);
    const groups = own.get(address);
    if (link === undefined || groups === undefined) continue;
    // A link that is down has left the group of IPv4, and that of IPv6 if it was ever up.
    const isListener = link.up || address === groupOfIPv6;
    const known = (isListener ? (groups.get(name) ?? 0) : 0) + countBelow(link, links);
    if (Number(users) > known) shared.add(name);
  }
  return (nic) => shared.has(nic);
}

/** On how many links one hands its groups on. A bond may have fewer, but then no more go through it. */
function countBelow({ name, kind, up }: Link, links: readonly Link[]): number {
  if (!up || kind === undefined) return 0;
  if (kind === "bond") return links.filter(({ master }) => master === name).length;
  return kind === "vlan" || stackedKinds.includes(kind) ? 1 : 0;
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
