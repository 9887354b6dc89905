import { describe, expect, test } from "bun:test";
import { countStrangers } from "../../src/observe/listeners.ts";
import { parseIpOutput, readLink } from "../../src/observe/parse.ts";
import { listNics, readAddress, readRoute } from "../../src/observe/use.ts";
import { parseVlanConfig } from "../../src/observe/vlanConfig.ts";
import { link } from "../link.ts";

describe("a route is read with the words that make it again, and the NICs that it leads through", () => {
  // As iproute2 6.1 prints them.
  test.each([
    [
      { dst: "default", gateway: "192.0.2.1", dev: "a", protocol: "static", metric: 100, flags: [] },
      "unicast default metric 100 proto static via 192.0.2.1 dev a",
      ["a"],
    ],
    [
      { dst: "default", dev: "a", metric: 1024, flags: [], pref: "medium" },
      "unicast ::/0 metric 1024 pref medium dev a",
      ["a"],
    ],
    [
      { dst: "192.0.2.0/24", dev: "a", protocol: "kernel", scope: "link", prefsrc: "192.0.2.1", flags: [] },
      "unicast 192.0.2.0/24 src 192.0.2.1 proto kernel scope link dev a",
      ["a"],
    ],
    [
      {
        dst: "203.0.113.0/24",
        table: "9",
        flags: [],
        nexthops: [
          { gateway: "192.0.2.2", dev: "a", weight: 1, flags: [] },
          { via: { family: "inet6", host: "fe80::1" }, dev: "b", weight: 3, flags: ["onlink"] },
        ],
      },
      "unicast 203.0.113.0/24 table 9 nexthop via 192.0.2.2 dev a weight 1 nexthop via inet6 fe80::1 dev b weight 3 onlink",
      ["a", "b"],
    ],
    [
      { dst: "192.0.2.9", nhid: 5, gateway: "192.0.2.3", dev: "a", flags: [] },
      "unicast 192.0.2.9 via 192.0.2.3 dev a",
      ["a"],
    ],
    [{ type: "blackhole", dst: "192.0.2.9", flags: [] }, "blackhole 192.0.2.9", []],
  ])("%j", (json, words, nics) => {
    expect(readRoute(json).words.join(" ")).toBe(words);
    expect(listNics(json)).toEqual(nics);
  });
});

test.each([
  [
    { family: "inet", local: "192.0.2.1", prefixlen: 24, scope: "global", label: "a", valid_life_time: 4294967295 },
    "192.0.2.1/24 label a scope global",
  ],
  [
    { family: "inet", local: "192.0.2.1", address: "192.0.2.2", prefixlen: 32, scope: "global", label: "a:1" },
    "192.0.2.1 peer 192.0.2.2/32 label a:1 scope global",
  ],
  [
    {
      family: "inet6",
      local: "2001:db8::1",
      prefixlen: 64,
      scope: "global",
      nodad: true,
      valid_life_time: 100,
      preferred_life_time: 50,
    },
    "2001:db8::1/64 scope global valid_lft 100 preferred_lft 50 nodad",
  ],
])("the address %j is made again by %s", (json, words) => {
  expect(readAddress(json).words.join(" ")).toBe(words);
});

test("links, addresses and routes of one run are told apart, and what failed printed nothing", () => {
  const output = [
    '[{"ifindex":2,"ifname":"a","flags":["UP"],"mtu":9000,"max_mtu":9216,"address":"02:00:00:00:00:01","addr_info":[{"family":"inet","local":"192.0.2.1","prefixlen":24,"scope":"global"}]}]',
    '[{"ifindex":3,"link":"a","ifname":"a.5","altnames":["long"],"flags":[],"mtu":1500,"linkinfo":{"info_kind":"vlan","info_data":{"protocol":"802.1Q","id":5}}}]',
    "[]",
    '[{"dst":"default","gateway":"192.0.2.2","dev":"a","flags":[]},{"dst":"192.0.2.9","flags":[],"nexthops":[{"dev":"a","weight":1,"flags":[]},{"dev":"b","weight":1,"flags":[]}]}]',
    '[{"ifindex":3,"link":"a","ifname":"a.5","flags":["UP"],"mtu":1500}]',
    "",
  ].join("\n");
  const { links, addresses, routes } = parseIpOutput(output);
  expect(links.map(({ index, name, up, parent }) => [index, name, up, parent])).toEqual([
    [2, "a", true, undefined],
    [3, "a.5", true, "a"],
  ]);
  expect(links[0]).toMatchObject({ mtu: 9000, maxMTU: 9216, kind: undefined, vlan: undefined });
  expect(addresses.get("a")?.map(({ local }) => local)).toEqual(["192.0.2.1"]);
  expect([...routes].map(([nic, found]) => [nic, found.map(({ destination }) => destination)])).toEqual([
    // Nobody asked for the addresses of b.
    ["a", ["default", "192.0.2.9"]],
  ]);
});

