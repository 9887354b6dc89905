import { describe, expect, test } from "bun:test";
import { convertMultiNicNetwork } from "../../src/convert/multiNicNetwork.ts";

const blocks = '{ "type": "multi-nic-ipam", "hostBlock": 8, "interfaceBlock": 2, "vlanMode": "l3" }';

function network(spec: object, metadata: object = { name: "multinic" }): object {
  const plugin = { cniVersion: "0.3.0", type: "ipvlan", args: { mode: "l3" } };
  const whole = { ipam: blocks, multiNICIPAM: true, masterNets: ["10.0.1.0/24"], plugin, ...spec };
  return { apiVersion: "multinic.fms.io/v1", kind: "MultiNicNetwork", metadata, spec: whole, status: { message: "" } };
}

function convert(document: unknown) {
  const conversion = convertMultiNicNetwork(document);
  if (!conversion.ok) return { problems: conversion.problems.map(({ path, message }) => `${path}: ${message}`) };
  return {
    manifests: conversion.manifests.map(({ metadata, spec }) => ({ ...metadata, config: JSON.parse(spec.config) })),
    notes: conversion.notes.map(({ path }) => path),
  };
}

describe("what becomes of a MultiNicNetwork", () => {
  const base = {
    cniVersion: "0.3.0",
    name: "multinic",
    type: "ifacer",
    plugin: { type: "ipvlan", mode: "l3" },
    masterNets: ["10.0.1.0/24"],
    multiNICIPAM: true,
    ipam: { type: "multi-nic-ipam", hostBlock: 8, interfaceBlock: 2, vlanMode: "l3" },
  };
  test.each<[spec: object, config: object, notes: string[]]>([
    [{ namespaces: ["default"] }, base, []],
    [{ namespaces: ["default"], subnet: "" }, base, []],
    [{ namespaces: ["default"], subnet: "10.8.0.0/16" }, { ...base, subnet: "10.8.0.0/16" }, []],
    [{}, base, ["spec.namespaces"]],
    [{ namespaces: ["a"], attachPolicy: { strategy: "none" } }, base, []],
    [
      { namespaces: ["a"], attachPolicy: { strategy: "costOpt", target: "1Gbps" } },
      base,
      ["spec.attachPolicy.strategy"],
    ],
    [
      { namespaces: ["a"], plugin: { type: "macvlan", args: { mode: "bridge", mtu: "9000", master: "eth1" } } },
      { ...base, cniVersion: "0.3.1", plugin: { type: "macvlan", mode: "bridge", mtu: 9000 } },
      ["spec.plugin.args.master"],
    ],
  ])("%j", (spec, config, notes) => {
    const { manifests = [], notes: said } = convert(network(spec));
    expect(manifests.map((one) => one.config)).toEqual([config]);
    expect(said).toEqual(notes);
  });

  test("one for each namespace", () => {
    const { manifests = [] } = convert(network({ namespaces: ["a", "b"] }));
    expect(manifests.map(({ name, namespace }) => [name, namespace])).toEqual([
      ["multinic", "a"],
      ["multinic", "b"],
    ]);
  });
});

test.each<[spec: object, problems: string[]]>([
  [
    { plugin: { type: "sriov", args: { numVfs: "2" } } },
    [
      "spec.plugin.type: is sriov, which attaches Pods to devices of a device plugin: ifacer attaches them to NICs, by ipvlan or macvlan for example",
    ],
  ],
  [{ ipam: "{" }, [expect.stringContaining("spec.ipam: it is not valid JSON") as unknown as string]],
  [{ ipam: "[]" }, ["spec.ipam: is no JSON object"]],
  [{ ipam: { type: "x" } }, ["spec.ipam: expected JSON in a string"]],
  [{ plugin: { type: 5 } }, ["spec.plugin.type: expected a string"]],
  [
    { ipam: '{"type":"multi-config","ipam_type":"whereabouts","args":{}}' },
    ["spec.ipam: is of the type multi-config, which has a config for each NIC's name: write an entry for each NIC"],
  ],
  [
    { subnet: "10.0.0.1/16" },
    [expect.stringContaining("spec.subnet: ") as unknown as string, expect.any(String) as unknown as string],
  ],
])("what can't be one of ifacer's: %j", (spec, problems) => {
  expect(convert(network(spec)).problems).toEqual(problems);
});

test("what is no such document at all", () => {
  expect(convertMultiNicNetwork({ kind: "MultiNicNetwork" }).ok).toBe(false);
  expect(convertMultiNicNetwork(null).ok).toBe(false);
});
