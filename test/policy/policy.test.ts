import { describe, expect, test } from "bun:test";
import { noLinks } from "../../src/config/noLinks.ts";
import { matches } from "../../src/config/patterns.ts";
import { CniError } from "../../src/error.ts";
import type { Current, Desired, Link } from "../../src/model.ts";
import { findForbidden } from "../../src/policy/forbid.ts";
import { parsePolicy } from "../../src/policy/read.ts";
import { type Policy, parseRanges } from "../../src/policy/schema.ts";
import { link } from "../link.ts";

function read(text: string): Policy | string {
  try {
    return parsePolicy(Buffer.from(text), "policy.json");
  } catch (error) {
    if (error instanceof CniError && error.code === 106) return `${error.message}\n${error.details}`;
    throw error;
  }
}

describe("a policy's text", () => {
  test.each<[string, Policy]>([
    ["{}", {}],
    [' {"bond": true, "allowInUse": false} ', { bond: true, allowInUse: false }],
    ['{"interfaces":{"allow":["ens*"],"deny":[]}}', { interfaces: { allow: ["ens*"], deny: [] } }],
    ['{"vlanIDs":"100-199, 300"}', { vlanIDs: "100-199, 300" }],
  ])("%s is read", (text, policy) => {
    expect(read(text)).toEqual(policy);
  });

  test.each([
    ["", "policy.json is empty"],
    ["[]", "got [], allowed an object"],
    ["null", "got null, allowed an object"],
    ['{"bond":false}{}', "there is something after its end"],
    ['{"bond":"no"}', 'bond: got "no", allowed true or false'],
    ['{"bond":null}', "bond: got null, allowed true or false"],
    ['{"nodePathRoutes":["10.0.0.0"]}', 'nodePathRoutes[0]: got "10.0.0.0", allowed a subnet such as 10.0.0.0/8'],
    ['{"bond":1.0}', "bond: got 1, allowed true or false"],
    [
      '{"Bond":false}',
      'unknown key "Bond", allowed interfaces, vlanIDs, bond, allowInUse, removeUnused, probe, linkInContainer, nodePath, nodePathRoutes, nodePathAddresses, plugin, pluginTypes, ipamTypes; did you mean bond?',
    ],
    ['{"bond":false,"bond":true}', 'the key "bond" is there twice'],
    ['{"interfaces":["ens*"]}', 'interfaces: got ["ens*"], allowed an object with allow, deny and slaveKinds'],
    [
      '{"interfaces":{"denyed":["a"]}}',
      'interfaces: unknown key "denyed", allowed allow, deny, slaveKinds; did you mean deny?',
    ],
    [
      '{"interfaces":{"deny":"eth0"}}',
      'interfaces.deny: got "eth0", allowed an array of names or patterns with * and ?',
    ],
    [
      '{"interfaces":{"deny":["eth[01]"]}}',
      'interfaces.deny[0]: got "eth[01]", allowed a name or a pattern with * and ?',
    ],
    ['{"interfaces":{"deny":["eth0,eth1"]}}', "each in an item of its own"],
    ['{"interfaces":{"deny":[""]}}', 'interfaces.deny[0]: got ""'],
    ['{"vlanIDs":""}', 'vlanIDs: got "", allowed VLAN ids from 1 to 4094 and ranges of them, such as 100-199,300'],
    ['{"vlanIDs":300}', "vlanIDs: got 300, allowed VLAN ids"],
  ])("%s is refused", (text, words) => {
    const message = read(text);
    expect(message).toContain("nothing is allowed until the node's policy");
    expect(message).toContain(words);
  });

  test("all that is wrong is told at once", () => {
    const message = read('{"bond":1,"vlanIDs":"x","interfaces":{"alow":[]}}');
    for (const word of ["bond: got 1", 'vlanIDs: got "x"', 'unknown key "alow"']) expect(message).toContain(word);
  });
});

