import { describe, expect, test } from "bun:test";
import { writeLines } from "../../src/apply/lines.ts";
import { writeSubnet } from "../../src/config/addresses.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";
import type { Current, Link } from "../../src/model.ts";
import { readAddress, readRoute } from "../../src/observe/use.ts";
import { planAddresses } from "../../src/plan/addresses.ts";
import { readPoolEntry } from "../../src/pool/entry.ts";
import { type Layout, layOut } from "../../src/pool/layout.ts";
import { describeHostLocal } from "../../src/pool/nics.ts";
import { link } from "../link.ts";

/** A node's NICs, in the order in which they are looked at, with their addresses. */
function node(nics: Readonly<Record<string, readonly string[]>>): { names: string[]; seen: Current } {
  const names = Object.keys(nics);
  const links: Link[] = names.map((name, at) => link(at + 2, name, { altNames: [`alt-${name}`] }));
  const uses = names.map((name) => {
    const addresses = (nics[name] ?? []).map((text) => {
      const [local, prefixlen] = text.split("/");
      const family = text.includes(":") ? "inet6" : "inet";
      return readAddress({ family, local, prefixlen: Number(prefixlen), scope: "global" });
    });
    return [name, { addresses, routes: [], nexthops: [], sharedElsewhere: false }] as const;
  });
  return { names, seen: { links, vlans: [], uses: new Map(uses) } };
}

const ipam = { type: "multi-nic-ipam", interfaceBlock: 2, hostBlock: 8, vlanMode: "l3", routeTable: 4242 };
const base = {
  name: "multi",
  plugin: { type: "ipvlan", mode: "l3" },
  masterNets: ["10.0.1.0/29", "10.0.2.0/29"],
  subnet: "192.168.0.0/16",
};

function layOutOn(nics: Readonly<Record<string, readonly string[]>>, entry: object = {}, hostIndex?: number): Layout {
  const body = decodeJson(Buffer.from(JSON.stringify({ ...base, ipam, ...entry })), "the entry");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  const { entry: found, problems } = readPoolEntry(body);
  if (found === undefined) throw new Error(JSON.stringify(problems));
  return layOut(found, { ...node(nics), hostIndex });
}

const two = { ens1: ["10.0.1.3/29"], ens2: ["10.0.2.3/29"] };

function show({ attached, conflicts, faults }: Layout): string[] {
  return [
    ...attached.map(({ master, blocks }) =>
      blocks ? `${master.name} ${writeSubnet(blocks.vlanCIDR)} ${writeSubnet(blocks.podCIDR)}` : master.name,
    ),
    ...conflicts.map(({ reason, message }) => `${reason}: ${message}`),
    ...faults.map((fault) => `fault: ${fault}`),
  ];
}

