import { expect, test } from "bun:test";
import { writeLines } from "../../src/apply/lines.ts";
import { nameAlias } from "../../src/config/attachment.ts";
import { shortenVlanName } from "../../src/config/linkNames.ts";
import type { Link } from "../../src/model.ts";
import { findOthersLinks, findOwn } from "../../src/plan/own.ts";
import { plan } from "../../src/plan/plan.ts";
import { link } from "../link.ts";
import { desire, place } from "./inPod.ts";

const eth0 = link(2, "eth0");
const vlan = (name: string, more: Partial<Link> = {}) =>
  link(3, name, { kind: "vlan", parent: "eth0", vlan: { id: 3, protocol: "802.1Q" }, ...more });
const bond = (more: Partial<Link> = {}) =>
  link(4, "b", { kind: "bond", driverData: { mode: "active-backup" }, ...more });
const bonded = { interfaces: ["eth0", "eth1"], bond: { name: "b", mode: 1 }, vlanID: 3 };
const long = "enp175s0f0np0";
const short = shortenVlanName(`${long}.1000`, 1000);

test.each<[what: string, entry: object, pod: Link[], own: string[]]>([
  ["nothing is there", { vlanID: 3 }, [eth0], []],
  ["the VLAN", { vlanID: 3 }, [eth0, vlan("eth0.3")], ["eth0.3"]],
  [
    "the VLAN with other flags and MTU",
    { vlanID: 3, mtu: 1400 },
    [eth0, vlan("eth0.3", { up: false, mtu: 9000 })],
    ["eth0.3"],
  ],
  ["one of another kind", { vlanID: 3 }, [eth0, link(3, "eth0.3", { kind: "dummy" })], []],
  ["one of another id", { vlanID: 3 }, [eth0, vlan("eth0.3", { vlan: { id: 4, protocol: "802.1Q" } })], []],
  ["one of another protocol", { vlanID: 3 }, [eth0, vlan("eth0.3", { vlan: { id: 3, protocol: "802.1ad" } })], []],
  ["one on another parent", { vlanID: 3 }, [eth0, vlan("eth0.3", { parent: "eth1" })], []],
  ["one of another kind, and the parent is gone", { vlanID: 3 }, [link(3, "eth0.3", { kind: "dummy" })], []],
  ["a link that has the name as altname", { vlanID: 3 }, [eth0, link(3, "x", { altNames: ["eth0.3"] })], []],
  ["several VLANs", { interfaces: ["eth0", "eth1"], vlanID: 3 }, [eth0, vlan("eth0.3"), link(5, "eth1")], ["eth0.3"]],
  ["a bond and its VLAN, topmost first", bonded, [eth0, bond(), vlan("b.3", { parent: "b" })], ["b.3", "b"]],
  ["a bond whose slaves are gone", bonded, [bond()], ["b"]],
  ["a bond of another mode", bonded, [bond({ driverData: { mode: "802.3ad" } })], []],
  ["an empty one of another mode that is down", bonded, [bond({ driverData: { mode: "802.3ad" }, up: false })], []],
  ["an empty one that is down, as a killed ADD leaves it", bonded, [bond({ up: false })], ["b"]],
  ["a bridge", bonded, [link(4, "b", { kind: "bridge" })], []],
  ["the VLAN of this attachment", { vlanID: 3 }, [eth0, vlan("eth0.3", { alias: "ifacer:eth0" })], ["eth0.3"]],
  ["that of another attachment", { vlanID: 3 }, [eth0, vlan("eth0.3", { alias: "ifacer:net1" })], []],
  ["one with another alias", { vlanID: 3 }, [eth0, vlan("eth0.3", { alias: "mine" })], ["eth0.3"]],
  [
    "a VLAN on a bond of another mode",
    bonded,
    [bond({ driverData: { mode: "802.3ad" } }), vlan("b.3", { parent: "b" })],
    ["b.3"],
  ],
])("%s", (_, entry, pod, own) => {
  expect(findOwn(desire(entry), place(pod)).map(({ name }) => name)).toEqual(own);
});

test("a VLAN whose name is too long is known by its short one, with the altname and without", () => {
  const desired = desire({ interfaces: [long, "eth1"], vlanID: 1000 });
  const made = (altNames: string[]) =>
    link(3, short, { kind: "vlan", parent: long, vlan: { id: 1000, protocol: "802.1Q" }, altNames });
  for (const altNames of [[`${long}.1000`], []]) {
    expect(findOwn(desired, place([link(2, long), made(altNames)])).map(({ name }) => name)).toEqual([short]);
  }
});

test.each<[entry: object, pod: Link[], messages: string[]]>([
  [{ vlanID: 3 }, [eth0, vlan("eth0.3")], []],
  [{ vlanID: 3 }, [eth0, vlan("eth0.3", { alias: "ifacer:eth0" })], []],
  [
    { vlanID: 3, vlan: { name: "v" } },
    [eth0, vlan("v", { alias: "ifacer:net1" })],
    ["v was made for the interface net1 of this Pod: set vlan.name to another name"],
  ],
  [
    bonded,
    [bond({ alias: "ifacer:net1" }), vlan("b.3", { parent: "b", alias: "ifacer:eth0" })],
    ["b was made for the interface net1 of this Pod: set bond.name to another name"],
  ],
])("links of another attachment are in the way of %j", (entry, pod, messages) => {
  expect(findOthersLinks(desire(entry), place(pod)).map(({ message }) => message)).toEqual(messages);
});

test("the links that are made carry the attachment in their alias", () => {
  const lines = (ifName: string) => {
    const { changes } = plan({ ...desire({ vlanID: 3 }), alias: nameAlias(ifName) }, place([eth0]));
    return changes.flatMap((change) => writeLines(change)).filter((line) => line.includes(" alias "));
  };
  expect(lines("eth0")).toEqual(["link set dev eth0.3 alias ifacer:eth0"]);
  expect(lines("a#b c")).toEqual(["link set dev eth0.3 alias ifacer:a%23b%20c"]);
});
