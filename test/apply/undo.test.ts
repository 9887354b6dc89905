import { describe, expect, test } from "bun:test";
import { writeUndoLines } from "../../src/apply/undo.ts";
import type { Current, Desired, Link, Use } from "../../src/model.ts";
import { link } from "../link.ts";

const desired: Desired = {
  interfaces: ["ens192", "ens160"],
  bond: { name: "bond0", mode: "active-backup", settings: [], slaves: ["ens192", "ens160"] },
  vlans: [{ name: "bond0.200", shortName: undefined, parent: "bond0", id: 200, protocol: "802.1Q", settings: [] }],
  mtu: undefined,
  allowDuplicateVlanID: false,
  allowInUse: true,
};

function host(links: readonly Link[], uses: Record<string, Use> = {}): Current {
  return { links, vlans: [], uses: new Map(Object.entries(uses)) };
}

const ens192 = link(2, "ens192");
const ens160 = link(3, "ens160");
const bond0 = link(4, "bond0", { kind: "bond", driverData: { mode: "active-backup", miimon: 100 } });
const vlan = link(5, "bond0.200", { kind: "vlan", parent: "bond0" });
const emptyBond = link(4, "bond0", {
  kind: "bond",
  up: false,
  mac: "02:00:00:00:00:09",
  driverData: { mode: "balance-rr" },
});

const address: Use = {
  addresses: [
    { local: "2001:db8::1", prefixLength: 64, scope: "global", family: "inet6", words: ["2001:db8::1/64"] },
    { local: "fe80::1", prefixLength: 64, scope: "link", family: "inet6", words: ["fe80::1/64"] },
  ],
  routes: [
    {
      destination: "default",
      table: "main",
      protocol: "static",
      type: "unicast",
      words: ["default", "via", "192.0.2.9", "dev", "ens192"],
    },
    { destination: "192.0.2.0/24", table: "main", protocol: "kernel", type: "unicast", words: ["192.0.2.0/24"] },
  ],
  nexthops: [],
  sharedElsewhere: false,
};

describe("the ip lines that undo", () => {
  test.each<[string, { before: Current; now: Current }, string[]]>([
    ["nothing where nothing was done", { before: host([ens192, ens160]), now: host([ens192, ens160]) }, []],
    [
      "a bond, its slaves and its VLAN, from the top",
      {
        before: host([ens192, { ...ens160, up: false }]),
        now: host([{ ...ens192, master: "bond0" }, { ...ens160, master: "bond0" }, bond0, vlan]),
      },
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
      { before: host([ens192]), now: host([{ ...ens192, up: false }]) },
      ["link set dev ens192 up"],
    ],
    [
      "what a NIC lost while it was down",
      {
        before: host([ens192], { ens192: address }),
        now: host([{ ...ens192, up: false }], {
          ens192: { addresses: [], routes: [], nexthops: [], sharedElsewhere: false },
        }),
      },
      [
        "link set dev ens192 up",
        "address add 2001:db8::1/64 dev ens192",
        "address add fe80::1/64 dev ens192",
        "route add default via 192.0.2.9 dev ens192",
      ],
    ],
    ["not somebody else's link", { before: host([ens192, bond0]), now: host([ens192, bond0]) }, []],
    [
      "an empty bond that was configured",
      { before: host([emptyBond]), now: host([{ ...bond0, up: true }]) },
      [
        "link set dev bond0 down",
        "link set dev bond0 type bond mode balance-rr",
        "link set dev bond0 address 02:00:00:00:00:09",
      ],
    ],
    [
      "an altname",
      { before: host([ens192]), now: host([{ ...ens192, altNames: ["long"] }]) },
      ["link property del dev ens192 altname long"],
    ],
  ])("%s", (_, hosts, lines) => {
    expect(writeUndoLines(desired, hosts)).toEqual(lines);
  });
});
