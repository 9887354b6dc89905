import { contains, networkOf, type Subnet, writeSubnet } from "../config/addresses.ts";

/** How a network's addresses are dealt out: a block of `subnet` for each NIC, and in it one for each node. IPv4 alone. */
export interface Blocks {
  readonly subnet: Subnet;
  /** How many bits of an address tell the NIC, by the index of its network. */
  readonly interfaceBlock: number;
  /** How many bits behind those tell the node. */
  readonly hostBlock: number;
  /** What is given to nobody. */
  readonly excludes: readonly Subnet[];
}

/** A block, or why there is none, as the end of a sentence. */
export type Found<T> = T | { readonly fault: string };

/** The first and the last address of what may be given. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

const bits = 32;

/** With fewer bits behind the blocks nothing would be left between a block's first and last address. */
const longestPrefix = bits - 2;

/** What is wrong with blocks as such, with the numbers; `undefined`: they fit. */
export function findBlocksFault({ subnet, interfaceBlock, hostBlock }: Blocks): string | undefined {
  const aligned = networkOf(subnet);
  if (aligned.value !== subnet.value) {
    return `the subnet ${writeSubnet(subnet)} does not begin where a network of its length does: write ${writeSubnet(aligned)}`;
  }
  const prefixLength = subnet.prefixLength + interfaceBlock + hostBlock;
  if (prefixLength <= longestPrefix) return undefined;
  return `/${subnet.prefixLength} with an interfaceBlock of ${interfaceBlock} and a hostBlock of ${hostBlock} makes blocks of /${prefixLength}, which leave no address for Pods: at most /${longestPrefix} does`;
}

/**
 * The block of the NIC whose network has the index `nic`: blocks that are excluded as a whole are passed over, so that the index
 * counts the others.
 */
export function findVlanCIDR(blocks: Blocks, nic: number): Found<Subnet> {
  const { subnet, interfaceBlock, excludes } = blocks;
  let rest = nic;
  for (let place = 0; place < 2 ** interfaceBlock; place++) {
    const block = cut(subnet, interfaceBlock, place);
    if (excludes.some((exclude) => includes(exclude, block))) continue;
    if (rest === 0) return block;
    rest--;
  }
  const usable = nic - rest;
  const passed = usable < 2 ** interfaceBlock ? ` less ${2 ** interfaceBlock - usable} that excludeCIDRs takes` : "";
  return {
    fault: `the NIC's network has the index ${nic}, an interfaceBlock of ${interfaceBlock} has room for ${2 ** interfaceBlock} networks${passed}: 0 to ${usable - 1}`,
  };
}

/** Of a NIC's block the part of the node with the index `host`. */
export function findPodCIDR({ hostBlock }: Blocks, vlanCIDR: Subnet, host: number): Found<Subnet> {
  if (host < 2 ** hostBlock) return cut(vlanCIDR, hostBlock, host);
  return {
    fault: `the node has the index ${host}, a hostBlock of ${hostBlock} has room for ${2 ** hostBlock} nodes: 0 to ${2 ** hostBlock - 1}`,
  };
}

/** What may be given of a block: all but its first and its last address, and what is excluded. */
export function listRanges({ excludes }: Pick<Blocks, "excludes">, podCIDR: Subnet): AddressRange[] {
  const whole = rangeOf(podCIDR);
  let ranges: AddressRange[] = [{ first: whole.first + 1n, last: whole.last - 1n }];
  for (const exclude of excludes.map(rangeOf)) {
    ranges = ranges.flatMap((range) => cutOut(range, exclude));
  }
  return ranges;
}

function cutOut(range: AddressRange, { first, last }: AddressRange): AddressRange[] {
  if (last < range.first || first > range.last) return [range];
  const rest = [
    { first: range.first, last: first - 1n },
    { first: last + 1n, last: range.last },
  ];
  return rest.filter((part) => part.first <= part.last);
}

/** How many addresses of a block may be given. */
export function countAddresses(ranges: readonly AddressRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + Number(last - first) + 1, 0);
}

/** The part with this place among the parts of a network that are told apart by so many further bits. */
function cut({ family, value, prefixLength }: Subnet, further: number, place: number): Subnet {
  const length = prefixLength + further;
  return { family, value: value + (BigInt(place) << BigInt(bits - length)), prefixLength: length };
}

function includes(outer: Subnet, inner: Subnet): boolean {
  return outer.prefixLength <= inner.prefixLength && contains(outer, inner);
}

/** The first and the last address of a network. */
export function rangeOf(subnet: Subnet): AddressRange {
  const { value } = networkOf(subnet);
  return { first: value, last: value + (1n << BigInt(bits - subnet.prefixLength)) - 1n };
}
