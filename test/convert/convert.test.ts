import { describe, expect, test } from "bun:test";
import { convertSpiderMultusConfig } from "../../src/convert/convert.ts";

const typeMeta = { apiVersion: "spiderpool.spidernet.io/v2beta1", kind: "SpiderMultusConfig" };
const metadata = { name: "n", namespace: "ns" };

/** Without coordinator and IPAM, so that a row shows but its own plugins. */
const bare = { enableCoordinator: false, disableIPAM: true };

function plugins(config: string): string {
  return config.replace('{"cniVersion":"0.3.1","name":"n","plugins":', "").slice(0, -1);
}

function convert(document: object) {
  const conversion = convertSpiderMultusConfig(document);
  if (!conversion.ok) throw new Error(JSON.stringify(conversion.problems));
  return conversion;
}

function problems(document: unknown): string[] {
  const conversion = convertSpiderMultusConfig(document);
  return conversion.ok ? [] : conversion.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe("plugins", () => {
  test.each([
    [
      "macvlan, one NIC",
      { cniType: "macvlan", macvlan: { master: ["a"] } },
      '[{"type":"macvlan","master":"a","mode":"bridge","mtu":0}]',
    ],
    [
      "ipvlan, MTU",
      { cniType: "ipvlan", ipvlan: { master: ["a"], mtu: 1400 } },
      '[{"type":"ipvlan","master":"a","mtu":1400}]',
    ],
    [
      "a bond without VLAN",
      { cniType: "macvlan", macvlan: { master: ["a", "b"], bond: { name: "b0", mode: 4 } } },
      '[{"type":"ifacer","interfaces":["a","b"],"bond":{"name":"b0","mode":4,"options":""}},{"type":"macvlan","master":"b0","mode":"bridge","mtu":0}]',
    ],
    [
      "vlan, id by default",
      { cniType: "vlan", vlan: { master: ["a"] } },
      '[{"type":"vlan","master":"a","vlanMode":"manual","vlanId":0,"mtu":0}]',
    ],
    [
      "vlan, auto",
      { cniType: "vlan", vlan: { master: ["a"], vlanMode: "auto" } },
      '[{"type":"vlan","master":"a","vlanMode":"auto","mtu":0}]',
    ],
    [
      "vlan, one NIC: no ifacer",
      { cniType: "vlan", vlan: { master: ["a"], vlanID: 9, bond: { name: "b0", mode: 1 } } },
      '[{"type":"vlan","master":"a","vlanMode":"manual","vlanId":9,"mtu":0}]',
    ],
    [
      "sriov with all",
      {
        cniType: "sriov",
        sriov: { resourceName: "r", vlanID: 5, minTxRateMbps: 1, maxTxRateMbps: 2, rdmaIsolation: true, mtu: 4200 },
      },
      '[{"vlan":5,"min_tx_rate":1,"max_tx_rate":2,"type":"sriov"},{"type":"rdma"},{"type":"tuning","mtu":4200}]',
    ],
    [
      "ib-sriov by default",
      { cniType: "ib-sriov", ibsriov: { resourceName: "r" } },
      '[{"type":"ib-sriov","pkey":"","link_state":"enable","rdmaIsolation":true,"ibKubernetesEnabled":false}]',
    ],
    [
      "ib-sriov with all",
      {
        cniType: "ib-sriov",
        ibsriov: { resourceName: "r", pkey: "0x1", linkState: "auto", rdmaIsolation: false, enableIbKubernetes: true },
      },
      '[{"type":"ib-sriov","pkey":"0x1","link_state":"auto","rdmaIsolation":false,"ibKubernetesEnabled":true}]',
    ],
    ["ipoib", { cniType: "ipoib", ipoib: { master: "ib0" } }, '[{"type":"ipoib","master":"ib0"}]'],
    ["ovs, access port", { cniType: "ovs", ovs: { bridge: "br1" } }, '[{"vlan":0,"type":"ovs","bridge":"br1"}]'],
    [
      "ovs, trunk",
      { cniType: "ovs", ovs: { bridge: "br1", trunk: [{ id: 0 }, { minID: 0, maxID: 4094 }, { minID: 3 }] } },
      '[{"vlan":0,"type":"ovs","bridge":"br1","trunk":[{"id":0},{"minID":0,"maxID":4094},{"minID":3}]}]',
    ],
  ])("%s", (_, spec, expected) => {
    expect(plugins(convert({ ...typeMeta, metadata, spec: { ...bare, ...spec } }).manifest.spec.config)).toBe(expected);
  });
});

describe("IPAM", () => {
  test.each([
    [
      "IPv6 only",
      "ipvlan",
      { master: ["a"], ippools: { ipv6: ["p6"] } },
      '{"type":"spiderpool","default_ipv6_ippool":["p6"]}',
    ],
    ["empty lists", "ipvlan", { master: ["a"], ippools: { ipv4: [], ipv6: [] } }, '{"type":"spiderpool"}'],
    [
      "both",
      "ipvlan",
      { master: ["a"], ippools: { ipv6: ["b"], ipv4: ["a"] } },
      '{"type":"spiderpool","default_ipv4_ippool":["a"],"default_ipv6_ippool":["b"]}',
    ],
    [
      "matchMasterSubnet",
      "sriov",
      { resourceName: "r", ippools: { matchMasterSubnet: true } },
      '{"type":"spiderpool","match_master_subnet":true}',
    ],
    [
      "matchMasterSubnet off",
      "sriov",
      { resourceName: "r", ippools: { matchMasterSubnet: false } },
      '{"type":"spiderpool"}',
    ],
  ])("%s", (_, cniType, block, expected) => {
    const spec = { cniType, enableCoordinator: false, [cniType]: block };
    expect(convert({ metadata, spec }).manifest.spec.config).toEndWith(`"ipam":${expected}}]}`);
  });
});

describe("coordinator", () => {
  const ipvlan = { cniType: "ipvlan", disableIPAM: true, ipvlan: { master: ["a"] } };

  test.each([
    [
      "a bare object, tunePodRoutes not given",
      {},
      {},
      '{"txQueueLen":0,"tunePodRoutes":false,"mode":"auto","type":"coordinator"}',
    ],
    [
      "a manifest, tunePodRoutes not given",
      typeMeta,
      {},
      '{"txQueueLen":0,"tunePodRoutes":true,"mode":"auto","type":"coordinator"}',
    ],
    [
      "podRPFilter alone is not written",
      typeMeta,
      { podRPFilter: 1 },
      '{"txQueueLen":0,"tunePodRoutes":true,"mode":"auto","type":"coordinator"}',
    ],
    [
      "podRPFilter beside podCIDRType",
      typeMeta,
      { podRPFilter: -1, podCIDRType: "none", mode: "underlay" },
      '{"txQueueLen":0,"tunePodRoutes":true,"mode":"underlay","type":"coordinator","podRPFilter":-1}',
    ],
    [
      "empty texts and lists",
      typeMeta,
      { podMACPrefix: "", podDefaultRouteNIC: "", vethLinkAddress: "", hijackCIDR: [], policyRoutes: [] },
      '{"txQueueLen":0,"tunePodRoutes":true,"mode":"auto","type":"coordinator"}',
    ],
  ])("%s", (_, meta, coordinator, expected) => {
    const document = { ...meta, metadata, spec: { ...ipvlan, enableCoordinator: true, coordinator } };
    expect(plugins(convert(document).manifest.spec.config)).toBe(
      `[{"type":"ipvlan","master":"a","mtu":0},${expected}]`,
    );
  });

  test("comes after the chained plugins", () => {
    const spec = { ...ipvlan, chainCNIJsonData: ['{"type":"cilium-cni"}'] };
    expect(plugins(convert({ ...typeMeta, metadata, spec }).manifest.spec.config)).toBe(
      '[{"type":"ipvlan","master":"a","mtu":0},{"type":"cilium-cni"},{"tunePodRoutes":true,"mode":"auto","type":"coordinator"}]',
    );
  });
});

describe("names and annotations", () => {
  const spec = { ...bare, cniType: "ipoib", ipoib: { master: "ib0" } };

  test.each([
    ["cr-name names both", { "multus.spidernet.io/cr-name": "x.y" }, "x.y", '"0.3.1","name":"x.y"'],
    ["an empty cniconfig-name is none", { "cni.spidernet.io/cniconfig-name": "" }, "n", '"0.3.1","name":"n"'],
    ["cniconfig-name", { "cni.spidernet.io/cniconfig-name": "c" }, "n", '"0.3.1","name":"c"'],
    ["cni-version", { "multus.spidernet.io/cni-version": "0.4.0" }, "n", '"0.4.0","name":"n"'],
  ])("%s", (_, annotations, name, head) => {
    const { manifest } = convert({ metadata: { ...metadata, annotations }, spec });
    expect(manifest.metadata).toEqual({ name, namespace: "ns", annotations });
    expect(manifest.spec.config).toStartWith(`{"cniVersion":${head},`);
  });

  test("no namespace, none written", () => {
    expect(convert({ metadata: { name: "n" }, spec }).manifest.metadata).toEqual({ name: "n", annotations: {} });
  });

  test.each([
    ["sriov", { cniType: "sriov", sriov: { resourceName: "r/x" } }, { "k8s.v1.cni.cncf.io/resourceName": "r/x" }],
    [
      "ib-sriov",
      { cniType: "ib-sriov", ibsriov: { resourceName: "r/x" } },
      { "k8s.v1.cni.cncf.io/resourceName": "r/x" },
    ],
    [
      "ovs with a device",
      { cniType: "ovs", ovs: { bridge: "br", deviceID: "0000:01:00.0" } },
      { "k8s.v1.cni.cncf.io/resourceName": "ovs-cni.network.kubevirt.io/br" },
    ],
    ["ovs without", { cniType: "ovs", ovs: { bridge: "br" } }, {}],
  ])("resource of %s", (_, block, annotations) => {
    expect(convert({ metadata, spec: { ...bare, ...block } }).manifest.metadata.annotations).toEqual(annotations);
  });
});

describe("custom", () => {
  test.each([
    ["nothing given", {}, ""],
    ["its text as it stands", { customCNI: ' {"b":1,\n"a":"<"} ' }, ' {"b":1,\n"a":"<"} '],
    [
      "chained plugins don't count",
      { customCNI: '{"type":"x"}', chainCNIJsonData: ['{"type":"tuning"}'] },
      '{"type":"x"}',
    ],
    [
      "nor does a coordinator",
      { customCNI: '{"type":"x"}', enableCoordinator: true, coordinator: { podMACPrefix: "?" } },
      '{"type":"x"}',
    ],
  ])("%s", (_, spec, config) => {
    expect(convert({ ...typeMeta, metadata, spec }).manifest.spec.config).toBe(config);
  });
});

describe("refused", () => {
  const macvlan = { cniType: "macvlan", macvlan: { master: ["a"] } };

  test.each([
    ["nothing", null, [": expected a SpiderMultusConfig object, got null"]],
    ["a text", "x", [': expected a SpiderMultusConfig object, got "x"']],
    [
      "another kind",
      { ...typeMeta, kind: "Pod", metadata, spec: {} },
      ['kind: expected SpiderMultusConfig, got "Pod"'],
    ],
    [
      "another version",
      { ...typeMeta, apiVersion: "v1", metadata, spec: {} },
      ['apiVersion: expected spiderpool.spidernet.io/v2beta1, got "v1"'],
    ],
    ["kind alone", { kind: "SpiderMultusConfig", metadata, spec: {} }, ["apiVersion: is missing"]],
    ["no metadata", { ...typeMeta, spec: {} }, ["metadata: expected an object with a name, got nothing"]],
    ["no name", { ...typeMeta, metadata: {}, spec: {} }, ["metadata.name: expected a string, got nothing"]],
    ["spec of another type", { ...typeMeta, metadata, spec: [] }, ["spec: expected an object, got []"]],
    [
      "wrong types, all of them",
      {
        ...typeMeta,
        metadata,
        spec: { cniType: "macvlan", enableCoordinator: "yes", macvlan: { master: [null], vlanID: "7", mtu: 1.5 } },
      },
      [
        "spec.macvlan.master[0]: expected a string, got null",
        'spec.macvlan.vlanID: expected an integer, got "7"',
        "spec.macvlan.mtu: expected an integer, got 1.5",
        'spec.enableCoordinator: expected true or false, got "yes"',
      ],
    ],
    [
      "an endless number",
      { ...typeMeta, metadata, spec: { ovs: { vlan: Number.POSITIVE_INFINITY } } },
      ["spec.ovs.vlan: expected an integer, got Infinity"],
    ],
    [
      "an annotation that is no text",
      { ...typeMeta, metadata: { ...metadata, annotations: { a: 1 } }, spec: macvlan },
      ["metadata.annotations.a: expected a string, got 1"],
    ],
  ])("%s", (_, document, expected) => {
    expect(problems(document)).toEqual(expected);
  });

  const refusals: [string, object, string[]][] = [
    [
      "an unknown type",
      { cniType: "eni" },
      ['spec.cniType: is "eni", allowed are macvlan, ipvlan, vlan, sriov, ib-sriov, ipoib, ovs, custom'],
    ],
    ["no block", { cniType: "ipvlan" }, ["spec.ipvlan: is missing, cniType ipvlan needs it"]],
    [
      "two blocks",
      { ...macvlan, ovs: { bridge: "b" } },
      ["spec.ovs: does not go with cniType macvlan, which takes spec.macvlan only"],
    ],
    [
      "an empty customCNI",
      { ...macvlan, customCNI: "" },
      ["spec.customCNI: does not go with cniType macvlan, which takes spec.macvlan only"],
    ],
    [
      "a block beside custom",
      { macvlan: { master: ["a"] } },
      ["spec.macvlan: does not go with cniType custom, which takes spec.customCNI only"],
    ],
    [
      "no masters",
      { cniType: "macvlan", macvlan: { master: [] } },
      ["spec.macvlan.master: is empty, at least one interface name is needed"],
    ],
    [
      "master not given",
      { cniType: "vlan", vlan: {} },
      ["spec.vlan.master: is empty, at least one interface name is needed"],
    ],
    [
      "two masters, no bond",
      { cniType: "ipvlan", ipvlan: { master: ["a", "b"] } },
      ["spec.ipvlan.bond: is missing, 2 masters need a bond"],
    ],
    [
      "two masters, a bond without a name",
      { cniType: "macvlan", macvlan: { master: ["a", "b"], bond: { name: "", mode: 1 } } },
      ["spec.macvlan.bond.name: is empty, the bond needs a name"],
    ],
    [
      "a bond mode that is none",
      { cniType: "macvlan", macvlan: { master: ["a"], bond: { name: "b", mode: 7 } } },
      ["spec.macvlan.bond.mode: is 7, allowed are 0 to 6"],
    ],
    [
      "a VLAN id below 0",
      { cniType: "macvlan", macvlan: { master: ["a"], vlanID: -1 } },
      ["spec.macvlan.vlanID: is -1, allowed are 0 to 4094"],
    ],
    [
      "a VLAN id above 4094",
      { cniType: "vlan", vlan: { master: ["a"], vlanID: 4095 } },
      ["spec.vlan.vlanID: is 4095, allowed are 0 to 4094"],
    ],
    [
      "a vlanMode that is none",
      { cniType: "vlan", vlan: { master: ["a"], vlanMode: "x" } },
      ['spec.vlan.vlanMode: is "x", allowed are manual and auto'],
    ],
    [
      "auto with an id of 0",
      { cniType: "vlan", vlan: { master: ["a"], vlanMode: "auto", vlanID: 0 } },
      ["spec.vlan.vlanID: is 0, but vlanMode auto finds the id by itself"],
    ],
    [
      "matchMasterSubnet",
      { cniType: "ipvlan", ipvlan: { master: ["a"], ippools: { matchMasterSubnet: true } } },
      ["spec.ipvlan.ippools.matchMasterSubnet: is true, which cniType ipvlan does not support"],
    ],
    [
      "a least rate without a most",
      { cniType: "sriov", sriov: { resourceName: "r", minTxRateMbps: 10 } },
      ["spec.sriov.minTxRateMbps: is 10, more than maxTxRateMbps, which is 0"],
    ],
    [
      "ib-sriov without resource",
      { cniType: "ib-sriov", ibsriov: { resourceName: "" } },
      ["spec.ibsriov.resourceName: is missing, the resource that the device plugin reports is needed"],
    ],
    [
      "ipoib without master",
      { cniType: "ipoib", ipoib: {} },
      ["spec.ipoib.master: is missing, the host's InfiniBand interface is needed"],
    ],
    ["ovs without bridge", { cniType: "ovs", ovs: {} }, ["spec.ovs.bridge: is missing"]],
    [
      "ovs, VLAN id",
      { cniType: "ovs", ovs: { bridge: "b", vlan: 4095 } },
      ["spec.ovs.vlan: is 4095, allowed are 0 to 4094"],
    ],
    [
      "ovs, trunk",
      {
        cniType: "ovs",
        ovs: { bridge: "b", trunk: [{ minID: 9, maxID: 8 }, { minID: 5000 }, { id: 4095 }, { id: 4097 }] },
      },
      [
        "spec.ovs.trunk[0].maxID: is 8, less than minID, which is 9",
        "spec.ovs.trunk[1].minID: is 5000, allowed are 0 to 4094",
        "spec.ovs.trunk[3].id: is 4097, allowed are 0 to 4094",
        "spec.ovs.trunk[2].id: is 4095, allowed are 0 to 4094",
      ],
    ],
    [
      "ovs, a trunk of nothing",
      { cniType: "ovs", ovs: { bridge: "b", trunk: [null] } },
      ["spec.ovs.trunk[0]: expected an object, got null"],
    ],
    ["customCNI that is no JSON", { customCNI: "{x" }, ["spec.customCNI: is not valid JSON"]],
    [
      "a chain that is no JSON",
      { ...macvlan, chainCNIJsonData: ["{x", '{"type":"ok"}'] },
      ["spec.chainCNIJsonData[0]: is not valid JSON"],
    ],
    [
      "a coordinator mode that is none",
      { ...macvlan, coordinator: { mode: "x" } },
      ['spec.coordinator.mode: is "x", allowed are auto, underlay, overlay, disabled'],
    ],
    [
      "coordinator, all at once",
      {
        ...macvlan,
        coordinator: {
          podCIDRType: "x",
          hijackCIDR: ["10.0.0.0/8", "10.0.0.0/33", "x"],
          podMACPrefix: "0b:1b",
          podRPFilter: 3,
          txQueueLen: -1,
          vethLinkAddress: "x",
        },
      },
      [
        'spec.coordinator.podCIDRType: is "x", allowed are auto, cluster, calico, cilium, none',
        'spec.coordinator.hijackCIDR[1]: is "10.0.0.0/33", expected an IP address or a subnet',
        'spec.coordinator.hijackCIDR[2]: is "x", expected an IP address or a subnet',
        'spec.coordinator.podMACPrefix: is "0b:1b", expected two bytes such as 0a:1b, the first one even and less than 10 in hexadecimal',
        "spec.coordinator.podRPFilter: is 3, allowed are 0, 1, 2, or a negative number to leave it alone",
        "spec.coordinator.txQueueLen: is -1, expected 0 or more",
        'spec.coordinator.vethLinkAddress: is "x", expected an IP address such as 169.254.100.1',
      ],
    ],
  ];
  test.each(refusals)("%s", (_, spec, expected) => {
    expect(problems({ ...typeMeta, metadata, spec })).toEqual(expected);
  });

  test.each([
    ["multus.spidernet.io/cr-name", "", 'is "", expected a name of a-z'],
    ["multus.spidernet.io/cr-name", "A_b", 'is "A_b", expected a name of a-z'],
    ["multus.spidernet.io/cni-version", "1.1.0", 'is "1.1.0", allowed are 0.3.0, 0.3.1, 0.4.0, 1.0.0'],
    ["multus.spidernet.io/cni-version", "", 'is "", allowed are 0.3.0'],
  ])("annotation %s %p", (name, value, expected) => {
    const [problem = ""] = problems({
      ...typeMeta,
      metadata: { ...metadata, annotations: { [name]: value } },
      spec: macvlan,
    });
    expect(problem).toStartWith(`metadata.annotations["${name}"]: ${expected}`);
  });

  test("a resource to inject without one, and without pools", () => {
    const annotations = { "cni.spidernet.io/rdma-resource-inject": "x" };
    expect(problems({ ...typeMeta, metadata: { ...metadata, annotations }, spec: macvlan })).toEqual([
      "spec.macvlan.rdmaResourceName: is missing, the annotation cni.spidernet.io/rdma-resource-inject needs it",
      "spec.macvlan.ippools: is empty, the annotation cni.spidernet.io/rdma-resource-inject needs a pool",
    ]);
  });

  test("a document that contains itself", () => {
    const self: Record<string, unknown> = { ...typeMeta, metadata };
    self["spec"] = { self };
    expect(problems(self)).toEqual([": is nested too deeply, or contains itself"]);
  });

  test.each([
    ["a manifest gets the default", typeMeta, []],
    [
      "a bare object has none",
      {},
      [
        "spec.enableCoordinator: is missing; set it to true or false, or add apiVersion and kind to have the cluster's defaults applied",
      ],
    ],
  ])("no enableCoordinator: %s", (_, meta, expected) => {
    expect(problems({ ...meta, metadata, spec: macvlan })).toEqual(expected);
  });
});