test.each([
  ["5", [[5, 5]]],
  [
    "100-199,300",
    [
      [100, 199],
      [300, 300],
    ],
  ],
  [" 1 - 4094 ", [[1, 4094]]],
  ["0", undefined],
  ["4095", undefined],
  ["5-4", undefined],
  ["5-", undefined],
  ["5,", undefined],
  ["0x5", undefined],
  ["05", undefined],
])("the ranges %j are %j", (text, ranges) => {
  expect(parseRanges(text)).toEqual(ranges as never);
});

test.each([
  ["ens*", "ens192", true],
  ["ens*", "ens", true],
  ["ens*", "xens1", false],
  ["eth?", "eth0", true],
  ["eth?", "eth10", false],
  ["*", "any.thing+1", true],
  ["a.b", "axb", false],
  ["ETH0", "eth0", false],
  ["*.100", "ens1.100", true],
  ["*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*x", "a".repeat(127), false],
  ["**s??*", "ens192", true],
  ["*", "", true],
])("%s matches %s: %p", (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected);
});

const eth0 = link(2, "eth0", { altNames: ["enp1s0", "lom1"] });
const eth1 = link(3, "eth1");

const eth05 = link(5, "eth0.5", { kind: "vlan", parent: "eth0", vlan: { id: 5, protocol: "802.1Q" } });

function judge(
  policy: Policy,
  interfaces: readonly string[],
  below: readonly Link[] = [],
  more: object = {},
): string[] {
  const desired: Desired = {
    interfaces,
    bond: undefined,
    vlans: interfaces.map((parent) => ({
      name: `${parent}.100`,
      shortName: undefined,
      parent,
      id: 100,
      protocol: "802.1Q",
      settings: [],
    })),
    mtu: undefined,
    allowDuplicateVlanID: false,
    allowInUse: false,
    place: "node",
    addresses: [],
    routes: [],
    ...more,
  };
  const current: Current = { links: [eth0, eth1, eth05], vlans: [], uses: new Map() };
  return findForbidden(policy, desired, current, below).map(({ link }) => link);
}

describe("a NIC's names", () => {
  test.each<[Policy["interfaces"], string, boolean]>([
    [{ deny: ["eth0"] }, "enp1s0", false],
    [{ deny: ["lom*"] }, "eth0", false],
    [{ deny: ["lom*"] }, "enp1s0", false],
    [{ allow: ["eth0"] }, "lom1", true],
    [{ allow: ["eth1"] }, "lom1", false],
    [{ allow: ["*"], deny: ["enp*"] }, "eth0", false],
    [{ allow: [] }, "eth1", false],
    [{ deny: [] }, "eth1", true],
    [{}, "eth1", true],
    [{ deny: ["eth0"] }, "eth1", true],
    [{ deny: ["eth*.100"] }, "eth1", false],
  ])("%j: %s may be used: %p", (interfaces, name, may) => {
    expect(judge({ interfaces }, [name]).length === 0).toBe(may);
  });

  test("a VLAN that is listed, or lies below what is, counts as its id does", () => {
    expect(judge({ vlanIDs: "100" }, ["eth0"])).toEqual([]);
    expect(judge({ vlanIDs: "100" }, ["eth0.5"])).toEqual(["eth0.5"]);
    expect(judge({ vlanIDs: "5,100" }, ["eth0.5"])).toEqual([]);
    expect(judge({ vlanIDs: "100" }, ["eth1"], [{ ...eth05, master: "eth1" }])).toEqual(["eth0.5"]);
    // In a Pod it is the Pod's own.
    expect(judge({ vlanIDs: "100" }, ["eth0.5"], [], { place: "pod" })).toEqual([]);
  });

  test("whether a config may ask on the wire", () => {
    const probe = { probe: { addresses: ["192.0.2.1"], timeout: 3, onSilence: "fail" } };
    expect(judge({ probe: false }, ["eth0"], [], probe)).toEqual(["eth0"]);
    expect(judge({ probe: true }, ["eth0"], [], probe)).toEqual([]);
    expect(judge({ probe: false }, ["eth0"])).toEqual([]);
  });

  test.each<[Policy, type: string, may: boolean]>([
    [{}, "bridge", true],
    [{ bond: false, interfaces: { slaveKinds: ["veth"] } }, "bridge", true],
    [{ plugin: false }, "ipvlan", false],
    [{ pluginTypes: ["ipvlan"] }, "ipvlan", true],
    [{ pluginTypes: ["ipvlan"] }, "macvlan", false],
    [{ pluginTypes: [] }, "ipvlan", false],
    // Others would get around it: they find what they use in keys of their own.
    [{ interfaces: { deny: ["eth0"] } }, "host-device", false],
    [{ interfaces: { allow: ["*"] } }, "bridge", false],
    [{ vlanIDs: "100" }, "vlan", false],
    [{ vlanIDs: "100", interfaces: { allow: ["eth1"] } }, "macvlan", true],
    [{ interfaces: { allow: ["eth1"] } }, "ipvlan", true],
    [{ interfaces: { allow: ["eth1"] }, pluginTypes: ["host-device"] }, "host-device", true],
  ])("%j: the main plugin %s may be used: %p", (policy, plugin, may) => {
    expect(judge(policy, ["eth1"], [], { plugin })).toEqual(may ? [] : [plugin]);
  });

  test("a denied NIC below a listed link is found by each of its names", () => {
    const slave = link(9, "eth9", { altNames: ["mgmt"], master: "eth1" });
    expect(judge({ interfaces: { deny: ["mgmt"] } }, ["eth1"], [slave])).toEqual(["eth9"]);
    expect(judge({ interfaces: { allow: ["eth1"] } }, ["eth1"], [slave])).toEqual([]);
  });
});

