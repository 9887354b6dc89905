import { describe, expect, test } from "bun:test";
import { planUndo } from "../../src/apply/undo.ts";
import type { Desired, Link } from "../../src/model.ts";
import type { Entry } from "../../src/observe/entries.ts";
import type { Snapshot } from "../../src/observe/snapshot.ts";
import { link } from "../link.ts";

const desired: Desired = {
  interfaces: ["ens192", "ens160"],
  bond: { name: "bond0", mode: "active-backup", settings: [], slaves: ["ens192", "ens160"] },
  vlans: [{ name: "bond0.200", shortName: undefined, parent: "bond0", id: 200, protocol: "802.1Q", settings: [] }],
  mtu: undefined,
  allowDuplicateVlanID: false,
  allowInUse: true,
  place: "node",
  addresses: [],
  routes: [],
};

function place(
  links: readonly Link[],
  entries: readonly Entry[] = [],
  strangers: readonly [number, number][] = [],
): Snapshot {
  return { links, entries, strangers: new Map(strangers) };
}

const ens192 = link(2, "ens192");
const ens160 = link(3, "ens160");
const slaves = [ens192, ens160].map((nic) => ({ ...nic, master: "bond0" }));
const bond0 = link(4, "bond0", {
  kind: "bond",
  alias: "ifacer",
  driverData: { mode: "active-backup", active_slave: "ens192", miimon: 100, fail_over_mac: "none" },
});
const vlan = link(5, "bond0.200", { kind: "vlan", parent: "bond0", alias: "ifacer" });
const emptyBond = link(4, "bond0", {
  kind: "bond",
  up: false,
  mac: "02:00:00:00:00:09",
  driverData: { mode: "balance-rr" },
});
const following = { ...emptyBond, driverData: { mode: "active-backup", fail_over_mac: "active" } };
const macvlan = link(6, "mv", { kind: "macvlan", parent: "bond0.200" });

function entry(kind: Entry["kind"], line: string, madeBy: Entry["madeBy"] = "somebody"): Entry {
  const words = line.split(" ").map((word) => (word.startsWith("@") ? Number(word.slice(1)) : word));
  return { kind, key: line, words, madeBy };
}

const entries = [
  entry("route", "unicast default via 192.0.2.9 dev @2 table main mtu lock 1400"),
  entry("route", "unicast 192.0.2.0/24 dev @2", "kernel"),
  entry("route", "unicast 203.0.113.0/24 dev @2 table 2"),
  entry("nexthop", "id 10 group 1,3"),
  entry("nexthop", "id 1 via 192.0.2.9 dev @2"),
  entry("neighbour", "192.0.2.7 dev @2 lladdr 02:00:00:00:00:07 nud permanent"),
  entry("neighbour", "proxy 192.0.2.8 dev @2"),
  entry("address", "192.0.2.1/24 scope global dev @2"),
  entry("address", "2001:db8::1/64 scope global dev @2"),
  entry("address", "fe80::1/64 scope link dev @2", "kernel"),
];