describe("which NICs a Pod gets, with which addresses", () => {
  test.each<[nics: Record<string, string[]>, entry: object, hostIndex: number | undefined, shown: string[]]>([
    [two, {}, undefined, ["ens1 192.168.0.0/18 192.168.0.192/26", "ens2 192.168.64.0/18 192.168.64.192/26"]],
    // Its number within each network by itself.
    [
      { ens1: ["10.0.1.3/29"], ens2: ["10.0.2.1/29"] },
      {},
      undefined,
      ["ens1 192.168.0.0/18 192.168.0.192/26", "ens2 192.168.64.0/18 192.168.64.64/26"],
    ],
    [
      two,
      {},
      5,
      [
        expect.stringContaining("fault: ens1: the node has a hostIndex of its own") as unknown as string,
        expect.stringContaining("fault: ens2: the node has a hostIndex of its own") as unknown as string,
      ],
    ],
    [
      two,
      { ipam: { ...ipam, vlanMode: "l2" } },
      5,
      ["ens1 192.168.0.0/18 192.168.1.64/26", "ens2 192.168.64.0/18 192.168.65.64/26"],
    ],
    [two, { args: { cni: { nics: 1 } } }, undefined, ["ens1 192.168.0.0/18 192.168.0.192/26"]],
    // The index stays that of the network.
    [two, { args: { cni: { masters: ["alt-ens2"] } } }, undefined, ["ens2 192.168.64.0/18 192.168.64.192/26"]],
    [
      two,
      { args: { cni: { masters: ["ens2", "ens1"] } } },
      undefined,
      ["ens1 192.168.0.0/18 192.168.0.192/26", "ens2 192.168.64.0/18 192.168.64.192/26"],
    ],
    [
      two,
      { args: { cni: { masters: ["eth0"] } } },
      undefined,
      ['missing: the Pod asks for the NIC "eth0" (args.cni.masters), this network has ens1, ens2 on this node'],
    ],
    [
      two,
      { args: { cni: { nics: 3 } } },
      undefined,
      ["missing: the Pod asks for 3 NICs (args.cni.nics), this network has 2 on this node: ens1, ens2"],
    ],
    [
      { ens1: ["10.0.1.3/29"], ens9: ["10.9.9.9/24"] },
      {},
      undefined,
      ["inTheWay: ens9 has no address in any of 10.0.1.0/29, 10.0.2.0/29 (masterNets)"],
    ],
    [
      { ens1: ["10.0.1.3/30"] },
      {},
      undefined,
      [
        "inTheWay: ens1 has the address 10.0.1.3/30, whose network is not the 10.0.1.0/29 of masterNets: two nodes could come to the same index",
      ],
    ],
    // Another address of the NIC's is not in the way.
    [{ ens1: ["172.16.0.1/32", "10.0.1.3/29"] }, {}, undefined, ["ens1 192.168.0.0/18 192.168.0.192/26"]],
    [
      { ens1: ["2001:db8::1/64"] },
      { masterNets: [] },
      undefined,
      ["inTheWay: ens1 has no IPv4 address, which would tell its network"],
    ],
    // Without masterNets the order is that of the networks, not of the NICs.
    [
      { ens1: ["10.0.2.3/29"], ens2: ["10.0.1.3/29"] },
      { masterNets: [] },
      undefined,
      ["ens1 192.168.64.0/18 192.168.64.192/26", "ens2 192.168.0.0/18 192.168.0.192/26"],
    ],
    [
      { ens1: ["10.0.1.3/29"] },
      { ipam: { ...ipam, hostBlock: 1 } },
      undefined,
      [
        "fault: ens1: the node has the index 3, a hostBlock of 1 has room for 2 nodes: 0 to 1 (by its address 10.0.1.3)",
      ],
    ],
    [
      { ens1: ["10.0.1.3/29"] },
      { ipam: { ...ipam, hostBlock: 1, peers: [] } },
      7,
      [
        "fault: ens1: the node has the index 7, a hostBlock of 1 has room for 2 nodes: 0 to 1 (by /etc/ifacer/node.json)",
      ],
    ],
    [
      two,
      { ipam: { ...ipam, interfaceBlock: 0 } },
      undefined,
      [
        "fault: ens2: the NIC's network has the index 1, an interfaceBlock of 0 has room for 1 networks: 0 to 0 (by its address 10.0.2.3)",
      ],
    ],
    [
      { ens1: ["10.0.0.7/32"] },
      { masterNets: [] },
      undefined,
      [
        "fault: ens1 has the address 10.0.0.7/32, which does not tell nodes apart: give each node a hostIndex in /etc/ifacer/node.json",
      ],
    ],
    [
      { ens1: ["10.0.1.3/16"] },
      { masterNets: ["10.0.0.0/16"] },
      undefined,
      [
        "fault: ens1: the node has the index 259, a hostBlock of 8 has room for 256 nodes: 0 to 255 (by its address 10.0.1.3)",
        "fault: ens1: its network 10.0.0.0/16 has more than 1024 addresses, too many for a route for each: name the nodes in ipam.peers",
      ],
    ],
    [
      { ens1: ["10.0.1.3/29"] },
      { ipam: { ...ipam, excludeCIDRs: ["192.168.0.192/26"] } },
      undefined,
      ["fault: ens1: all of 192.168.0.192/26 is excluded (excludeCIDRs) (by its address 10.0.1.3)"],
    ],
    // What is in masterNets is looked at without a node.
    [
      { ens1: ["192.168.7.3/29"] },
      { masterNets: [], ipam: { ...ipam, vlanMode: "l2" } },
      undefined,
      [
        "fault: the subnet 192.168.0.0/16 and 192.168.7.0/29, in which ens1 is, have addresses in common: give Pods a network of their own",
      ],
    ],
    [{ lo: ["10.0.1.3/29"] }, {}, undefined, ["inTheWay: lo is the loopback device: list a NIC"]],
    [two, { plugin: { type: "macvlan" }, ipam: {} }, undefined, ["ens1", "ens2"]],
    [{ ens1: [] }, { plugin: { type: "macvlan" }, ipam: {}, masterNets: [] }, undefined, ["ens1"]],
  ])("%j with %j, node.json %j", (nics, entry, hostIndex, shown) => {
    expect(show(layOutOn(nics, entry, hostIndex))).toEqual(shown);
  });
});

test("a NIC that is not there, and one that is listed twice", () => {
  const body = decodeJson(Buffer.from(JSON.stringify({ ...base, ipam })), "the entry");
  const { entry } = readPoolEntry(body as JsonObject);
  if (entry === undefined) throw new Error("it is not valid");
  const { seen } = node(two);
  const conflicts = (names: string[]) => layOut(entry, { names, seen, hostIndex: undefined }).conflicts;
  expect(conflicts(["ens1", "ens7"])).toEqual([
    { reason: "missing", link: "ens7", message: "the interface ens7 is not on this node" },
  ]);
  expect(conflicts(["ens1", "alt-ens1"]).map(({ message }) => message)).toEqual([
    "ens1 and alt-ens1 are two names of the same interface: list it once",
  ]);
});

