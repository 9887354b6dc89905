import { describe, expect, test } from "bun:test";
import { writeLines } from "../../src/apply/lines.ts";
import { planRebuild } from "../../src/apply/rebuild.ts";
import { writeLead } from "../../src/apply/replace.ts";
import type { Current, Desired, Link } from "../../src/model.ts";
import { findLost, planReplacement } from "../../src/plan/replace.ts";
import { link } from "../link.ts";

const desired: Desired = {
  interfaces: ["ens192", "ens160"],
  bond: {
    name: "bond0",
    mode: "balance-xor",
    settings: [{ name: "miimon", value: "100" }],
    slaves: ["ens192", "ens160"],
  },
  vlans: [{ name: "data", shortName: undefined, parent: "bond0", id: 201, protocol: "802.1Q", settings: [] }],
  mtu: undefined,
  allowDuplicateVlanID: false,
  allowInUse: false,
  place: "node",
  addresses: [],
  routes: [],
};

const mac = "02:00:00:00:00:02";
const nics = [link(2, "ens192", { master: "bond0", mac }), link(3, "ens160", { master: "bond0", mac })];
const third = link(7, "ens224", { master: "bond0", mac });
const bond0 = link(4, "bond0", {
  kind: "bond",
  mac,
  alias: "ifacer",
  driverData: { mode: "active-backup", miimon: 100, primary: "ens160" },
});
const data = link(5, "data", {
  kind: "vlan",
  mac,
  parent: "bond0",
  alias: "ifacer",
  vlan: { id: 200, protocol: "802.1Q" },
});
const right = { ...data, vlan: { id: 201, protocol: "802.1Q" } };
const xor = { ...bond0, driverData: { mode: "balance-xor", miimon: 100 } };

/** A node with these links, and what listens to its slaves by way of the bond. */
function see(...links: readonly Link[]): Current {
  const use = { addresses: [], routes: [], nexthops: [], sharedElsewhere: true };
  return { links, vlans: [], uses: new Map(links.map(({ name }) => [name, use])) };
}

function linesOf(current: Current, wanted: Desired = desired) {
  const { apart, changes, ...plan } = planReplacement(wanted, current, "ifacer");
  const conflicts = [...plan.conflicts, ...findLost(apart.vlans, current.links)];
  if (conflicts.length > 0) return conflicts.map(({ message }) => message);
  return [...writeLead(apart), ...changes.flatMap(writeLines)];
}

const refill = [
  "link set dev ens192 down",
  "link set dev ens192 down master bond0",
  "link set dev ens192 up",
  "link set dev ens160 down",
  "link set dev ens160 down master bond0",
  "link set dev ens160 up",
];
const empty = ["link set dev bond0 down", "link set dev ens192 nomaster", "link set dev ens160 nomaster"];
const configure = [
  `link set dev bond0 mtu 1500 address ${mac}`,
  "link set dev bond0 type bond mode balance-xor miimon 100",
];

