import { networkOf, overlap, parseSubnet, type Subnet, writeSubnet } from "../config/addresses.ts";
import { noLinks } from "../config/noLinks.ts";
import { type Conflict, type Current, type Desired, findLink, type Link, loopback } from "../model.ts";
import type { AddressPlan, PoolEntry } from "./entry.ts";
import { findNicBlocks, type HostIndex, type Master, type NicBlocks, type PlacedNic, placeNics } from "./nics.ts";
import { planNodeRoutes } from "./nodeRoutes.ts";

/** A NIC that the Pod is attached to; its interface is called by CNI_IFNAME and its place among them. */
export interface AttachedNic {
  readonly master: Master;
  /** Where its addresses come from; `undefined`: not from blocks. */
  readonly blocks: (NicBlocks & { readonly host: number }) | undefined;
}

/** More NICs no Pod gets: DEL and GC have to name all interfaces that there may be, also where nobody knows which there were. */
export const mostInterfaces = 32;

/** What an entry comes to on this node. */
export interface Layout {
  /** All NICs that the network has here. */
  readonly nics: readonly PlacedNic[];
  /** Those that this Pod gets, in order. */
  readonly attached: readonly AttachedNic[];
  /** What the node is to have for it. */
  readonly desired: Desired;
  /** What is missing or in the way. */
  readonly conflicts: readonly Conflict[];
  /** What of the config does not fit this node: code 7. */
  readonly faults: readonly string[];
}

/** What the node is asked about before it is known which routes it is to have. */
export function desireMasters({ plugin, ipam, removeUnused }: PoolEntry, interfaces: readonly string[]): Desired {
  return {
    ...noLinks,
    place: "node",
    interfaces,
    ipam: ipam.kind === "none" ? undefined : ipam.type,
    plugin: plugin.type,
    rules: ipam.kind === "blocks" ? planNodeRules(ipam.plan) : undefined,
    removeUnused,
  };
}

function planNodeRules(plan: Parameters<typeof planNodeRoutes>[1]): Desired["rules"] {
  const empty = planNodeRoutes([], plan, undefined);
  return "rules" in empty && empty.rules.length > 0 ? empty.rules : undefined;
}

/**
 * Lays a network out over NICs of this node. Pure.
 *
 * @param names the NICs, as the config names them or as they were chosen
 * @param seen what a look of the depth `addresses` showed of them
 */
export function layOut(
  entry: PoolEntry,
  { names, seen, hostIndex }: { names: readonly string[]; seen: Current; hostIndex: HostIndex },
): Layout {
  const { ipam, masterNets } = entry;
  const base = desireMasters(entry, names);
  const conflicts = findUnfit(names, seen);
  const masters = [...new Set(names.flatMap((name) => findLink(seen, name) ?? []))].map((link) =>
    readMaster(link, seen),
  );
  const empty = { nics: [], attached: [], desired: base };
  if (conflicts.length > 0) return { ...empty, conflicts, faults: [] };
  const placed = placeNics(masters, { masterNets, exact: ipam.kind === "blocks" });
  if ("faults" in placed) {
    const asConflict = (message: string): Conflict => ({
      reason: "inTheWay",
      link: message.split(" ", 1)[0] ?? "",
      message,
    });
    return { ...empty, conflicts: placed.faults.map(asConflict), faults: [] };
  }
  const { nics } = placed;
  const narrowed = narrow(entry, nics);
  if ("conflict" in narrowed) return { ...empty, nics, conflicts: [narrowed.conflict], faults: [] };
  if (narrowed.nics.length > mostInterfaces) {
    const fault = `the Pod would be attached to ${narrowed.nics.length} NICs, at most ${mostInterfaces} can be: choose fewer by masterNets, select.count or args.cni.nics`;
    return { ...empty, nics, conflicts: [], faults: [fault] };
  }
  if (ipam.kind !== "blocks") {
    const attached = narrowed.nics.map(({ master }) => ({ master, blocks: undefined }));
    return { nics, attached, desired: base, conflicts, faults: [] };
  }
  const { plan } = ipam;
  const found = narrowed.nics.map((nic) => ({ nic, blocks: findNicBlocks(nic, { blocks: plan.blocks, hostIndex }) }));
  const faults = found.flatMap(({ blocks }) => ("fault" in blocks ? [blocks.fault] : []));
  faults.push(...findShared(nics, plan.blocks.subnet));
  const down = plan.routing ? findDown(nics, seen) : [];
  if (down.length > 0) return { ...empty, nics, conflicts: down, faults };
  const routing = planNodeRoutes(nics, plan, hostIndex);
  if ("faults" in routing) faults.push(...routing.faults);
  if (faults.length > 0 || "faults" in routing) return { ...empty, nics, conflicts, faults: [...new Set(faults)] };
  return {
    nics,
    attached: found.flatMap(({ nic: { master }, blocks }) => ("fault" in blocks ? [] : [{ master, blocks }])),
    desired: { ...base, routes: routing.routes },
    conflicts: findOtherBlocks(plan, seen),
    faults: [],
  };
}