test("a vxlan tells by itself what it stands on, and a parent in another namespace is none", () => {
  expect(
    readLink({ ifindex: 2, ifname: "vx", linkinfo: { info_kind: "vxlan", info_data: { id: 5, link: "a" } } }).parent,
  ).toBe("a");
  expect(
    readLink({ ifindex: 2, ifname: "mv", link_index: 7, link_netnsid: 0, linkinfo: { info_kind: "macvlan" } }).parent,
  ).toBeUndefined();
});

test("nexthop objects are known by their NIC, groups and blackholes have none", () => {
  const line =
    '[{"id":1,"dev":"a","scope":"host","flags":[]},{"id":2,"group":[{"id":1},{"id":3}],"flags":[]},{"id":3,"gateway":"192.0.2.2","dev":"a","flags":[]},{"id":4,"blackhole":null,"flags":[]}]\n';
  expect([...parseIpOutput(line).nexthops]).toEqual([["a", [1, 3]]]);
});

test("control characters of names and aliases are shown escaped", () => {
  const esc = String.fromCharCode(27);
  const line = `[{"ifindex":2,"ifname":"a${esc}[0m","ifalias":"x\\ty${esc}","flags":[],"mtu":1500}]\n`;
  expect(parseIpOutput(line).links[0]).toMatchObject({ name: "a\\u001b[0m", alias: "x\ty\\u001b" });
  expect(parseVlanConfig(`a${esc}b     | 100  | c\n`)[0]?.name).toBe("a\\u001bb");
});

describe("a link is shared where the groups of all hosts have more users than can be told", () => {
  const ipv4 = [
    "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter",
    "2\td1        :     1      V3",
    "\t\t\t\t010000E0     1 0:00000000\t\t0",
    "3\td2        :     2      V3",
    "\t\t\t\t010000EF     1 0:00000000\t\t0",
    "\t\t\t\tFB0000E0     1 0:00000000\t\t0",
    "\t\t\t\t010000E0     1 0:00000000\t\t0",
    "4\td1.5      :     1      V3",
    "\t\t\t\t010000E0     1 0:00000000\t\t0",
    "5\tbond0     :     1      V3",
    "\t\t\t\t010000E0     1 0:00000000\t\t0",
    "9\tbond1     :     1      V3",
    "\t\t\t\t010000E0     1 0:00000000\t\t0",
    "6\tdown      :     1      V3",
    "\t\t\t\t010000EF     1 0:00000000\t\t0",
    "",
  ].join("\n");
  const ipv6 = [
    "2    d1              ff020000000000000000000000000001     1 0000000C 0",
    "6    down            ff020000000000000000000000000001     1 0000000C 0",
    "2    d1              ff010000000000000000000000000001     1 00000008 0",
    "",
  ].join("\n");
  const links = [
    link(2, "d1"),
    link(3, "d2"),
    link(4, "d1.5", { kind: "vlan", parent: "d1" }),
    link(5, "bond0", { kind: "bond" }),
    link(6, "down", { up: false }),
    link(7, "s1", { master: "bond0" }),
    link(8, "s2", { master: "bond0" }),
    link(9, "bond1", { kind: "bond", driverData: { mode: "active-backup", active_slave: "s3" } }),
    link(10, "s3", { master: "bond1" }),
    link(11, "s4", { master: "bond1" }),
    link(12, "gre1", { kind: "gretap", parent: "d2" }),
  ];

  test.each([
    ["d1", 1, 1, false],
    ["d1", 2, 2, false],
    ["d1", 3, 2, true],
    ["d1", 2, 3, true],
    ["d2", 2, 0, false],
    ["d2", 3, 0, true],
    ["d2", 2, 1, true],
    ["d1.5", 2, 0, false],
    ["d1.5", 3, 0, true],
    ["bond0", 3, 0, false],
    ["bond0", 4, 0, true],
    ["bond1", 2, 0, false],
    ["bond1", 3, 0, true],
    ["down", 1, 0, true],
    ["down", 0, 1, false],
    ["down", 1, 1, true],
  ])("%s with %d users of the one of IPv4 and %d of that of IPv6: %p", (name, users, users6, expected) => {
    const index = links.find((link) => link.name === name)?.index ?? 0;
    const ethernet = `${index}    ${name}    ${users}     0     01005e000001\n${index}    ${name}    ${users6}     0     333300000001\n`;
    const rows = ethernet.split("\n").filter((line) => !/ 0 {5}0 {5}/.test(line));
    expect(countStrangers({ ethernet: rows.join("\n"), ipv4, ipv6 }, links).has(index)).toBe(expected);
  });
});

test("the kernel's list of VLANs", () => {
  const text = [
    "VLAN Dev name    | VLAN ID",
    "Name-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD",
    "ens192.100     | 100  | ens192",
    "a|b            | 4094  | c|d",
    "",
  ].join("\n");
  expect(parseVlanConfig(text)).toEqual([
    { name: "ens192.100", id: 100, parent: "ens192" },
    { name: "a|b", id: 4094, parent: "c|d" },
  ]);
});