test.each([
  ["l3", ["inTheWay: ens2 is down, so that no route can lead through it: set it up"]],
  ["l2", ["ens1 192.168.0.0/18 192.168.0.192/26", "ens2 192.168.64.0/18 192.168.64.192/26"]],
])("a NIC that is down, with vlanMode %s", (vlanMode, shown) => {
  const body = decodeJson(Buffer.from(JSON.stringify({ ...base, ipam: { ...ipam, vlanMode } })), "the entry");
  const { entry } = readPoolEntry(body as JsonObject);
  if (entry === undefined) throw new Error("it is not valid");
  const { names, seen } = node(two);
  const links = seen.links.map((one) => (one.name === "ens2" ? { ...one, up: false } : one));
  expect(show(layOut(entry, { names, seen: { ...seen, links }, hostIndex: undefined }))).toEqual(shown);
});

test("more NICs than DEL and GC can name", () => {
  const numbers = Array.from({ length: 33 }, (_, number) => number + 1);
  const nics = Object.fromEntries(numbers.map((number) => [`ens${number}`, [`10.0.${number}.3/29`]]));
  const body = { ipam: { ...ipam, interfaceBlock: 6, hostBlock: 4 }, masterNets: [] };
  expect(show(layOutOn(nics, body))).toEqual([
    "fault: the Pod would be attached to 33 NICs, at most 32 can be: choose fewer by masterNets, select.count or args.cni.nics",
  ]);
  expect(show(layOutOn(nics, { ...body, args: { cni: { nics: 32 } } }))).toHaveLength(32);
});

/** The lines of what is missing on a node that has nothing yet. */
function listLines(layout: Layout, nics: Readonly<Record<string, readonly string[]>>): string[] {
  return planAddresses(layout.desired, node(nics).seen).changes.flatMap(writeLines);
}