describe("a way from the Pod to its node", () => {
  const path = (subnets: string[], addresses: string[] = []): Desired => ({
    ...noLinks,
    place: "pod",
    path: { end: undefined, neighbours: [], mac: undefined, leaving: [], subnets, addresses },
  });
  const nothing: Current = { links: [], vlans: [], uses: new Map() };

  test.each<[Policy, string[], string[]]>([
    [{}, ["0.0.0.0/0"], []],
    [{ linkInContainer: false, bond: false, vlanIDs: "1" }, ["10.96.0.0/16"], []],
    [{ nodePath: true, nodePathRoutes: [] }, [], []],
    [{ nodePath: false }, [], ["nodePath: leave the entry out"]],
    [{ nodePathRoutes: ["10.0.0.0/8", "fd00::/8"] }, ["10.96.0.0/16", "10.0.0.0/8", "fd00:96::/112"], []],
    [
      { nodePathRoutes: ["10.96.0.0/16"] },
      ["10.0.0.0/8", "10.96.0.0/17", "fd00::/8"],
      ["10.0.0.0/8", "fd00::/8"].map((to) => `the route ${to}, it allows subnets of 10.96.0.0/16: leave it out`),
    ],
    [{ nodePathRoutes: [] }, ["10.0.0.0/8"], ["the route 10.0.0.0/8, it allows subnets of none: leave it out"]],
  ])("%j with %j", (policy, subnets, expected) => {
    const words = "the node's policy /etc/ifacer/policy.json forbids ";
    const found = findForbidden(policy, path(subnets), nothing, []);
    expect(found.map(({ message }) => message)).toEqual(expected.map((what) => `${words}${what}`));
  });

  test.each<[Policy, string[], string[]]>([
    [{}, ["169.254.169.254"], []],
    [{ nodePathAddresses: ["192.0.2.0/24", "2001:db8::/64"] }, ["192.0.2.10", "2001:db8::10"], []],
    [{ nodePathAddresses: ["192.0.2.0/24"] }, ["10.0.0.5", "192.0.2.10", "2001:db8::10"], ["10.0.0.5", "2001:db8::10"]],
    [{ nodePathAddresses: ["192.0.2.10/31"] }, ["192.0.2.9", "192.0.2.11"], ["192.0.2.9"]],
  ])("%j with a Pod of %j", (policy, addresses, expected) => {
    const found = findForbidden(policy, path([], addresses), nothing, []);
    expect(found.map(({ message }) => message)).toEqual(
      expected.map(
        (address) =>
          `the node's policy /etc/ifacer/policy.json forbids nodePath to a Pod with the address ${address}, it allows ${policy.nodePathAddresses?.join(", ")}: give the Pod another`,
      ),
    );
  });
});