/** The kernel takes no routes by way of them, and loses those that there were (net/ipv4/fib_frontend.c, fib_disable_ip). */
function findDown(nics: readonly PlacedNic[], seen: Current): Conflict[] {
  return nics.flatMap(({ master: { name } }) => {
    if (findLink(seen, name)?.up !== false) return [];
    return [
      {
        reason: "inTheWay" as const,
        link: name,
        message: `${name} is down, so that no route can lead through it: set it up`,
      },
    ];
  });
}

/** Networks of NICs whose addresses, other nodes' among them, would be given to Pods. */
function findShared(nics: readonly PlacedNic[], subnet: Subnet): string[] {
  return nics.flatMap(({ master, network }) => {
    if (network === undefined || !overlap(network, subnet)) return [];
    const both = `the subnet ${writeSubnet(subnet)} and ${writeSubnet(network)}, in which ${master.name} is`;
    return [`${both}, have addresses in common: give Pods a network of their own`];
  });
}

/**
 * Routes to parts of the subnet that are no blocks of this size. They are what is left of other sizes, or another network's with
 * the same subnet, and the longer ones would lead to the wrong nodes.
 */
function findOtherBlocks({ blocks, routing }: AddressPlan, { uses }: Current): Conflict[] {
  if (routing === undefined) return [];
  const { subnet, interfaceBlock, hostBlock } = blocks;
  const { table } = routing;
  const prefixLength = subnet.prefixLength + interfaceBlock + hostBlock;
  for (const [link, { routes }] of uses) {
    for (const route of routes) {
      if (route.table !== table) continue;
      const found = parseSubnet(route.destination.includes("/") ? route.destination : `${route.destination}/32`);
      if (found === undefined || found.prefixLength === prefixLength || !overlap(networkOf(found), subnet)) continue;
      const message = `the table ${table} has a route to ${route.destination}, but the blocks of ${writeSubnet(subnet)} are of /${prefixLength}: type 'ip route flush table ${table}' where the network had other blocks before, else give it a subnet of its own`;
      return [{ reason: "inTheWay", link, message }];
    }
  }
  return [];
}

function readMaster({ name, altNames, index }: Link, { uses }: Current): Master {
  return { name, altNames, index, addresses: uses.get(name)?.addresses ?? [] };
}

function findUnfit(names: readonly string[], seen: Current): Conflict[] {
  return names.flatMap((name, index): Conflict[] => {
    const link = findLink(seen, name);
    if (link === undefined) {
      return [{ reason: "missing", link: name, message: `the interface ${name} is not on this node` }];
    }
    if (link.name === loopback) {
      return [{ reason: "inTheWay", link: name, message: `${name} is the loopback device: list a NIC` }];
    }
    const earlier = names.slice(0, index).find((other) => findLink(seen, other) === link);
    if (earlier === undefined) return [];
    const message = `${earlier} and ${name} are two names of the same interface: list it once`;
    return [{ reason: "inTheWay", link: name, message }];
  });
}

/** The NICs that the Pod asked for: the named ones, or as many as it wants, in the order of all. */
function narrow(
  { asked: { count, masters } }: PoolEntry,
  nics: readonly PlacedNic[],
): { readonly nics: readonly PlacedNic[] } | { readonly conflict: Conflict } {
  const names = nics.map(({ master }) => master.name).join(", ") || "none";
  const isNamed = ({ master }: PlacedNic, name: string) => master.name === name || master.altNames.includes(name);
  const unknown = masters.find((name) => !nics.some((nic) => isNamed(nic, name)));
  if (unknown !== undefined) {
    const message = `the Pod asks for the NIC ${JSON.stringify(unknown)} (args.cni.masters), this network has ${names} on this node`;
    return { conflict: { reason: "missing", link: unknown, message } };
  }
  if (count !== undefined && count > nics.length) {
    const message = `the Pod asks for ${count} NICs (args.cni.nics), this network has ${nics.length} on this node: ${names}`;
    return { conflict: { reason: "missing", link: "", message } };
  }
  const named = nics.filter((nic) => masters.length === 0 || masters.some((name) => isNamed(nic, name)));
  return { nics: named.slice(0, count) };
}