describe("the ip lines that undo", () => {
  test.each<[string, { before: Snapshot; now: Snapshot }, string[]]>([
    ["nothing where nothing was done", { before: place([ens192, ens160]), now: place([ens192, ens160]) }, []],
    [
      "a bond, its slaves and its VLAN, from the top",
      { before: place([ens192, { ...ens160, up: false }]), now: place([...slaves, bond0, vlan]) },
      [
        "link delete dev bond0.200",
        "link set dev ens192 nomaster",
        "link set dev ens160 nomaster",
        "link delete dev bond0",
        "link set dev ens192 up",
        "link set dev ens160 down",
      ],
    ],
    [
      "a NIC that was only set down",
      { before: place([ens192]), now: place([{ ...ens192, up: false }]) },
      ["link set dev ens192 up"],
    ],
    [
      "a NIC that was set down, and then renamed by somebody",
      { before: place([ens192]), now: place([{ ...ens192, name: "eth7", altNames: ["ens192"], up: false }]) },
      ["link set dev eth7 up"],
    ],
    [
      "what a NIC lost while it was down, each after what it needs, under its name of now",
      { before: place([ens192], entries), now: place([{ ...ens192, name: "eth7", up: false }]) },
      [
        "link set dev eth7 up",
        "address add 192.0.2.1/24 scope global dev eth7",
        "address add fe80::1/64 scope link dev eth7",
        "address add 2001:db8::1/64 scope global dev eth7",
        "neighbour replace 192.0.2.7 dev eth7 lladdr 02:00:00:00:00:07 nud permanent",
        "neighbour add proxy 192.0.2.8 dev eth7",
        "route add unicast 203.0.113.0/24 dev eth7 table 2",
        "nexthop add id 1 via 192.0.2.9 dev eth7",
        "nexthop add id 10 group 1,3",
        "route add unicast default via 192.0.2.9 dev eth7 table main mtu lock 1400",
      ],
    ],
    [
      "IPv6 addresses from the last to the first, as the kernel puts each before the others",
      {
        before: place(
          [ens192],
          [
            entry("address", "192.0.2.1/24 scope global dev @2"),
            entry("address", "192.0.2.2/24 scope global dev @2"),
            entry("address", "2001:db8::2/64 scope global dev @2"),
            entry("address", "2001:db8::1/64 scope global dev @2"),
          ],
        ),
        now: place([ens192]),
      },
      [
        "address add 192.0.2.1/24 scope global dev ens192",
        "address add 192.0.2.2/24 scope global dev ens192",
        "address add 2001:db8::1/64 scope global dev ens192",
        "address add 2001:db8::2/64 scope global dev ens192",
      ],
    ],
    [
      "a route through another NIC whose source is a lost address, after that",
      {
        before: place(
          [ens192],
          [
            entry("route", "unicast default via 203.0.113.254 dev ens224 table main src 192.0.2.1"),
            entry("route", "unicast 10.0.0.0/8 dev ens224 table main proto kernel src 192.0.2.1", "kernel"),
            entry("address", "192.0.2.1/24 scope global dev @2"),
          ],
        ),
        now: place([ens192, link(9, "ens224")]),
      },
      [
        "address add 192.0.2.1/24 scope global dev ens192",
        "route add unicast 10.0.0.0/8 dev ens224 table main proto kernel src 192.0.2.1",
        "route add unicast default via 203.0.113.254 dev ens224 table main src 192.0.2.1",
      ],
    ],
    ["not somebody else's link", { before: place([ens192, bond0]), now: place([ens192, bond0]) }, []],
    [
      "not a link of somebody else that has the config's name",
      { before: place([ens192]), now: place([ens192, { ...bond0, alias: undefined }]) },
      [],
    ],
    [
      "an empty bond that was configured",
      { before: place([emptyBond]), now: place([{ ...bond0, up: true }]) },
      [
        "link set dev bond0 down",
        "link set dev bond0 address 02:00:00:00:00:09",
        "link set dev bond0 type bond mode balance-rr",
      ],
    ],
    [
      "an empty bond with fail_over_mac: the MAC before that option comes back",
      { before: place([following]), now: place([{ ...bond0, up: true }]) },
      [
        "link set dev bond0 down",
        "link set dev bond0 address 02:00:00:00:00:09",
        "link set dev bond0 type bond fail_over_mac active",
      ],
    ],
    [
      "an empty bond with fail_over_mac that was only filled: the MAC while that option is off",
      {
        before: place([ens192, following]),
        now: place([
          { ...ens192, master: "bond0" },
          { ...following, mac: ens192.mac },
        ]),
      },
      [
        "link set dev ens192 nomaster",
        "link set dev ens192 up",
        "link set dev bond0 type bond fail_over_mac none",
        "link set dev bond0 address 02:00:00:00:00:09",
        "link set dev bond0 type bond fail_over_mac active",
      ],
    ],
    [
      "an altname",
      { before: place([ens192]), now: place([{ ...ens192, altNames: ["long"] }]) },
      ["link property del dev ens192 altname long"],
    ],
    [
      "not a slave that somebody took out of its bond, or put into a bridge",
      {
        before: place([{ ...ens192, master: "bond0" }, ens160]),
        now: place([
          { ...ens192, up: false },
          { ...ens160, master: "br0", up: false },
        ]),
      },
      [],
    ],
  ])("%s", (_, span, lines) => {
    expect(planUndo(desired, span)).toMatchObject({ lines, kept: [], moved: [] });
  });
});

