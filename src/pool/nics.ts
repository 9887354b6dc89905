import { contains, networkOf, parseSubnet, type Subnet, writeAddress, writeSubnet } from "../config/addresses.ts";
import type { Address } from "../model.ts";
import { type Blocks, findPodCIDR, findVlanCIDR, listRanges, rangeOf } from "./blocks.ts";
import type { AddressPlan } from "./entry.ts";

/** A NIC that Pods may be attached to. */
export interface Master {
  /** Its own name. */
  readonly name: string;
  readonly altNames: readonly string[];
  readonly index: number;
  readonly addresses: readonly Address[];
}

/** A NIC with its place in the network. */
export interface PlacedNic {
  readonly master: Master;
  /** The network that it is in, and its address there; `undefined`: it has none, and none is needed. */
  readonly network: Subnet | undefined;
  readonly address: bigint | undefined;
  /** The index of its network among all. */
  readonly index: number;
}

/** The blocks of a NIC on one node. */
export interface NicBlocks {
  readonly vlanCIDR: Subnet;
  readonly podCIDR: Subnet;
}

/** All NICs with their places, or what is in the way, a sentence for each NIC. */
export type Placed<T> = { readonly nics: readonly T[] } | { readonly faults: readonly string[] };

/**
 * Finds the network of each NIC: the first of `masterNets` that it has an address in, and else that of its first IPv4 address. Its
 * index is the network's place in `masterNets`, and else its place among the NICs' networks in the order of their addresses, so
 * that it is the same on all nodes, whatever they call their NICs.
 *
 * @param exact the NICs' own networks must be just those of `masterNets`, as the number of an address within a part of one would
 * be another node's too
 */
export function placeNics(
  masters: readonly Master[],
  { masterNets, exact }: { masterNets: readonly Subnet[]; exact: boolean },
): Placed<PlacedNic> {
  const found = masters.map((master) => placeNic(master, { masterNets, exact }));
  const faults = found.flatMap((one) => ("fault" in one ? [one.fault] : []));
  if (faults.length > 0) return { faults };
  const placed = found.flatMap((one) => ("fault" in one ? [] : [one]));
  if (masterNets.length > 0) return { nics: placed };
  const networks = placed.flatMap(({ network }) => network ?? []);
  const ordered = [...new Set(networks.map(writeSubnet))].flatMap((text) => parseSubnet(text) ?? []).sort(compare);
  const indexOf = (network: Subnet | undefined) =>
    network ? ordered.findIndex((one) => compare(one, network) === 0) : -1;
  return { nics: placed.map((nic) => ({ ...nic, index: indexOf(nic.network) })) };
}

function compare(one: Subnet, other: Subnet): number {
  return one.value === other.value ? one.prefixLength - other.prefixLength : one.value < other.value ? -1 : 1;
}

function placeNic(
  master: Master,
  { masterNets, exact }: { masterNets: readonly Subnet[]; exact: boolean },
): PlacedNic | { readonly fault: string } {
  const { name } = master;
  const own = master.addresses
    .filter(({ family, scope }) => family === "inet" && scope === "global")
    .flatMap(({ local, prefixLength }) => parseSubnet(`${local}/${prefixLength}`) ?? []);
  if (masterNets.length === 0) {
    const [first] = own;
    if (first === undefined && exact) return { fault: `${name} has no IPv4 address, which would tell its network` };
    return { master, network: first && networkOf(first), address: first?.value, index: 0 };
  }
  const same = masterNets.flatMap((network, index) =>
    own
      .filter((address) => address.prefixLength === network.prefixLength && contains(network, address))
      .map(({ value }) => ({ master, network, address: value, index })),
  );
  if (same[0]) return same[0];
  const within = masterNets.flatMap((network, index) =>
    own
      .filter((address) => contains(network, address))
      .map((address) => ({ master, network, address: address.value, index, prefixLength: address.prefixLength })),
  )[0];
  const networks = masterNets.map(writeSubnet).join(", ");
  if (within === undefined) return { fault: `${name} has no address in any of ${networks} (masterNets)` };
  if (!exact) return within;
  const address = writeSubnet({ family: "4", value: within.address, prefixLength: within.prefixLength });
  return {
    fault: `${name} has the address ${address}, whose network is not the ${writeSubnet(within.network)} of masterNets: two nodes could come to the same index`,
  };
}

/** What tells this node from others: `undefined`, its addresses do. */
export type HostIndex = number | undefined;

/** A NIC's blocks on this node, and the node's index there. Faults are sentences. */
export function findNicBlocks(
  { master, network, address, index }: PlacedNic,
  { blocks, hostIndex }: { blocks: Blocks; hostIndex: HostIndex },
): (NicBlocks & { readonly host: number }) | { readonly fault: string } {
  const own = network === undefined || address === undefined ? undefined : { network, address };
  if (own === undefined) return { fault: `${master.name} has no IPv4 address, which would tell its network` };
  if (hostIndex === undefined && own.network.prefixLength > 30) {
    const written = writeSubnet({ ...own.network, value: own.address });
    return {
      fault: `${master.name} has the address ${written}, which does not tell nodes apart: give each node a hostIndex in /etc/ifacer/node.json`,
    };
  }
  const host = hostIndex ?? numberOf(own.network, own.address);
  const found = findBlocks(blocks, { index, host });
  const told =
    hostIndex === undefined
      ? `by its address ${writeAddress({ family: "4", value: own.address })}`
      : "by /etc/ifacer/node.json";
  return "fault" in found ? { fault: `${master.name}: ${found.fault} (${told})` } : { ...found, host };
}

/** The blocks of the NICs whose network has this index, on the node with this index. */
export function findBlocks(
  blocks: Blocks,
  { index, host }: { index: number; host: number },
): NicBlocks | { readonly fault: string } {
  const vlanCIDR = findVlanCIDR(blocks, index);
  return "fault" in vlanCIDR ? vlanCIDR : findBlocksIn(blocks, vlanCIDR, host);
}

/** Of the block of a NIC's network, that of the node with this index. */
export function findBlocksIn(blocks: Blocks, vlanCIDR: Subnet, host: number): NicBlocks | { readonly fault: string } {
  const podCIDR = findPodCIDR(blocks, vlanCIDR, host);
  if ("fault" in podCIDR) return podCIDR;
  if (listRanges(blocks, podCIDR).length === 0) {
    return { fault: `all of ${writeSubnet(podCIDR)} is excluded (excludeCIDRs)` };
  }
  return { vlanCIDR, podCIDR };
}

/** The number of an address within its network. */
export function numberOf(network: Subnet, address: bigint): number {
  return Number(address - rangeOf(network).first);
}

/** The config of host-local that gives addresses of a NIC's block. */
export function describeHostLocal({ blocks, dataDir }: AddressPlan, { vlanCIDR, podCIDR }: NicBlocks) {
  const write = (value: bigint) => writeAddress({ family: "4", value });
  return {
    type: "host-local",
    ...(dataDir !== undefined && { dataDir }),
    ranges: [
      listRanges(blocks, podCIDR).map(({ first, last }) => ({
        subnet: writeSubnet(vlanCIDR),
        rangeStart: write(first),
        rangeEnd: write(last),
        // host-local withholds what it takes for the gateway, by default the second address of the subnet.
        gateway: write(podCIDR.value),
      })),
    ],
  };
}
