import { expect, test } from "bun:test";
import type { Desired } from "../../src/model.ts";
import { askAbout, isWhole } from "../../src/observe/questions.ts";

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
  ["nothing yet", vlan, "", false],
  ["another link, whatever its alias", vlan, nic, false],
  ["the loopback device's answer", vlan, nic + lo, true],
  ["a part of that", vlan, (nic + lo).slice(0, -1), false],
  ["of a bond, before its slaves", bond, nic + lo, false],
  ["of a bond, with its slaves and not yet what comes after them", bond, nic + lo + nic, false],
  ["of a bond, all", bond, nic + lo + nic + lo, true],
] as const)("the output of ip: %s", (_, desired, stdout, whole) => {
  for (const depth of ["links", "use"] as const) {
    expect(isWhole(stdout, askAbout(desired, { vlans: [], depth }))).toBe(whole);
  }
});
