import { expect, test } from "bun:test";
import type { Desired } from "../../src/model.ts";
import { askAbout, isEnough, isWhole } from "../../src/observe/questions.ts";

const vlan: Desired = {
  interfaces: ["ens192"],
  bond: undefined,
  vlans: [{ name: "ens192.5", shortName: undefined, parent: "ens192", id: 5, protocol: "802.1Q", settings: [] }],
  mtu: undefined,
  allowDuplicateVlanID: false,
  allowInUse: false,
  place: "node",
  addresses: [],
  routes: [],
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
    expect([isWhole(stdout, lines), isEnough(stdout, lines)]).toEqual([state === "whole", state !== "too little"]);
    // What was asked before all else proves nothing about the rest.
    const all = [first, ...lines];
    expect([isWhole(lo + stdout, all), isEnough(lo + stdout, all)]).toEqual([
      state === "whole",
      state !== "too little",
    ]);
  }
});

test("the loopback device as a NIC of a bond is not taken for the end", () => {
  const odd = { ...bond, interfaces: ["lo", "ens192"] };
  expect(isWhole(lo + nic + lo, askAbout(odd, { vlans: [], depth: "use" }))).toBe(false);
});

// ip's own doing: 'link show' narrows down what the rest of the batch shows.
test("addresses are asked for before any link", () => {
  const lines = askAbout(bond, { vlans: [], depth: "use" });
  const kinds = lines.map((line) => line.split(" ")[0]);
  expect(kinds.slice(0, 3)).toEqual(["address", "address", "link"]);
  expect(kinds.slice(3)).not.toContain("address");
});
