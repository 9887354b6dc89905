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
};

const bond: Desired = {
  ...vlan,
  interfaces: ["ens192", "ens160"],
  bond: { name: "bond0", mode: undefined, settings: [], slaves: ["ens192", "ens160"] },
  vlans: [],
};

const lo = '[{"ifindex":1,"ifname":"lo"}]\n';
const nic = '[{"ifindex":2,"ifname":"ens192","ifalias":"\\"ifname\\":\\"lo\\""}]\n';

test.each([
  ["nothing yet", vlan, "", "too little"],
  ["the first answer", vlan, lo, "too little"],
  ["another link, whatever its alias", vlan, lo + nic, "too little"],
  ["the loopback device's second answer", vlan, lo + nic + lo, "whole"],
  ["a part of that", vlan, (lo + nic + lo).slice(0, -1), "enough"],
  ["of a bond, before its slaves", bond, lo + nic + lo, "enough"],
  ["of a bond, with its slaves and not yet what comes after them", bond, lo + nic + lo + nic, "enough"],
  ["of a bond, all", bond, lo + nic + lo + nic + lo, "whole"],
] as const)("the output of ip: %s", (_, desired, stdout, state) => {
  for (const depth of ["links", "use"] as const) {
    expect(isWhole(stdout, askAbout(desired, { vlans: [], depth }))).toBe(state === "whole");
    expect(isEnough(stdout)).toBe(state !== "too little");
  }
});
