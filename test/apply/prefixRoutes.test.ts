import { describe, expect, test } from "bun:test";
import { findKernelRoutes } from "../../src/apply/prefixRoutes.ts";
import { restoreEntries } from "../../src/apply/restoreEntries.ts";
import type { Link } from "../../src/model.ts";
import { type Entry, readAddressEntry, readEntries } from "../../src/observe/entries.ts";
import { link } from "../link.ts";

const indexes = new Map([["bond0", 4]]);

function route(line: string): Entry {
  const [entry] = readEntries(`${line}\n`, indexes);
  if (entry === undefined) throw new Error(line);
  return entry;
}

/** As `src/observe/use.ts` reads them: the first word with the prefix length, then the others. */
function address(line: string): Entry {
  const words = line.split(" ");
  const [local = "", prefixLength] = (words[words.indexOf("peer") + 1] ?? "").split("/");
  const family = local.includes(":") ? "inet6" : "inet";
  return readAddressEntry({ local, prefixLength: Number(prefixLength), scope: "global", family, words }, 4);
}

const one = "198.51.100.1/24 broadcast 198.51.100.255 scope global";
const toItsNetwork = "unicast 198.51.100.0/24 dev bond0 table main proto kernel scope link src 198.51.100.1";
const one6 = "2001:db8:1::1/64 scope global";
const toItsNetwork6 = "unicast 2001:db8:1::/64 dev bond0 table main proto kernel metric 256 pref medium";

describe("which routes the kernel makes again by itself", () => {
  test.each<[string, boolean, string[], string, Partial<Link>?]>([
    ["that to an address' network", true, [one], toItsNetwork],
    ["that of IPv6", true, [one6], toItsNetwork6],
    ["that of an address with a metric", true, [`${one} metric 300`], `${toItsNetwork} metric 300`],
    ["that of IPv6 with a metric", true, [`${one6} metric 300`], toItsNetwork6.replace("256", "300")],
    ["that of a whole address of IPv6", true, ["2001:db8:1::1/128"], toItsNetwork6.replace("::/64", "::1")],
    ["that to a peer", true, ["10.0.0.1 peer 10.0.0.2/32"], "unicast 10.0.0.2 dev bond0 table main proto kernel"],
    ["that in a VRF's table", true, [one], toItsNetwork.replace("main", "10"), { master: "v", masterKind: "vrf" }],
    ["one with a lifetime", true, [one6], toItsNetwork6.replace("pref", "expires 60sec pref")],
    ["fe80::/64, without an address yet", true, [one], toItsNetwork6.replace("2001:db8:1::", "fe80::")],
    ["one on a link whose addresses are not known", true, [], toItsNetwork],
    ["an address", true, [], "local 198.51.100.1 dev bond0 table local proto kernel scope host src 198.51.100.1"],
    ["a broadcast", true, [], "broadcast 198.51.100.255 dev bond0 table local proto kernel scope link"],
    ["multicast of IPv6", true, [one6], "multicast ff00::/8 dev bond0 table local proto kernel metric 256 pref medium"],

    ["none with noprefixroute", false, [`${one} noprefixroute`], `${toItsNetwork} metric 300`],
    ["none with noprefixroute, of the usual metric", false, [`${one} noprefixroute`], toItsNetwork],
    ["none with noprefixroute of IPv6", false, [`${one6} noprefixroute`], toItsNetwork6],
    ["none of another metric", false, [one], `${toItsNetwork} metric 300`],
    ["none of another metric of IPv6", false, [one6], toItsNetwork6.replace("256", "300")],
    [
      "not fe80::/64 as NetworkManager makes it",
      false,
      [one6],
      "unicast fe80::/64 dev bond0 table main proto kernel metric 1024",
    ],
    ["none to another network", false, [one], toItsNetwork.replace("198.51.100.0/24", "198.51.0.0/16")],
    ["none in another table", false, [one], toItsNetwork.replace("main", "100")],
    ["none by a gateway", false, [one], "unicast default via 198.51.100.254 dev bond0 table main proto kernel"],
    [
      "none by several",
      false,
      [one],
      "unicast 10.0.0.0/8 table main proto kernel nexthop via 198.51.100.2 dev bond0 weight 1",
    ],
    ["none to an address of its own", false, ["198.51.100.1/32"], toItsNetwork.replace("0/24", "1")],
    ["none of a secondary", false, [`${one} noprefixroute`, "198.51.100.2/24 scope global"], toItsNetwork],
    ["none of somebody's", false, [one], toItsNetwork.replace("kernel", "static")],
  ])("%s: %p", (_, isKernels, addresses, line, more = {}) => {
    const entry = route(line);
    const before = {
      links: [link(4, "bond0", more)],
      entries: [...addresses.map(address), entry],
      strangers: new Map(),
    };
    expect(findKernelRoutes(before)(entry)).toBe(isKernels);
  });
});

test("prefix routes of NetworkManager's come back after the addresses, and before what leads through them", () => {
  const links = [link(4, "bond0")];
  const addresses = [`${one} noprefixroute`, `${one6} noprefixroute`].map(address);
  const routes = [
    "unicast default via 198.51.100.254 dev bond0 table main proto static metric 300",
    `${toItsNetwork} metric 300`,
    "id 1 via 198.51.100.253 dev bond0",
    toItsNetwork6.replace("256", "300"),
  ].map(route);
  // Each link has its own of IPv6.
  const [elsewhere] = readEntries(
    `${toItsNetwork6.replace("256", "300").replace("bond0", "ens224")}\n`,
    new Map([["ens224", 5]]),
  );
  const before = { links, entries: [...routes, ...addresses], strangers: new Map() };
  const now = { links, entries: elsewhere ? [elsewhere] : [], strangers: new Map() };
  expect(restoreEntries({ before, now }, new Set())).toEqual({
    lines: [
      "address add 198.51.100.1/24 broadcast 198.51.100.255 scope global noprefixroute dev bond0",
      "address add 2001:db8:1::1/64 scope global noprefixroute dev bond0",
      "route add unicast 198.51.100.0/24 dev bond0 table main proto kernel scope link src 198.51.100.1 metric 300",
      "route append unicast 2001:db8:1::/64 dev bond0 table main proto kernel metric 300 pref medium",
      "nexthop add id 1 via 198.51.100.253 dev bond0",
      "route add unicast default via 198.51.100.254 dev bond0 table main proto static metric 300",
    ],
    moved: [],
  });
  // What is in its very place stays.
  const taken = route(toItsNetwork.replace("src 198.51.100.1", "src 198.51.100.9 metric 300"));
  const { moved } = restoreEntries({ before, now: { ...now, entries: [...addresses, taken] } }, new Set());
  expect(moved).toEqual(["the route 198.51.100.0/24"]);
});
