import { describe, expect, test } from "bun:test";
import { parseSubnet, type Subnet, writeAddress, writeSubnet } from "../../src/config/addresses.ts";
import {
  type Blocks,
  countAddresses,
  type Found,
  findBlocksFault,
  findPodCIDR,
  findVlanCIDR,
  listRanges,
} from "../../src/pool/blocks.ts";

function subnet(text: string): Subnet {
  const read = parseSubnet(text);
  if (read === undefined) throw new Error(text);
  return read;
}

function blocksOf(text: string, interfaceBlock: number, hostBlock: number, excludes: string[] = []): Blocks {
  return { subnet: subnet(text), interfaceBlock, hostBlock, excludes: excludes.map(subnet) };
}

function show(found: Found<Subnet>): string {
  return "fault" in found ? found.fault : writeSubnet(found);
}

function podCIDR(blocks: Blocks, nic: number, host: number): string {
  const vlan = findVlanCIDR(blocks, nic);
  return "fault" in vlan ? vlan.fault : show(findPodCIDR(blocks, vlan, host));
}

describe("192.168.0.0/16 with an interfaceBlock of 2", () => {
  const networks = ["192.168.0.0/18", "192.168.64.0/18", "192.168.128.0/18", "192.168.192.0/18"];
  test.each<[hostBlock: number, nic: number, host: number, podCIDR: string]>([
    [6, 0, 0, "192.168.0.0/24"],
    [6, 0, 1, "192.168.1.0/24"],
    [6, 0, 3, "192.168.3.0/24"],
    [6, 0, 63, "192.168.63.0/24"],
    [6, 1, 0, "192.168.64.0/24"],
    [6, 1, 1, "192.168.65.0/24"],
    [6, 3, 63, "192.168.255.0/24"],
    [8, 0, 0, "192.168.0.0/26"],
    [8, 0, 1, "192.168.0.64/26"],
    [8, 0, 3, "192.168.0.192/26"],
    [8, 0, 255, "192.168.63.192/26"],
    [8, 1, 0, "192.168.64.0/26"],
    [8, 1, 1, "192.168.64.64/26"],
    [8, 3, 255, "192.168.255.192/26"],
    [10, 0, 0, "192.168.0.0/28"],
    [10, 0, 1, "192.168.0.16/28"],
    [10, 0, 3, "192.168.0.48/28"],
    [10, 0, 1023, "192.168.63.240/28"],
    [10, 1, 0, "192.168.64.0/28"],
    [10, 1, 1, "192.168.64.16/28"],
    [10, 3, 1023, "192.168.255.240/28"],
  ])("hostBlock %i, NIC %i, node %i: %s", (hostBlock, nic, host, expected) => {
    const blocks = blocksOf("192.168.0.0/16", 2, hostBlock);
    expect(findBlocksFault(blocks)).toBeUndefined();
    expect(podCIDR(blocks, nic, host)).toBe(expected);
    expect(show(findVlanCIDR(blocks, nic))).toBe(networks[nic] ?? "");
  });
});

test.each<[blocks: Blocks, nic: number, host: number, said: string]>([
  [blocksOf("10.0.0.0/8", 0, 0), 0, 0, "10.0.0.0/8"],
  [blocksOf("10.0.0.0/8", 0, 22), 0, 4_194_303, "10.255.255.252/30"],
  [blocksOf("0.0.0.0/0", 1, 1), 1, 1, "192.0.0.0/2"],
  [
    blocksOf("192.168.0.0/16", 2, 8),
    4,
    0,
    "the NIC's network has the index 4, an interfaceBlock of 2 has room for 4 networks: 0 to 3",
  ],
  [
    blocksOf("192.168.0.0/16", 2, 8),
    0,
    256,
    "the node has the index 256, a hostBlock of 8 has room for 256 nodes: 0 to 255",
  ],
  [blocksOf("192.168.0.0/16", 0, 8), 0, 1, "192.168.1.0/24"],
  [blocksOf("192.168.0.0/16", 2, 0), 1, 0, "192.168.64.0/18"],
  // Blocks that are excluded as a whole are passed over.
  [blocksOf("192.168.0.0/16", 2, 8, ["192.168.0.0/18"]), 0, 1, "192.168.64.64/26"],
  [blocksOf("192.168.0.0/16", 2, 8, ["192.168.64.0/18"]), 1, 0, "192.168.128.0/26"],
  [blocksOf("192.168.0.0/16", 2, 8, ["192.168.0.0/17"]), 0, 0, "192.168.128.0/26"],
  [blocksOf("192.168.0.0/16", 2, 8, ["192.168.0.0/19"]), 0, 0, "192.168.0.0/26"],
  [
    blocksOf("192.168.0.0/16", 2, 8, ["192.168.0.0/17"]),
    2,
    0,
    "the NIC's network has the index 2, an interfaceBlock of 2 has room for 4 networks less 2 that excludeCIDRs takes: 0 to 1",
  ],
])("%#: NIC %i, node %i", (blocks, nic, host, said) => {
  expect(podCIDR(blocks, nic, host)).toBe(said);
});

