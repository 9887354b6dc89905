import { expect, test } from "bun:test";
import { findReasons, type Needs } from "../../src/apply/stays.ts";
import type { Link } from "../../src/model.ts";
import type { Entry } from "../../src/observe/entries.ts";
import type { Elsewhere } from "../../src/observe/uppersElsewhere.ts";
import { link } from "../link.ts";

const slaves = [link(2, "ens192", { master: "bond0" }), link(3, "ens160", { master: "bond0" })];
const driverData = { mode: "active-backup", active_slave: "ens192" };
const bond = link(4, "bond0", { kind: "bond", alias: "ifacer", driverData });
const vlan = link(5, "bond0.100", { kind: "vlan", parent: "bond0", alias: "ifacer" });
const upper = link(6, "mv", { kind: "macvlan", parent: "bond0.100", up: false });

interface Given {
  readonly links?: readonly Link[];
  readonly entries?: readonly Entry[];
  readonly strangers?: readonly [number, number][];
  readonly users?: Readonly<Record<string, readonly string[]>>;
  readonly elsewhere?: Elsewhere;
}

/** Why the VLAN and the bond stay, of which ifacer made both and gave two NICs to the bond. */
function judge({ links = [...slaves, bond, vlan], entries = [], strangers = [], users = {}, elsewhere }: Given) {
  const slavesOf = (index: number) =>
    index === bond.index ? slaves.map(({ index, up, mtu, mac }) => ({ index, up, mtu, mac })) : [];
  const needs: Needs = {
    now: { links, entries, strangers: new Map(strangers) },
    usersOf: ({ name }) => users[name] ?? [],
    madeOf: ({ name, index }) => ({ name, index, slaves: slavesOf(index) }),
  };
  const asked = links.filter(({ index }) => index === vlan.index || index === bond.index);
  const reasons = findReasons(asked.toReversed(), needs, elsewhere);
  return Object.fromEntries(asked.map((one) => [one.name, reasons.get(one) ?? []]));
}

function entry(kind: Entry["kind"], words: Entry["words"], madeBy: Entry["madeBy"] = "somebody"): Entry {
  return { kind, key: words.join(" "), words, madeBy };
}

const onVlan = "bond0.100 stands on it";

test.each<[string, Given, readonly string[], readonly string[]]>([
  ["nobody", {}, [], []],
  [
    "somebody unseen listens",
    { strangers: [[5, 1]] },
    ["something that can't be seen from here receives through it"],
    [onVlan],
  ],
  ["a link on top, although it is down", { links: [...slaves, bond, vlan, upper] }, ["mv stands on it"], [onVlan]],
  ["the other end of a veth is none on top", { links: [...slaves, bond, vlan, { ...upper, kind: "veth" }] }, [], []],
  ["a user", { users: { "bond0.100": ["a", "b", "c"] } }, ["it is used by a, and 2 more"], [onVlan]],
  ["a user of the bond alone", { users: { bond0: ["a"] } }, [], ["it is used by a"]],
  [
    "an address of somebody's",
    { entries: [entry("address", ["192.0.2.9/24", "dev", 5])] },
    ["it has the address 192.0.2.9/24 dev"],
    [onVlan],
  ],
  [
    "addresses of the kernel's and of the network's",
    {
      entries: [
        entry("address", ["fe80::1/64", "dev", 5], "kernel"),
        entry("address", ["2001:db8::1/64", "dev", 5], "network"),
      ],
    },
    [],
    [],
  ],
  ["a master", { links: [...slaves, bond, { ...vlan, master: "br0" }] }, ["it belongs to br0"], [onVlan]],
  [
    "a further slave",
    { links: [...slaves, link(7, "ens256", { master: "bond0" }), bond, vlan] },
    [],
    ["somebody else added ens256 to it"],
  ],
  [
    "somebody's alias",
    { links: [...slaves, bond, { ...vlan, alias: "mine" }] },
    ["it does not have the alias ifacer any more"],
    [onVlan],
  ],
  [
    "a link in another namespace",
    { elsewhere: { standing: new Map([[5, ["net1 in x"]]]), unseen: [] } },
    ["net1 in x stands on it"],
    [onVlan],
  ],
  [
    "a link on a NIC of the bond, which goes down as it leaves the bond",
    { links: [...slaves, bond, vlan, link(7, "storage", { kind: "vlan", parent: "ens160" })] },
    [],
    ["storage stands on its NIC ens160"],
  ],
  [
    "the same in another namespace",
    { elsewhere: { standing: new Map([[3, ["net1 in x"]]]), unseen: [] } },
    [],
    ["net1 in x stands on its NIC ens160"],
  ],
  ["somebody unseen who receives through a NIC is the bond itself", { strangers: [[3, 1]] }, [], []],
  [
    "a namespace that can't be looked into",
    { elsewhere: { standing: new Map(), unseen: ["/run/netns/x"] } },
    ["the network namespace /run/netns/x can't be looked into"],
    [onVlan, "the network namespace /run/netns/x can't be looked into"],
  ],
])("%s", (_, given, ofVlan, ofBond) => {
  expect(judge(given)).toEqual({ "bond0.100": [...ofVlan], bond0: [...ofBond] });
});