describe("what somebody put in the place of what a NIC lost stays, and is told", () => {
  const ways = (...hops: string[]) =>
    `unicast 203.0.113.0/24 table main ${hops.map((hop) => `nexthop ${hop}`).join(" ")}`;
  test.each<[string, Entry, Entry, string[], string[]]>([
    [
      "a route that leads elsewhere by now",
      entry("route", "unicast default via 192.0.2.9 dev @2 table main proto static"),
      entry("route", "unicast default via 198.51.100.9 dev eth9 table main proto dhcp"),
      [],
      ["the route default"],
    ],
    [
      "a route of another metric is another one",
      entry("route", "unicast default via 192.0.2.9 dev @2 table 7"),
      entry("route", "unicast default via 198.51.100.9 dev eth9 table 7 metric 100"),
      ["route add unicast default via 192.0.2.9 dev ens192 table 7"],
      [],
    ],
    [
      "a blackhole in its place",
      entry("route", "unicast 203.0.113.0/24 via 192.0.2.9 dev @2 table 7"),
      entry("route", "blackhole 203.0.113.0/24 table 7"),
      [],
      ["the route 203.0.113.0/24 (table 7)"],
    ],
    [
      "a route of several ways of which the kernel left some",
      entry("route", ways("via 192.0.2.9 dev @2 weight 3", "via 198.51.100.9 dev eth9 weight 1")),
      entry("route", ways("via 198.51.100.9 dev eth9 weight 1")),
      [`route replace ${ways("via 192.0.2.9 dev ens192 weight 3", "via 198.51.100.9 dev eth9 weight 1")}`],
      [],
    ],
    [
      "of IPv6, where one way is left",
      entry(
        "route",
        "unicast ::/0 table main metric 1024 pref medium nexthop via fe80::1 dev @2 weight 1 nexthop via fe80::2 dev eth9 weight 1",
      ),
      entry("route", "unicast ::/0 via fe80::2 dev eth9 table main metric 1024 pref medium"),
      [
        "route replace unicast ::/0 table main metric 1024 pref medium nexthop via fe80::1 dev ens192 weight 1 nexthop via fe80::2 dev eth9 weight 1",
      ],
      [],
    ],
    [
      "a route of several ways that somebody gave another one",
      entry("route", ways("via 192.0.2.9 dev @2 weight 1", "via 198.51.100.9 dev eth9 weight 1")),
      entry("route", ways("via 198.51.100.8 dev eth9 weight 1")),
      [],
      ["the route 203.0.113.0/24"],
    ],
    [
      "a nexthop's id",
      entry("nexthop", "id 1 via 192.0.2.9 dev @2"),
      entry("nexthop", "id 1 via 198.51.100.9 dev eth9"),
      [],
      ["the nexthop with id 1"],
    ],
    [
      "a group of which the kernel left some",
      entry("nexthop", "id 10 group 1,3/2,7"),
      entry("nexthop", "id 10 group 2,7"),
      ["nexthop replace id 10 group 1,3/2,7"],
      [],
    ],
    [
      "a group's id",
      entry("nexthop", "id 10 group 1/2"),
      entry("nexthop", "id 10 group 2/5"),
      [],
      ["the nexthop with id 10"],
    ],
    [
      "an address that another link has by now",
      entry("address", "192.0.2.1/24 scope global dev @2"),
      entry("address", "192.0.2.1/24 scope global dev @9"),
      [],
      ["the address 192.0.2.1/24"],
    ],
    [
      "a link's own address, which each link may have",
      entry("address", "fe80::1/64 scope link dev @2", "kernel"),
      entry("address", "fe80::1/64 scope link dev @9", "kernel"),
      ["address add fe80::1/64 scope link dev ens192"],
      [],
    ],
    [
      "a permanent neighbour with another MAC",
      entry("neighbour", "192.0.2.7 dev @2 lladdr 02:00:00:00:00:07 nud permanent"),
      entry("neighbour", "192.0.2.7 dev @2 lladdr 02:00:00:00:00:99 nud permanent"),
      [],
      ["the neighbour 192.0.2.7 on ens192"],
    ],
    [
      "a router's route, which the router brings again",
      entry("route", "unicast ::/0 via fe80::1 dev @2 table main metric 1024", "network"),
      entry("route", "unicast ::/0 via fe80::1 dev @2 table main metric 1024 hoplimit 64", "network"),
      [],
      [],
    ],
  ])("%s", (_, earlier, occupant, lines, moved) => {
    const span = { before: place([ens192], [earlier]), now: place([ens192, link(9, "eth9")], [occupant]) };
    expect(planUndo(desired, span)).toMatchObject({ lines, moved });
  });

  test("a route by a nexthop object whose id is somebody else's by now", () => {
    const before = [
      entry("nexthop", "id 1 via 192.0.2.9 dev @2"),
      entry("nexthop", "id 10 group 1/2"),
      entry("route", "unicast 203.0.113.0/24 nhid 10 table main"),
    ];
    const now = [entry("nexthop", "id 1 via 198.51.100.9 dev eth9")];
    expect(planUndo(desired, { before: place([ens192], before), now: place([ens192], now) })).toMatchObject({
      lines: [],
      moved: ["the nexthop with id 1", "the nexthop with id 10", "the route 203.0.113.0/24"],
    });
  });

  test("an address that both links had before comes back", () => {
    const twin = entry("address", "192.0.2.1/32 scope global dev @9");
    const lost = entry("address", "192.0.2.1/32 scope global dev @2");
    const links = [ens192, link(9, "eth9")];
    expect(planUndo(desired, { before: place([ens192], [lost, twin]), now: place(links, [twin]) }).lines).toEqual([
      "address add 192.0.2.1/32 scope global dev ens192",
    ]);
    // And what another link lost is none of ours.
    expect(planUndo(desired, { before: place([ens192], [lost, twin]), now: place(links, [lost]) }).lines).toEqual([]);
  });
});