test.each<[blocks: Blocks, fault: string | undefined]>([
  [blocksOf("192.168.0.0/16", 2, 12), undefined],
  [
    blocksOf("192.168.0.0/16", 2, 13),
    "/16 with an interfaceBlock of 2 and a hostBlock of 13 makes blocks of /31, which leave no address for Pods: at most /30 does",
  ],
  [
    blocksOf("192.168.1.0/16", 2, 8),
    "the subnet 192.168.1.0/16 does not begin where a network of its length does: write 192.168.0.0/16",
  ],
  [blocksOf("192.168.0.0/30", 0, 0), undefined],
])("%#: whether blocks fit", (blocks, fault) => {
  expect(findBlocksFault(blocks)).toBe(fault as string);
});

test.each<[podCIDR: string, excludes: string[], ranges: string[], count: number]>([
  ["192.168.0.64/26", [], ["192.168.0.65-192.168.0.126"], 62],
  ["192.168.0.0/30", [], ["192.168.0.1-192.168.0.2"], 2],
  ["192.168.0.0/24", ["192.168.0.0/25"], ["192.168.0.128-192.168.0.254"], 127],
  ["192.168.0.0/24", ["192.168.0.128/25"], ["192.168.0.1-192.168.0.127"], 127],
  ["192.168.0.0/24", ["192.168.0.16/28"], ["192.168.0.1-192.168.0.15", "192.168.0.32-192.168.0.254"], 238],
  [
    "192.168.0.0/24",
    ["192.168.0.16/28", "192.168.0.32/32", "192.168.0.255/32"],
    ["192.168.0.1-192.168.0.15", "192.168.0.33-192.168.0.254"],
    237,
  ],
  ["192.168.0.0/24", ["192.168.0.1/32"], ["192.168.0.2-192.168.0.254"], 253],
  ["192.168.0.0/24", ["10.0.0.0/8"], ["192.168.0.1-192.168.0.254"], 254],
  ["192.168.0.0/24", ["192.168.0.0/16"], [], 0],
  ["192.168.0.0/24", ["192.168.0.0/25", "192.168.0.128/25"], [], 0],
  ["192.168.0.0/29", ["192.168.0.2/31"], ["192.168.0.1-192.168.0.1", "192.168.0.4-192.168.0.6"], 4],
])("what is given of %s less %j", (podCIDR, excludes, expected, count) => {
  const ranges = listRanges({ excludes: excludes.map(subnet) }, subnet(podCIDR));
  const write = (value: bigint) => writeAddress({ family: "4", value });
  expect(ranges.map(({ first, last }) => `${write(first)}-${write(last)}`)).toEqual(expected);
  expect(countAddresses(ranges)).toBe(count);
});

test("no address is in the blocks of two nodes or two NICs", () => {
  const blocks = blocksOf("10.16.0.0/20", 2, 5);
  const seen = new Set<bigint>();
  for (let nic = 0; nic < 4; nic++) {
    for (let host = 0; host < 32; host++) {
      const vlan = findVlanCIDR(blocks, nic);
      const block = "fault" in vlan ? vlan : findPodCIDR(blocks, vlan, host);
      if ("fault" in block) throw new Error(block.fault);
      for (const { first, last } of listRanges(blocks, block)) {
        for (let address = first; address <= last; address++) {
          expect(seen.has(address)).toBe(false);
          seen.add(address);
        }
      }
    }
  }
  expect(seen.size).toBe(4 * 32 * 30);
});
