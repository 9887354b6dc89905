import { expect, test } from "bun:test";
import type { Link } from "../../src/model.ts";
import { findShadows, findShadowsElsewhere, findSharing } from "../../src/plan/shadow.ts";
import { link } from "../link.ts";
import { desire, place } from "./inPod.ts";

const macvlan = (more: Partial<Link> = {}) => link(2, "eth0", { kind: "macvlan", foreignParent: 7, ...more });
const bond = { interfaces: ["eth0", "eth1"], bond: { name: "b" }, vlanID: 3 };

test.each<[what: string, entry: object, pod: Link[], sharing: string[]]>([
  ["a macvlan", { vlanID: 3 }, [macvlan()], ["eth0 on 7"]],
  ["a macvtap", { vlanID: 3 }, [macvlan({ kind: "macvtap" })], ["eth0 on 7"]],
  ["a macvlan on a link of the Pod itself", { vlanID: 3 }, [macvlan({ foreignParent: undefined, parent: "x" })], []],
  ["a veth, which tells its peer's number", { vlanID: 3 }, [macvlan({ kind: "veth" })], []],
  ["an ipvlan", { vlanID: 3 }, [macvlan({ kind: "ipvlan" })], []],
  ["an interface of another name", { master: "eth1", vlanID: 3 }, [macvlan(), link(3, "eth1")], []],
  ["the altname of one", { master: "long", vlanID: 3 }, [macvlan({ altNames: ["long"] })], ["eth0 on 7"]],
  ["a bond that is to be made", bond, [macvlan(), link(3, "eth1")], ["eth0 on 7"]],
  ["a bond that is there", bond, [macvlan({ master: "b" }), link(3, "eth1"), link(4, "b")], ["eth0 on 7"]],
  ["a bond of an earlier entry", { master: "b", vlanID: 3 }, [macvlan({ master: "b" }), link(4, "b")], ["eth0 on 7"]],
  ["a bond without a VLAN", { interfaces: ["eth0", "eth1"], bond: { name: "b" } }, [macvlan(), link(3, "eth1")], []],
])("%s shares: %j", (_, entry, pod, sharing) => {
  expect(findSharing(desire(entry), place(pod)).map(({ link: { name }, nic }) => `${name} on ${nic}`)).toEqual(sharing);
});

const vlan = (index: number, name: string, more: Partial<Link> = {}) =>
  link(index, name, { kind: "vlan", parent: "ens192", vlan: { id: 3, protocol: "802.1Q" }, ...more });
const nic = link(7, "ens192");

test.each<[what: string, node: Link[], shadows: string[]]>([
  ["of the same id", [nic, vlan(8, "ens192.3")], ["ens192.3"]],
  ["that is down", [nic, vlan(8, "ens192.3", { up: false })], ["ens192.3"]],
  ["of another id", [nic, vlan(8, "ens192.4", { vlan: { id: 4, protocol: "802.1Q" } })], []],
  ["of another protocol", [nic, vlan(8, "q", { vlan: { id: 3, protocol: "802.1ad" } })], []],
  ["on another NIC", [nic, link(9, "ens160"), vlan(8, "ens160.3", { parent: "ens160" })], []],
  ["on a NIC that was not seen", [vlan(8, "ens192.3")], []],
])("a VLAN of the node %s", (_, node, shadows) => {
  const desired = desire({ vlanID: 3 });
  const conflicts = findShadows(desired, [{ link: macvlan(), nic: 7 }], place(node));
  expect(conflicts.map(({ link: name }) => name)).toEqual(shadows);
  for (const { message } of conflicts)
    expect(message).toContain("eth0 of the Pod is a macvlan on ens192, where the node has VLAN 3");
});

test.each<[what: string, more: Partial<Link>, count: number]>([
  ["of the same id", {}, 1],
  ["of another id", { vlan: { id: 4, protocol: "802.1Q" } }, 0],
  ["of another protocol", { vlan: { id: 3, protocol: "802.1ad" } }, 0],
  ["on another NIC", { foreignParent: 8 }, 0],
  ["on a link of its own namespace", { foreignParent: undefined }, 0],
])("a VLAN in another Pod %s", (_, more, count) => {
  const elsewhere = [
    { link: vlan(2, "net1", { parent: undefined, foreignParent: 7, ...more }), netns: "/proc/1/ns/net" },
  ];
  const conflicts = findShadowsElsewhere(desire({ vlanID: 3 }), [{ link: macvlan(), nic: 7 }], elsewhere);
  expect(conflicts.length).toBe(count);
  for (const { message } of conflicts)
    expect(message).toContain("VLAN 3 itself, as net1 in the namespace /proc/1/ns/net");
});