test("20,000 routes and neighbours are compared in time that follows their number", () => {
  const many = Array.from({ length: 20_000 }, (_, index) =>
    entry("route", `unicast 10.${index >> 8}.${index & 255}.0/24 dev @4 table main`),
  );
  const start = process.cpuUsage();
  const { kept } = planUndo(desired, { before: place([ens192, ens160]), now: place([...slaves, bond0], many) });
  expect(kept).toContain("bond0");
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2.5);
});

describe("what somebody stands on by then stays, with all below it", () => {
  const all = ["bond0", "bond0.200", "ens160", "ens192"];
  test.each<[string, Snapshot, string[], string[]]>([
    ["a macvlan here", place([...slaves, bond0, vlan, { ...macvlan, up: false }]), [], all],
    ["a link in a Pod's namespace, which listens", place([...slaves, bond0, vlan], [], [[5, 1]]), [], all],
    ["an address", place([...slaves, bond0, vlan], [entry("address", "192.0.2.1/24 dev @5")]), [], all],
    [
      "a bridge on the bond only: the VLAN goes",
      place([...slaves, { ...bond0, master: "br0" }, vlan]),
      ["link delete dev bond0.200"],
      ["bond0", "ens160", "ens192"],
    ],
    [
      "nobody: a router gave it an address",
      place([...slaves, bond0, vlan], [entry("address", "2001:db8::7/64 dev @5", "network")]),
      [
        "link delete dev bond0.200",
        "link set dev ens192 nomaster",
        "link set dev ens160 nomaster",
        "link delete dev bond0",
        "link set dev ens192 up",
        "link set dev ens160 up",
      ],
      [],
    ],
  ])("%s", (_, now, lines, kept) => {
    const undoing = planUndo(desired, { before: place([ens192, ens160]), now });
    expect({ lines: undoing.lines, kept: undoing.kept.toSorted() }).toEqual({ lines, kept });
  });

  test("a NIC that was raised, for a VLAN that is in use", () => {
    const config = {
      ...desired,
      bond: undefined,
      vlans: [{ ...desired.vlans[0], name: "ens192.5", parent: "ens192" }],
    };
    const before = place([{ ...ens192, up: false }]);
    const own = link(5, "ens192.5", { kind: "vlan", parent: "ens192", alias: "ifacer" });
    const upper = { ...macvlan, parent: "ens192.5" };
    expect(planUndo(config as Desired, { before, now: place([ens192, own, upper]) })).toMatchObject({
      lines: [],
      kept: ["ens192.5", "ens192"],
    });
  });
});

