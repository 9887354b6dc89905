import { expect, test } from "bun:test";
import {
  addressesOf,
  checkNames,
  describeDelegate,
  describeIpamOf,
  listInterfaces,
  partOf,
  placeOf,
} from "../../src/cni/entries/poolDelegates.ts";
import type { CniError } from "../../src/error.ts";
import { decodeJson, encodeJson, JsonObject } from "../../src/json.ts";
import { readPoolEntry } from "../../src/pool/entry.ts";

function object(value: object): JsonObject {
  const read = decodeJson(Buffer.from(JSON.stringify(value)), "the value");
  if (!(read instanceof JsonObject)) throw new Error("no object");
  return read;
}

const plain = (value: JsonObject | undefined) => value && JSON.parse(encodeJson(value));

const config = {
  name: "multi",
  type: "ifacer",
  plugin: { CNIVersion: "0.3.0", type: "ipvlan", mode: "l3", mtu: 9000, master: "x", ipam: { type: "x" }, args: {} },
  interfaces: ["ens1", "ens2"],
  capabilities: { ips: true },
  runtimeConfig: { ips: ["192.0.2.1"] },
  args: { cni: { nics: 2 } },
  prevResult: {},
  ipam: { type: "whereabouts", range: "192.0.2.0/24", Routes: [{ dst: "0.0.0.0/0" }] },
};

function entryOf(more: object) {
  const body = object({ ...config, ...more });
  const { entry, problems } = readPoolEntry(body);
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return { entry, body };
}

test("a main plugin gets its own keys, and from ifacer the version, the name, the NIC and the addresses", () => {
  const { entry, body } = entryOf({});
  const ipam = describeIpamOf(entry, body, { addresses: [] });
  expect(plain(describeDelegate(entry, { body, cniVersion: "1.0.0" }, { master: "ens1", ipam }))).toEqual({
    mode: "l3",
    mtu: 9000,
    args: {},
    runtimeConfig: { ips: ["192.0.2.1"] },
    cniVersion: "1.0.0",
    name: "multi",
    type: "ipvlan",
    master: "ens1",
    ipam: { type: "whereabouts", range: "192.0.2.0/24" },
  });
});

test.each<[more: object, addresses: { address: string; gateway?: string }[], ipam: object | undefined]>([
  [{ plugin: { type: "macvlan" }, ipam: undefined }, [], undefined],
  [{}, [{ address: "192.0.2.1/24" }], { type: "whereabouts", range: "192.0.2.0/24" }],
  [
    { multiNICIPAM: true },
    [{ address: "192.0.2.1/24", gateway: "192.0.2.254" }],
    { type: "static", addresses: [{ address: "192.0.2.1/24", gateway: "192.0.2.254" }] },
  ],
  [{ multiNICIPAM: true }, [], { type: "static", addresses: [] }],
  [
    { ipam: { type: "multi-nic-ipam", dataDir: "/run/store" } },
    [],
    { type: "host-local", dataDir: "/run/store", ranges: [[{ subnet: "172.30.0.0/16" }]] },
  ],
])("where addresses come from: %j", (more, addresses, ipam) => {
  const { entry, body } = entryOf(more);
  expect(plain(describeIpamOf(entry, body, { addresses }))).toEqual(ipam);
});

const sandbox = "/run/netns/pod";
const result = object({
  cniVersion: "1.1.0",
  interfaces: [
    { name: "net1-1" },
    { name: "net1-0", sandbox },
    { name: "eth0", sandbox },
    { name: "net1-1", sandbox },
    { name: "net1-x", sandbox },
    { name: "net1-01", sandbox },
    { name: "net2-0", sandbox },
  ],
  ips: [
    { interface: 1, address: "192.168.0.65/18" },
    { interface: 3, address: "192.168.64.65/18" },
    { interface: 2, address: "10.244.0.5/24" },
    { address: "203.0.113.1/24" },
  ],
  routes: [{ dst: "0.0.0.0/0" }],
  dns: { nameservers: ["192.0.2.53"] },
});

test("the part of a result that is one interface's", () => {
  expect(listInterfaces(result, "net1")).toEqual(["net1-0", "net1-1"]);
  expect(plain(partOf(result, "net1-1", "0.4.0"))).toEqual({
    cniVersion: "0.4.0",
    interfaces: [{ name: "net1-1", sandbox }],
    ips: [{ version: "4", interface: 0, address: "192.168.64.65/18" }],
    dns: { nameservers: ["192.0.2.53"] },
  });
  expect(addressesOf(result, "net1-0")).toEqual([{ address: "192.168.0.65/18" }]);
  expect(addressesOf(result, "net1-7")).toEqual([]);
  expect(plain(partOf(result, "net1-7", "1.0.0"))).toEqual({
    cniVersion: "1.0.0",
    dns: { nameservers: ["192.0.2.53"] },
  });
});

test.each([
  ["net1-0", "net1", 0],
  ["net1-12", "net1", 12],
  ["net1-00", "net1", undefined],
  ["net1-", "net1", undefined],
  ["net10-0", "net1", undefined],
  ["net1-0-1", "net1-0", 1],
  ["net1-0-1", "net1", undefined],
])("the place that %s has for %s: %p", (name, ifName, place) => {
  expect(placeOf(name, ifName)).toBe(place as number);
});

test.each([
  ["abcdefghijklm", 2, undefined],
  ["abcdefghijklm", 11, "abcdefghijklm-10 would have 16 bytes"],
  ["abcdefghijklmn", 1, "abcdefghijklmn-0 would have 16 bytes"],
])("CNI_IFNAME %s for %i interfaces", (ifName, count, words) => {
  const check = () => checkNames(ifName, count);
  if (words === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 4, message: expect.stringContaining(words) }) as CniError);
});
