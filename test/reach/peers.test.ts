import { expect, test } from "bun:test";
import { decodeJson } from "../../src/json.ts";
import { readPeers } from "../../src/reach/peers.ts";
import { findSelf, matchRow } from "../../src/reach/test.ts";

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
