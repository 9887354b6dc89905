import { expect, test } from "bun:test";
import type { Desired } from "../../src/model.ts";
import { askAbout, isEnough, watchForEnd } from "../../src/observe/questions.ts";

const vlan: Desired = {
  interfaces: ["ens192"],
  bond: undefined,
  vlans: [{ name: "ens192.5", shortName: undefined, parent: "ens192", id: 5, protocol: "802.1Q", settings: [] }],
  mtu: undefined,
  allowDuplicateVlanID: false,
  allowInUse: false,
};

const bond: Desired = {
  ...vlan,
  interfaces: ["ens192", "ens160"],
  bond: { name: "bond0", mode: undefined, settings: [], slaves: ["ens192", "ens160"] },
  vlans: [],
};

const lo = '[{"ifindex":1,"ifname":"lo"}]\n';
const nic = '[{"ifindex":2,"ifname":"ens192","ifalias":"\\"ifname\\":\\"lo\\""}]\n';

const first = "link show dev lo";

test.each([
  ["nothing yet", vlan, "", "too little"],
  ["another link, whatever its alias", vlan, nic, "too little"],
  ["the loopback device's answer", vlan, nic + lo, "whole"],
  ["a part of that", vlan, (nic + lo).slice(0, -1), "enough"],
  ["of a bond, before its slaves", bond, nic + lo, "enough"],
  ["of a bond, with its slaves and not yet what comes after them", bond, nic + lo + nic, "enough"],
  ["of a bond, all", bond, nic + lo + nic + lo, "whole"],
] as const)("the output of ip: %s", (_, desired, stdout, state) => {
  for (const depth of ["links", "use"] as const) {
    const lines = askAbout(desired, { vlans: [], depth });
    expect([watchForEnd(lines)(stdout), isEnough(stdout, lines)]).toEqual([state === "whole", state !== "too little"]);
    // What was asked before all else proves nothing about the rest.
    const all = [first, ...lines];
    expect([watchForEnd(all)(lo + stdout), isEnough(lo + stdout, all)]).toEqual([
      state === "whole",
      state !== "too little",
    ]);
  }
});

test("the loopback device as a NIC of a bond is not taken for the end", () => {
  const odd = { ...bond, interfaces: ["lo", "ens192"] };
  expect(watchForEnd(askAbout(odd, { vlans: [], depth: "use" }))(lo + nic + lo)).toBe(false);
});

// ip's own doing: 'link show' narrows down what the rest of the batch shows.
test("addresses are asked for before any link", () => {
  const lines = askAbout(bond, { vlans: [], depth: "use" });
  const kinds = lines.map((line) => line.split(" ")[0]);
  expect(kinds.slice(0, 4)).toEqual(["address", "address", "address", "link"]);
  expect(kinds.slice(4)).not.toContain("address");
});

test("the end is seen wherever the output is cut into pieces, and not before", () => {
  const text = nic + lo + nic + lo;
  for (let size = 1; size <= text.length; size++) {
    const isEnd = watchForEnd(askAbout(bond, { vlans: [], depth: "links" }));
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
      text.slice(i * size, (i + 1) * size),
    );
    expect(pieces.map(isEnd)).toEqual(pieces.map((_, i) => i === pieces.length - 1));
  }
});

test("a NIC that ip may take for an index is asked for when the rest is told", () => {
  const lines = askAbout({ ...bond, interfaces: ["if2", "ens192"] }, { vlans: [], depth: "links" });
  expect(lines.indexOf("link show dev if2")).toBeGreaterThan(lines.indexOf("link show dev lo"));
  expect(lines.indexOf("link show dev if2")).toBeLessThan(lines.lastIndexOf("link show dev lo"));
  expect(lines.lastIndexOf("link show master bond0")).toBeGreaterThan(lines.indexOf("link show dev if2"));
});
