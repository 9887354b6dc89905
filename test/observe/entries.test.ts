import { describe, expect, test } from "bun:test";
import { type Entry, listSources, readAddressEntry, readEntries, slotOf } from "../../src/observe/entries.ts";

const indexes = new Map([
  ["d1", 2],
  ["d2", 3],
]);

/** As iproute2 6.1 prints them with -details and -oneline. */
const rows: [string, string, (string | number)[]][] = [
  [
    "unicast 203.0.113.0 via 192.0.2.2 dev d1 table main proto boot scope global realms 3/4 mtu lock 1400 rtt 300ms features ecn rto_min lock 200ms congctl lock reno ",
    "route",
    "unicast 203.0.113.0 via 192.0.2.2 dev @2 table main proto boot scope global realms 3/4 mtu lock 1400 rtt 300ms features ecn rto_min 200ms congctl lock reno".split(
      " ",
    ),
  ],
  [
    "unicast default via 2001:db8::2 dev d1 table main proto ra metric 1024 expires 599sec linkdown pref medium",
    "route",
    "unicast ::/0 via 2001:db8::2 dev @2 table main proto ra metric 1024 pref medium expires 599".split(" "),
  ],
  [
    "unicast 203.0.113.2 nhid 1 via 192.0.2.3 dev d1 table main proto boot scope global onlink \n\tnh_info id 1 via 192.0.2.3 dev d1 scope link proto unspec onlink ",
    "route",
    "unicast 203.0.113.2 nhid 1 table main proto boot scope global".split(" "),
  ],
  [
    "unicast 203.0.113.4 table main proto boot scope global \\\tnexthop via 192.0.2.5 dev d1 weight 3 onlink \\\tnexthop via 198.51.100.5 dev d2 weight 2 dead linkdown ",
    "route",
    "unicast 203.0.113.4 table main proto boot scope global nexthop via 192.0.2.5 dev @2 weight 3 onlink nexthop via 198.51.100.5 dev @3 weight 2".split(
      " ",
    ),
  ],
  [
    "id 5 via 2001:db8::9 dev d1 scope link proto unspec onlink ",
    "nexthop",
    "id 5 via 2001:db8::9 dev @2 onlink".split(" "),
  ],
  [
    "192.0.2.52 dev d1 lladdr 02:00:00:00:00:50 router extern_learn PERMANENT proto static ",
    "neighbour",
    "192.0.2.52 dev @2 lladdr 02:00:00:00:00:50 nud permanent router extern_learn proto static".split(" "),
  ],
  ["192.0.2.60 dev d1  proxy ", "neighbour", "proxy 192.0.2.60 dev @2".split(" ")],
];

describe("what a link may lose", () => {
  test.each(rows)("line %#", (line, kind, words) => {
    const [entry] = readEntries(`${line}\n`, indexes);
    expect(entry?.kind as string).toBe(kind);
    expect(entry?.words.map((word) => (typeof word === "number" ? `@${word}` : word))).toEqual(words as string[]);
  });

  test("groups of nexthops that one of them is in, and nothing of other links", () => {
    const output = [
      "id 10 group 1,3/2,7 ",
      "id 11 group 7",
      "id 1 via 192.0.2.3 dev d1 ",
      "id 7 dev d9",
      "unicast 192.0.2.0/24 dev d9",
      "blackhole 203.0.113.0/24",
      "",
    ];
    const entries = readEntries(output.join("\n"), indexes);
    expect(entries.map(({ words }) => words.join(" "))).toEqual(["id 1 via 192.0.2.3 dev 2", "id 10 group 1,3/2,7"]);
  });

  test("what is in one of the slots is read whoever has it", () => {
    const [own] = readEntries("unicast default via 192.0.2.2 dev d1 table main proto boot\n", indexes);
    const slots = new Set([slotOf(own as Entry), "nexthop 10"]);
    const output = [
      "unicast default via 198.51.100.9 dev d9 table main proto dhcp",
      "unicast default via 198.51.100.9 dev d9 table main proto dhcp metric 5",
      "blackhole default table 7",
      "id 10 group 8/9",
      "id 11 group 8/9",
    ];
    const entries = readEntries(`${output.join("\n")}\n`, indexes, { slots });
    expect(entries.map(({ words }) => words.join(" "))).toEqual([
      "unicast default via 198.51.100.9 dev d9 table main proto dhcp",
      "id 10 group 8/9",
    ]);
  });

  test("routes through other links whose source is an address of the links", () => {
    const address = { prefixLength: 24, scope: "global", family: "inet" } as const;
    const own = [
      readAddressEntry({ ...address, local: "198.51.100.1", words: ["198.51.100.1/24"] }, 2),
      readAddressEntry({ ...address, local: "10.0.0.1", words: ["10.0.0.1 peer 10.0.0.2/32"] }, 2),
      readAddressEntry({ ...address, family: "inet6", local: "2001:db8::1", words: ["2001:db8::1/64"] }, 2),
    ];
    const sources = listSources(own);
    expect([...sources]).toEqual(["198.51.100.1", "10.0.0.1"]);
    const output = [
      "unicast default via 203.0.113.254 dev d9 table main proto boot scope global src 198.51.100.1",
      "unicast 10.0.0.0/8 table 7 proto boot scope global src 10.0.0.1 \\\tnexthop via 203.0.113.254 dev d9 weight 1 \\\tnexthop dev d8 weight 1",
      "unicast 10.1.0.0/16 via 198.51.100.1 dev d9 table main src 203.0.113.1",
      "unicast ::/0 via 2001:db8:2::fe dev d9 table main src 2001:db8::1 metric 1024 pref medium",
    ];
    expect(readEntries(`${output.join("\n")}\n`, indexes, { sources }).map(({ words }) => words.join(" "))).toEqual([
      "unicast default via 203.0.113.254 dev d9 table main proto boot scope global src 198.51.100.1",
      "unicast 10.0.0.0/8 table 7 proto boot scope global src 10.0.0.1 nexthop via 203.0.113.254 dev d9 weight 1 nexthop dev d8 weight 1",
    ]);
  });

  test("a route is the same whatever its lifetime", () => {
    const [one, other] = [599, 3].map(
      (seconds) => readEntries(`unicast 2001:db8::/64 dev d1 expires ${seconds}sec\n`, indexes)[0],
    );
    expect(one?.key).toBe(other?.key ?? "");
  });

  test.each([
    ["somebody", "inet", "global", []],
    ["somebody", "inet", "global", ["valid_lft", "60"]],
    ["somebody", "inet6", "global", []],
    ["somebody", "inet", "link", []],
    ["somebody", "inet", "host", []],
    ["network", "inet6", "global", ["valid_lft", "60"]],
    ["somebody", "inet6", "global", ["valid_lft", "60", "noprefixroute"]],
    ["kernel", "inet6", "link", []],
  ] as const)("an address is made by %s: %s %s %j", (madeBy, family, scope, words) => {
    const address = { local: "x", prefixLength: 64, scope, family, words };
    expect(readAddressEntry(address, 2)).toMatchObject({ madeBy, key: "x/64 2" });
  });

  test("an address of DHCPv6, which has no network, is made by somebody", () => {
    const address = {
      local: "x",
      prefixLength: 128,
      scope: "global",
      family: "inet6",
      words: ["valid_lft", "60"],
    } as const;
    expect(readAddressEntry(address, 2).madeBy).toBe("somebody");
  });
});