describe("what replacing does", () => {
  test.each<[string, Current, readonly string[]]>([
    ["nothing where all is as wanted", see(...nics, xor, right), []],
    [
      "a bond of another mode is emptied and filled",
      see(...nics, bond0, right),
      [...empty, ...configure, ...refill, "link set dev bond0 up"],
    ],
    [
      "a slave of somebody else's stays",
      see(...nics, third, bond0, right),
      [
        ...empty,
        "link set dev ens224 nomaster",
        ...configure,
        ...refill,
        ...refill.slice(0, 3).map((line) => line.replace("ens192", "ens224")),
        "link set dev bond0 up",
      ],
    ],
    [
      "a VLAN of another id is made anew with its index",
      see(...nics, xor, data),
      [
        "link delete dev data",
        "link add link bond0 name data index 5 type vlan protocol 802.1Q id 201",
        "link set dev data alias ifacer",
        "link set dev data up",
      ],
    ],
    [
      "one on another parent too",
      see(...nics, xor, { ...right, parent: "ens224" }),
      [
        "link delete dev data",
        "link add link bond0 name data index 5 type vlan protocol 802.1Q id 201",
        "link set dev data alias ifacer",
        "link set dev data up",
      ],
    ],
    [
      "an unused bond is no matter of replacing",
      see(...nics.map((nic) => ({ ...nic, master: undefined })), { ...bond0, up: false }, right),
      [expect.stringContaining("ens192 has a macvlan, ipvlan or VLAN on top"), expect.stringContaining("ens160 has")],
    ],
    [
      "what ifacer has not made is left alone",
      see(...nics, { ...bond0, alias: undefined }, right),
      [expect.stringContaining("bond0 is a link of kind bond that ifacer has not made, so that it is not replaced")],
    ],
    [
      "so is a VLAN that others stand on",
      see(...nics, xor, data, link(9, "mv0", { kind: "macvlan", parent: "data" })),
      [expect.stringContaining("data would be made anew, and mv0 on top of it would be lost")],
    ],
    [
      "and one with something further up",
      see(
        ...nics,
        xor,
        data,
        link(8, "data.5", { kind: "vlan", parent: "data" }),
        link(9, "vx0", { kind: "vxlan", parent: "data.5" }),
      ),
      [expect.stringContaining("data.5 on top of it"), expect.stringContaining("vx0 on top of it")],
    ],
    [
      "a bond that follows its active slave gets its MAC and that back, and its own MTU",
      see(...nics, { ...bond0, mtu: 1400, driverData: { ...bond0.driverData, fail_over_mac: "active" } }, right),
      [
        ...empty,
        "link set dev bond0 type bond fail_over_mac none",
        `link set dev bond0 mtu 1400 address ${mac}`,
        "link set dev bond0 type bond mode balance-xor miimon 100 fail_over_mac active",
        ...refill,
        "link set dev bond0 up",
      ],
    ],
    [
      "and one that belongs to a bridge",
      see(...nics, xor, { ...data, master: "br0", masterKind: "bridge" }),
      [expect.stringContaining("data would be made anew, and belongs to br0")],
    ],
    [
      "and a link of that name that is no VLAN",
      see(...nics, xor, { ...data, kind: "dummy", vlan: undefined }),
      [expect.stringContaining("data is a link of kind dummy")],
    ],
  ])("%s", (_, current, lines) => {
    expect(linesOf(current)).toEqual([...lines]);
  });
});

test("NICs that have nothing in common with the slaves of a bond in use don't get into it by way of another mode", () => {
  const use = { addresses: [], routes: [], nexthops: [], sharedElsewhere: false };
  const current = see(...nics, bond0, data, link(7, "ens224"), link(8, "ens256"));
  const uses = new Map([...current.uses, ["ens224", use], ["ens256", use]] as const);
  const bond = { name: "bond0", mode: "balance-xor", settings: [], slaves: ["ens224", "ens256"] } as const;
  const { conflicts } = planReplacement({ ...desired, interfaces: bond.slaves, bond }, { ...current, uses }, "ifacer");
  expect(conflicts.map(({ message }) => message)).toEqual([expect.stringContaining("may lead to another network")]);
});

describe("how it is taken apart again", () => {
  const before = { links: [...nics, bond0, data], entries: [], strangers: new Map(), remade: [4, 5] };
  const place = (...links: readonly Link[]) => ({ links, entries: [], strangers: new Map() });
  const make = [
    "link add link bond0 name data mtu 1500 index 5 type vlan protocol 802.1Q id 200 reorder_hdr off gvrp off mvrp off loose_binding off bridge_binding off",
    "link set dev data alias ifacer",
    "link set dev data up",
  ];

  test.each<[string, readonly Link[], readonly string[]]>([
    ["nothing where all is as it was", [...nics, bond0, data], []],
    ["the VLAN is gone", [...nics, bond0], make],
    ["the VLAN is another one", [...nics, bond0, right], ["link delete dev data", ...make]],
    [
      "the bond is half empty, and what is left of it is what it was",
      [{ ...nics[0], master: undefined } as Link, nics[1] as Link, { ...bond0, up: false }, data],
      [
        "link set dev bond0 down",
        "link set dev ens160 nomaster",
        `link set dev bond0 address ${mac}`,
        ...refill,
        "link set dev bond0 up",
        "link set dev bond0 type bond primary ens160",
      ],
    ],
    ["the bond is removed by somebody", nics, make],
  ])("%s", (_, now, lines) => {
    expect(planRebuild({ before, now: place(...now) })).toEqual([...lines]);
  });
});
