import { describe, expect, test } from "bun:test";
import type { Current, Desired, Link, Use } from "../../src/model.ts";
import { plan } from "../../src/plan/plan.ts";
import { link } from "../link.ts";

/** What can't be made on every kernel: drivers with limits, odd NICs. The rest is in test/cases/plan. */
function nic(index: number, name: string, more: Partial<Link> = {}): Link {
  return link(index, name, { maxMTU: 9216, ...more });
}

const nothing: Use = { addresses: [], routes: [], nexthops: [], sharedElsewhere: false };

function host(links: readonly Link[], uses: Record<string, Partial<Use>> = {}): Current {
  return {
    links,
    vlans: [],
    uses: new Map(Object.entries(uses).map(([name, use]) => [name, { ...nothing, ...use }])),
  };
}

const bond: Desired = {
  interfaces: ["a", "b"],
  bond: { name: "bond0", mode: "active-backup", settings: [{ name: "miimon", value: "100" }], slaves: ["a", "b"] },
  vlans: [],
  mtu: undefined,
  allowDuplicateVlanID: false,
  allowInUse: false,
  place: "node",
  addresses: [],
  routes: [],
};

const jumbo = nic(9, "bond0", { kind: "bond", mtu: 9000, driverData: { mode: "active-backup", miimon: 100 } });

describe("a bond is not made or filled", () => {
  test.each<[string, Desired, Current, string]>([
    [
      "of a NIC without an Ethernet address",
      bond,
      host([nic(1, "a", { mac: "00:00:00:00:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01" }), nic(2, "b")]),
      "a has no Ethernet address, so that it can't be in a bond: leave it out of interfaces",
    ],
    [
      "with an MTU that a driver can't",
      { ...bond, mtu: 9300 },
      host([nic(1, "a"), nic(2, "b", { mtu: 9600 })]),
      "the MTU 9300 is wanted, but a has 1500: its driver takes at most 9216, so lower mtu",
    ],
    [
      "with an MTU that a NIC does not have, but could",
      { ...bond, mtu: 9000 },
      host([nic(1, "a", { mtu: 9000 }), nic(2, "b")]),
      "the MTU 9000 is wanted, but b has 1500: lower mtu, or raise that of b with 'ip link set dev b mtu 9000'",
    ],
    [
      "by a NIC whose driver can't take the bond's MTU",
      bond,
      host([nic(1, "a", { master: "bond0", masterKind: "bond", mtu: 9000 }), nic(2, "b", { maxMTU: 1500 }), jumbo]),
      "the bond bond0 has the MTU 9000, but the driver of b takes at most 1500: lower that of the bond with 'ip link set dev bond0 mtu 1500'",
    ],
    [
      "of a NIC that a Pod stands on",
      bond,
      host([nic(1, "a"), nic(2, "b")], { a: {}, b: { sharedElsewhere: true } }),
      "b has a macvlan, ipvlan or VLAN on top in another network namespace, a Pod's for example, which would be cut off: delete that Pod first; in 'ip -all netns exec ip link' it is the link that ends with '@if2'",
    ],
    [
      "of a NIC with a macsec",
      bond,
      host([nic(1, "a"), nic(2, "b"), nic(3, "ms", { kind: "macsec", parent: "b" })]),
      "b has the macsec ms on top, which would be cut off: remove it with 'ip link delete dev ms', and make it on bond0 where it is still needed",
    ],
    [
      "of a NIC whose tunnel would lose its packets",
      bond,
      host([nic(1, "a"), nic(2, "b"), nic(3, "gt", { kind: "gretap", parent: "b" })]),
      "b has the gretap gt on top, which would be cut off: remove it with 'ip link delete dev gt', and make it on bond0 where it is still needed",
    ],
    [
      "of a NIC that a nexthop object leads through",
      bond,
      host([nic(1, "a"), nic(2, "b")], { a: { nexthops: [7] } }),
      "a has the nexthop with id 7 (ip nexthop): move it to bond0, or set allowInUse if it may be lost",
    ],
    [
      "of a VLAN whose parent is down",
      bond,
      host([nic(1, "a"), nic(2, "c.5", { name: "b", kind: "vlan", parent: "c", parentDown: true })]),
      "b can't be set up while c, on which it stands, is down: run 'ip link set dev c up'",
    ],
    [
      "of the two ends of a veth, which are not on top of each other, but that is no conflict",
      bond,
      host([nic(1, "a", { kind: "veth", parent: "b" }), nic(2, "b", { kind: "veth", parent: "a" })]),
      "",
    ],
  ])("%s", (_, desired, current, message) => {
    expect(
      plan(desired, current)
        .conflicts.map((conflict) => conflict.message)
        .join("\n"),
    ).toBe(message);
  });
});

test("a bond that is up, empty or not, is completed, whatever its MTU", () => {
  const { changes, conflicts } = plan(bond, host([nic(1, "a"), nic(2, "b"), { ...jumbo, up: true }]));
  expect(conflicts).toEqual([]);
  expect(changes.map(({ type }) => type)).toEqual(["enslave", "enslave"]);
});
