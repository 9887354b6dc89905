import { describe, expect, test } from "bun:test";
import { shortenVlanName } from "../../src/config/linkNames.ts";
import { readPodEntry } from "../../src/config/podEntry.ts";
import { nameTopmost } from "../../src/config/topmost.ts";
import { decodeJson, encodeJson, JsonObject } from "../../src/json.ts";

function read(entry: object, ifName = "eth0") {
  const body = decodeJson(Buffer.from(JSON.stringify({ linkInContainer: true, ...entry })), "the entry");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  return readPodEntry(body, { ifName });
}

const two = ["eth0", "eth1"];
const long = "enp175s0f0np0";

describe("what is made follows from the config and CNI_IFNAME", () => {
  test.each<[entry: object, ifName: string, links: string[], topmost: string]>([
    [{ vlanID: 3 }, "eth0", ["eth0.3 on eth0"], "eth0.3"],
    [{ VlanId: 3 }, "net1", ["net1.3 on net1"], "net1.3"],
    [{ vlanID: 3, interfaces: ["eth0"] }, "eth0", ["eth0.3 on eth0"], "eth0.3"],
    [{ vlanID: 3, interfaces: ["eth0"] }, "net1", ["net1 on eth0"], "net1"],
    [{ vlanID: 3, master: "eth0" }, "net1", ["net1 on eth0"], "net1"],
    [{ vlanID: 3, Master: "eth0" }, "net1", ["net1 on eth0"], "net1"],
    [{ vlanID: 3, master: "" }, "net1", ["net1.3 on net1"], "net1.3"],
    [{ vlanID: 3, master: null, interfaces: null }, "net1", ["net1.3 on net1"], "net1.3"],
    [{ vlanID: 3, interfaces: two }, "net1", ["eth0.3 on eth0", "eth1.3 on eth1"], "eth0.3"],
    [{ vlanID: 3, interfaces: two }, "eth0", ["eth0.3 on eth0", "eth1.3 on eth1"], "eth0.3"],
    [{ vlanID: 3, vlan: { name: "v" } }, "eth0", ["v on eth0"], "v"],
    [{ vlanID: 3, master: "eth0", vlan: { name: "v" } }, "net1", ["v on eth0"], "v"],
    [{ bond: {}, interfaces: two }, "net1", ["bond net1"], "net1"],
    [{ bond: { name: "b" }, interfaces: two }, "net1", ["bond b"], "b"],
    [{ bond: {}, interfaces: two, vlanID: 3 }, "net1", ["bond net1", "net1.3 on net1"], "net1.3"],
    [{ bond: { name: "b" }, interfaces: two, vlanID: 3 }, "net1", ["bond b", "b.3 on b"], "b.3"],
    [{ bond: { name: "b" }, interfaces: two, vlanID: 3, vlan: { name: "v" } }, "net1", ["bond b", "v on b"], "v"],
    [{ bond: {}, master: "eth0", vlanID: 3 }, "net1", ["net1 on eth0"], "net1"],
    [{ vlanID: 1000 }, long, [`${long}.1000 on ${long}`], shortenVlanName(`${long}.1000`, 1000)],
  ])("%j for %s", (entry, ifName, links, topmost) => {
    const { desired, problems } = read(entry, ifName).reading;
    expect(problems).toEqual([]);
    expect([
      ...(desired?.bond ? [`bond ${desired.bond.name}`] : []),
      ...(desired?.vlans.map(({ name, parent }) => `${name} on ${parent}`) ?? []),
    ]).toEqual(links);
    expect([desired?.place, desired && nameTopmost(desired)]).toEqual(["pod", topmost]);
  });
});

test.each(["a/b", "../x", "..", "."])("ipam.type %j names no plugin", (type) => {
  const { desired, problems } = read({ vlanID: 3, ipam: { type } }).reading;
  expect([desired, problems.map(({ path }) => path)]).toEqual([undefined, ["ipam.type"]]);
});

test.each<[entry: object, type: string | undefined]>([
  [{ ipam: { type: "static" } }, "static"],
  [{ IPAM: { Type: "static" } }, "static"],
  [{ ipam: {} }, undefined],
  [{ ipam: { type: "" } }, undefined],
  [{ ipam: null }, undefined],
  [{}, undefined],
])("%j: the IPAM plugin is %s", (entry, type) => {
  expect(read({ vlanID: 3, ...entry }).reading.desired?.ipam).toBe(type);
});

test("mtu of 0 is none, as the reference vlan plugin has it; dns without members is none", () => {
  expect(read({ vlanID: 3, mtu: 0 }).reading.desired?.mtu).toBeUndefined();
  expect(read({ vlanID: 3, MTU: 0, dns: {} })).toMatchObject({ dns: undefined, reading: { problems: [] } });
  const { dns } = read({ vlanID: 3, dns: { nameservers: ["192.0.2.1"] } });
  expect(dns && encodeJson(dns)).toBe('{"nameservers":["192.0.2.1"]}');
});

test.each<[entry: object, code: number, problems: string[]]>([
  [{}, 7, ["vlanID: nothing would be made in the Pod: set vlanID, or bond (a bond needs two or more interfaces)"]],
  [{ interfaces: two }, 7, ["vlanID: nothing would be made in the Pod: set vlanID, or bond"]],
  [{ vlanID: 3, master: 5 }, 6, ["master: wrong type, got 5, allowed the name of one interface in the Pod"]],
  [{ vlanID: 3, linkInContainer: 1 }, 6, ["linkInContainer: wrong type, got 1, allowed true or false"]],
  [
    { vlanID: 3, master: "eth0", interfaces: two },
    7,
    ["master: master and interfaces both name interfaces: leave one of them out"],
  ],
  [
    { vlanID: 3, master: "eth 0" },
    7,
    ['interfaces[0]: the name "eth 0" has the character " ", which no link name may have here'],
  ],
  [
    { vlanID: 3, interfaces: two, ipam: { type: "static" } },
    7,
    ["ipam: can't be for 2 VLANs (eth0.3, eth1.3): make an entry of its own for each"],
  ],
  [{ bond: {}, interfaces: two }, 7, ["bond.name: eth0 is also one of the interfaces"]],
  [{ vlanID: 5000 }, 7, ["vlanID: out of range, got 5000, allowed an integer from 0 to 4094"]],
  [{ vlanID: 3, vlan: { name: "eth0" } }, 7, ["vlan.name: eth0 is also the name of a link below"]],
])("%j is not valid, code %d", (entry, code, problems) => {
  const { reading } = read(entry);
  expect(reading.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(problems);
  expect(reading).toMatchObject({ code });
});

test("duplicateVlanID is said to be ignored, and the node's own words about nothing to make are not", () => {
  expect(read({ vlanID: 3, duplicateVlanID: "reject" }).reading.warnings.map(({ path }) => path)).toEqual([
    "duplicateVlanID",
  ]);
});
