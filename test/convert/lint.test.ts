import { expect, test } from "bun:test";
import { convertSpiderMultusConfig } from "../../src/convert/convert.ts";

const node = " (Spiderpool lets it through, ifacer on the node does not)";

function notes(spec: object, annotations: Record<string, string> = {}): string[] {
  const document = {
    apiVersion: "spiderpool.spidernet.io/v2beta1",
    kind: "SpiderMultusConfig",
    metadata: { name: "n", annotations },
    spec,
  };
  const conversion = convertSpiderMultusConfig(document);
  if (!conversion.ok) throw new Error(JSON.stringify(conversion.problems));
  return conversion.notes.map(({ path, message }) => `${path}: ${message}`);
}

function macvlan(block: object): object {
  return { cniType: "macvlan", macvlan: block };
}

test.each<[string, object, string[]]>([
  ["nothing to say", macvlan({ master: ["a"] }), []],
  ["a VLAN", macvlan({ master: ["a"], vlanID: 7 }), []],
  ["a bond", macvlan({ master: ["a", "b"], bond: { name: "b0", mode: 1, options: "primary=a" } }), []],
  [
    "a master twice",
    macvlan({ master: ["a", "a"], bond: { name: "b0", mode: 1 } }),
    [`spec.macvlan.master[1]: a is listed twice${node}`],
  ],
  ["an empty master", macvlan({ master: [""] }), [`spec.macvlan.master[0]: the name "" is empty${node}`]],
  [
    "a bond of one",
    macvlan({ master: ["a"], bond: { name: "b0", mode: 1, options: "?" } }),
    ["spec.macvlan.bond: the bond is ignored: a is the only interface"],
  ],
  [
    "a bond named as one of its masters",
    macvlan({ master: ["a", "b"], bond: { name: "a", mode: 1 } }),
    [`spec.macvlan.bond.name: a is also one of the interfaces${node}`],
  ],
  [
    "a long bond name",
    macvlan({ master: ["a", "b"], bond: { name: "b".repeat(16), mode: 1 } }),
    [`spec.macvlan.bond.name: the name "bbbbbbbbbbbbbbbb" has 16 bytes, allowed are 15${node}`],
  ],
  [
    "an MTU that none can have",
    macvlan({ master: ["a"], mtu: 20 }),
    ["spec.macvlan.mtu: is 20, which no link can have"],
  ],
  [
    "a field that there is not",
    macvlan({ master: ["a"], vlanId: 7 }),
    ["spec.macvlan.vlanId: is no field of a SpiderMultusConfig, a cluster drops it; did you mean vlanID?"],
  ],
  [
    "a field of a trunk that there is not",
    { cniType: "ovs", ovs: { bridge: "b", trunk: [{ id: 1, ID: 2 }] } },
    ["spec.ovs.trunk[0].ID: is no field of a SpiderMultusConfig, a cluster drops it; did you mean id?"],
  ],
  [
    "matchMasterSubnet where it does nothing",
    { cniType: "ovs", ovs: { bridge: "b", ippools: { matchMasterSubnet: true } } },
    ["spec.ovs.ippools.matchMasterSubnet: has no effect with cniType ovs, only with sriov"],
  ],
  [
    "customCNI, empty",
    { customCNI: "" },
    ["spec.customCNI: is empty: Multus looks for a config of this name on the node"],
  ],
  ["customCNI, a list", { customCNI: "[]" }, ["spec.customCNI: has neither type nor plugins, no node can run it"]],
  ["customCNI, a conflist", { customCNI: '{"plugins":[]}' }, []],
])("%s", (_, spec, expected) => {
  expect(notes(spec)).toEqual(expected);
});

test.each([
  ["garbage", "total garbage", "spec.macvlan.bond.options"],
  ["arp_interval without a target", "arp_interval=1", "spec.macvlan.bond.options"],
  ["an option of another mode", "lacp_rate=1", "spec.macvlan.bond.options"],
])("bond options: %s", (_, options, path) => {
  const found = notes(macvlan({ master: ["a", "b"], bond: { name: "b0", mode: 1, options } }));
  expect(found).toHaveLength(1);
  expect(found[0]).toStartWith(`${path}: `);
});

test("a VLAN name that is too long for a link", () => {
  const [note = "", ...others] = notes(macvlan({ master: ["enp175s0f0np0"], vlanID: 1000 }));
  expect(others).toEqual([]);
  expect(note).toMatch(
    /^spec\.macvlan\.vlanID: enp175s0f0np0\.1000 is too long for a link's own name: the VLAN is made as v1000-[0-9a-z]{9} /,
  );
});

test("the vlan plugin's VLAN is in the Pod, its name is of no matter", () => {
  expect(notes({ cniType: "vlan", vlan: { master: ["enp175s0f0np0"], vlanID: 1000 } })).toEqual([]);
});

test("a network name that no runtime takes", () => {
  expect(notes(macvlan({ master: ["a"] }), { "cni.spidernet.io/cniconfig-name": "a b" })).toEqual([
    'metadata.annotations["cni.spidernet.io/cniconfig-name"]: is "a b", which no runtime takes as a network\'s name',
  ]);
});

test("a bare object has passed the cluster's ranges: they are but noted", () => {
  const spec = { enableCoordinator: false, ...macvlan({ master: ["a", "b"], bond: { name: "b0", mode: 9 } }) };
  const conversion = convertSpiderMultusConfig({ metadata: { name: "n" }, spec });
  expect(conversion).toMatchObject({
    ok: true,
    notes: [{ path: "spec.macvlan.bond.mode", message: "is 9, allowed are 0 to 6" }],
  });
});
