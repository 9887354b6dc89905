import { expect, test } from "bun:test";
import { decodeJson } from "../../src/json.ts";
import { findInterface } from "../../src/reach/interfaces.ts";
import { nameApart, readPeers } from "../../src/reach/peers.ts";
import { findSelf, matchRow, testPeer } from "../../src/reach/test.ts";

const read = (value: object) => readPeers(decodeJson(Buffer.from(JSON.stringify(value)), "peers.json"));
const pod = (phase: string, networks?: object[]) => ({
  kind: "Pod",
  metadata: {
    name: "a",
    annotations: networks && { "k8s.v1.cni.cncf.io/network-status": JSON.stringify(networks) },
  },
  status: { phase },
});
const [main, bare, first] = [
  { name: "main", ips: ["203.0.113.1"], default: true },
  { name: "two" },
  { name: "one", ips: ["2001:DB8:0::1"] },
];

test.each([
  ["no annotation", pod("Pending"), [], "has no address, phase Pending"],
  ["the default network only", pod("Running", [main]), [], "has no address, phase Running"],
  ["a network without addresses", pod("Running", [main, bare]), [], "has no address, phase Running"],
  ["one network with, one without", pod("Running", [main, first, bare]), ["2001:db8::1"], "no address in two"],
  ["an address", pod("Running", [main, first]), ["2001:db8::1"], null],
  ["no Pod, no address", { name: "a", addresses: [] }, [], "has no address"],
])("of a peer with %s is told what it lacks", (_, value, addresses, reason) => {
  expect(read(value)).toEqual([{ name: "a", addresses, reason }]);
});

test("this one is the one with its name among those with its address", () => {
  const peers = read(["a", "b", "c"].map((name) => ({ name, addresses: [name === "c" ? "192.0.2.2" : "192.0.2.1"] })));
  const networks = [{ interface: "net1", local: "192.0.2.1", prefixLength: 24 }];
  expect(["b", "c", "other"].map((hostname) => findSelf(peers, networks, hostname)?.name)).toEqual(["b", "a", "a"]);
});

test("an address that a listener does not tell of is not tested", () => {
  const [peer] = read([{ name: "b", addresses: ["192.0.2.2", "2001:db8::2"] }]);
  if (peer === undefined) throw new Error("no peer");
  const tested = { interface: "net1", connected: true, bitsPerSecond: null, reason: null };
  const row = { from: "a", to: "b", addresses: [{ address: "2001:db8:0::2", ...tested }], reason: null };
  expect(matchRow(row, peer).addresses.map(({ reason }) => reason)).toEqual(["not tested by a", null]);
});

test("Pods of one name are told apart by their namespaces", () => {
  const [one, two, three] = ["x", "y", "x"].map((namespace, at) => ({
    kind: "Pod",
    metadata: { name: at < 2 ? "a" : "b", namespace },
    status: {},
  }));
  const peers = nameApart(read([one, two, three]));
  expect(peers.map(({ name }) => name)).toEqual(["x/a", "y/a", "b"]);
  const networks = [{ interface: "net1", local: "192.0.2.1", prefixLength: 24 }];
  const here = peers.map((peer) => ({ ...peer, addresses: ["192.0.2.1"] }));
  expect(findSelf(here.slice(1), networks, "a")?.name).toBe("y/a");
  // Two that are written down have no other name.
  expect(nameApart(read(["a", "a"].map((name) => ({ name, addresses: [] })))).map(({ name }) => name)).toEqual([
    "a",
    "a",
  ]);
});

test("link-local addresses are tested by the interface that they name", async () => {
  const [peer] = read([{ name: "b", addresses: ["FE80::0:2%net1", "fe80::2", "fe80::3%net3"] }]);
  expect(peer?.addresses).toEqual(["fe80::2%net1", "fe80::2", "fe80::3%net3"]);
  const networks = ["net1", "net2"].map((name, at) => ({
    interface: name,
    local: `fe80::${at + 8}`,
    prefixLength: 64,
  }));
  expect(peer?.addresses.map((address) => findInterface(address, networks))).toEqual(["net1", "net1", undefined]);
  const addresses = peer?.addresses.slice(1) ?? [];
  const row = await testPeer({ name: "b", addresses, reason: null }, { from: "a", port: 1, seconds: 0, networks });
  expect(row.addresses.map(({ reason }) => reason)).toEqual(["needs %INTERFACE", "no route"]);
  for (const address of ["192.0.2.1%net1", "2001:db8::1%net1", "fe80::1%", "fe80::1%a b", "fe80::1%a%b"]) {
    expect(() => read([{ name: "b", addresses: [address] }])).toThrow(`b has the address ${JSON.stringify(address)}`);
  }
});