describe("routes to the blocks of other nodes", () => {
  test.each<[dst: string, table: string, isInTheWay: boolean]>([
    ["192.168.0.64/26", "4242", false],
    ["192.168.0.0/24", "4242", true],
    ["192.168.0.64/28", "4242", true],
    ["192.168.0.70", "4242", true],
    ["192.168.0.0/24", "4243", false],
    // Another network whose name comes to the same table.
    ["10.44.0.0/24", "4242", false],
    ["default", "4242", false],
  ])("a route to %s in the table %s is of other blocks: %p", (dst, table, isInTheWay) => {
    const found = layOutOn(two);
    const { names, seen } = node(two);
    const use = { addresses: [], nexthops: [], sharedElsewhere: false };
    const routes = [readRoute({ dst, table, gateway: "10.0.1.1", dev: "ens1" })];
    const uses = new Map([...seen.uses, ["ens5", { ...use, routes }] as const]);
    const body = decodeJson(Buffer.from(JSON.stringify({ ...base, ipam })), "the entry");
    const { entry } = readPoolEntry(body as JsonObject);
    if (entry === undefined) throw new Error("it is not valid");
    const { conflicts } = layOut(entry, { names, seen: { ...seen, uses }, hostIndex: undefined });
    expect(found.conflicts).toEqual([]);
    const words = `the table 4242 has a route to ${dst}, but the blocks of 192.168.0.0/16 are of /26`;
    expect(conflicts.map(({ message }) => message)).toEqual(
      isInTheWay ? [expect.stringContaining(words) as unknown as string] : [],
    );
  });

  test("one for each other address of the NIC's network, and the rule that leads to them", () => {
    expect(listLines(layOutOn(two), two)).toEqual([
      "route add 192.168.0.64/26 via 10.0.1.1 dev ens1 table 4242",
      "route add 192.168.0.128/26 via 10.0.1.2 dev ens1 table 4242",
      "route add 192.168.1.0/26 via 10.0.1.4 dev ens1 table 4242",
      "route add 192.168.1.64/26 via 10.0.1.5 dev ens1 table 4242",
      "route add 192.168.1.128/26 via 10.0.1.6 dev ens1 table 4242",
      "route add 192.168.64.64/26 via 10.0.2.1 dev ens2 table 4242",
      "route add 192.168.64.128/26 via 10.0.2.2 dev ens2 table 4242",
      "route add 192.168.65.0/26 via 10.0.2.4 dev ens2 table 4242",
      "route add 192.168.65.64/26 via 10.0.2.5 dev ens2 table 4242",
      "route add 192.168.65.128/26 via 10.0.2.6 dev ens2 table 4242",
      "rule add from 192.168.0.0/16 lookup 4242 priority 4242",
    ]);
  });

  test("they are the same for a Pod that gets one NIC only", () => {
    const one = layOutOn(two, { args: { cni: { nics: 1 } } });
    expect(listLines(one, two)).toEqual(listLines(layOutOn(two), two));
  });

  test("none in l2", () => {
    expect(listLines(layOutOn(two, { ipam: { ...ipam, vlanMode: "l2" } }), two)).toEqual([]);
  });

  test("by a list of nodes, with an index of their own or that of their address", () => {
    const peers = [
      { hostIndex: 200, addresses: ["10.0.1.6", "10.0.2.6"] },
      { addresses: ["10.0.1.5"] },
      { hostIndex: 9, addresses: ["10.0.1.3", "10.0.2.3"] },
    ];
    expect(listLines(layOutOn(two, { ipam: { ...ipam, peers } }, 9), two)).toEqual([
      "route add 192.168.50.0/26 via 10.0.1.6 dev ens1 table 4242",
      "route add 192.168.1.64/26 via 10.0.1.5 dev ens1 table 4242",
      "route add 192.168.114.0/26 via 10.0.2.6 dev ens2 table 4242",
      "rule add from 192.168.0.0/16 lookup 4242 priority 4242",
    ]);
    const same = [{ hostIndex: 9, addresses: ["10.0.1.6"] }];
    expect(layOutOn(two, { ipam: { ...ipam, peers: same } }, 9).faults).toEqual([
      "10.0.1.6 of ipam.peers has this node's own index 9, so that both would give 192.168.2.64/26",
    ]);
  });

  test("what is there is not made again, also where the table has a name", () => {
    const { desired } = layOutOn(two);
    const { seen } = node(two);
    const uses = new Map(
      [...seen.uses].map(([name, use]) => {
        const own = desired.routes.filter((route) => route.link === name);
        const routes = own.map(({ destination, gateway = "" }) => ({
          destination,
          table: "4242",
          protocol: "boot",
          type: "unicast",
          words: ["unicast", destination, "table", "4242", "via", gateway, "dev", name],
        }));
        return [name, { ...use, routes }] as const;
      }),
    );
    const rules = [{ from: "192.168.0.0/16", table: "pods", priority: 4242 }];
    expect(planAddresses(desired, { ...seen, uses, rules }).changes).toEqual([]);
    const lines = planAddresses(desired, { ...seen, uses }).changes.flatMap(writeLines);
    expect(lines).toEqual(["rule add from 192.168.0.0/16 lookup 4242 priority 4242"]);
  });

  test("two NICs in one network: the first leads to the others, neither to itself", () => {
    const nics = { ens1: ["10.0.1.3/29"], ens2: ["10.0.1.4/29"] };
    const layout = layOutOn(nics);
    expect(show(layout)).toEqual(["ens1 192.168.0.0/18 192.168.0.192/26", "ens2 192.168.0.0/18 192.168.1.0/26"]);
    expect(listLines(layout, nics)).toEqual([
      "route add 192.168.0.64/26 via 10.0.1.1 dev ens1 table 4242",
      "route add 192.168.0.128/26 via 10.0.1.2 dev ens1 table 4242",
      "route add 192.168.1.64/26 via 10.0.1.5 dev ens1 table 4242",
      "route add 192.168.1.128/26 via 10.0.1.6 dev ens1 table 4242",
      "rule add from 192.168.0.0/16 lookup 4242 priority 4242",
    ]);
  });
});

test("what host-local is told of a NIC's block", () => {
  const layout = layOutOn(two, { ipam: { ...ipam, excludeCIDRs: ["192.168.0.200/29"], dataDir: "/run/store" } });
  const [nic] = layout.attached;
  const body = decodeJson(
    Buffer.from(
      JSON.stringify({ ...base, ipam: { ...ipam, excludeCIDRs: ["192.168.0.200/29"], dataDir: "/run/store" } }),
    ),
    "x",
  );
  const { entry } = readPoolEntry(body as JsonObject);
  if (nic?.blocks === undefined || entry?.ipam.kind !== "blocks") throw new Error("of another kind");
  const range = { subnet: "192.168.0.0/18", gateway: "192.168.0.192" };
  expect(describeHostLocal(entry.ipam.plan, nic.blocks)).toEqual({
    type: "host-local",
    dataDir: "/run/store",
    ranges: [
      [
        { ...range, rangeStart: "192.168.0.193", rangeEnd: "192.168.0.199" },
        { ...range, rangeStart: "192.168.0.208", rangeEnd: "192.168.0.254" },
      ],
    ],
  });
});