describe("a way from the Pod to its node", () => {
  const veth = (index: number, name: string, more: Partial<Link> = {}) =>
    link(index, name, { kind: "veth", mac: "02:00:00:00:00:aa", ...more });
  const eth0 = link(2, "eth0", { kind: "macvlan" });
  const wanted: Desired = {
    ...desired,
    place: "pod",
    interfaces: [],
    bond: undefined,
    vlans: [],
    routes: [
      { link: "veth0", destination: "192.0.2.1/32", gateway: undefined, attributes: [] },
      { link: "eth0", destination: "0.0.0.0/0", gateway: "192.0.2.9", attributes: [{ name: "table", value: "7000" }] },
    ],
    rules: [{ from: "192.0.2.10/32", table: "7000" }],
    path: {
      end: { name: "veth0", mac: "02:00:00:00:00:aa", mtu: 1500, alias: "ifacer:a,b", peer: undefined },
      neighbours: [{ link: "veth0", address: "192.0.2.1", mac: "02:00:00:00:00:bb" }],
      mac: { link: "eth0", mac: "0a:1b:00:00:00:01" },
      leaving: [],
      subnets: [],
      addresses: [],
    },
  };

  test("a pair that was made goes, with or without an alias, up or down; one that was there stays", () => {
    for (const more of [{}, { alias: "ifacer:a", up: true }]) {
      const now = place([eth0, veth(3, "veth0", more)]);
      expect(planUndo(wanted, { before: place([eth0]), now }).lines).toEqual(["link delete dev veth0"]);
    }
    const other = veth(3, "veth0", { mac: "02:00:00:00:00:cc" });
    expect(planUndo(wanted, { before: place([eth0]), now: place([eth0, other]) }).lines).toEqual([]);
  });

  test("on a pair that was there, what was added goes and what was changed comes back", () => {
    const old = [entry("route", "unicast default via 192.0.2.9 dev @2")];
    const added = [
      entry("route", "unicast 192.0.2.1 scope link dev @3"),
      entry("route", "unicast 198.51.100.1 scope link dev @3"),
      entry("route", "unicast default table 7000 via 192.0.2.9 dev @2"),
      entry("neighbour", "192.0.2.1 dev @3 lladdr 02:00:00:00:00:bb nud permanent"),
      entry("rule", "from 192.0.2.10/32 lookup 7000"),
    ];
    const before = place([eth0, veth(3, "veth0", { alias: "ifacer:a" })], old);
    const changed = { ...eth0, mac: "0a:1b:00:00:00:01" };
    const now = place([changed, veth(3, "veth0", { alias: "ifacer:a,b" })], added);
    expect(planUndo(wanted, { before, now }).lines).toEqual([
      "route del 192.0.2.1 dev veth0",
      "route del default dev eth0 table 7000",
      "neighbour del 192.0.2.1 dev veth0",
      "rule del from 192.0.2.10/32 lookup 7000",
      `link set dev eth0 address ${eth0.mac}`,
      "link set dev veth0 alias ifacer:a",
      "route add unicast default via 192.0.2.9 dev eth0",
    ]);
    expect(planUndo(wanted, { before, now: before }).lines).toEqual([]);
  });
});
