import { expect, test } from "bun:test";
import { canonicalAddress, isWithin } from "../../src/wire/address.ts";
import {
  findAnswer,
  linesOnNode,
  linesToAsk,
  linesToAskAgain,
  linesToRaise,
  placePosts,
  readFailures,
} from "../../src/wire/lines.ts";
import { describeSilence } from "../../src/wire/silence.ts";

const link = { kind: "link", name: "bond0.200" } as const;
const vlan = { kind: "vlan", parent: "ens192", id: 100, protocol: "802.1Q" } as const;
const path = "/proc/77/ns/net";

test("one post for each source, with a listener where IPv6 is asked for", () => {
  const posts = placePosts([
    { source: link, address: "192.0.2.1" },
    { source: vlan, address: "192.0.2.1" },
    { source: { ...link }, address: "2001:db8::1" },
  ]);
  expect(posts.map(({ dev, listener, questions }) => [dev, listener, questions.length])).toEqual([
    ["q0", "l0", 2],
    ["q1", undefined, 1],
  ]);
  expect(posts.map((post) => linesOnNode(post, path))).toEqual([
    [
      "link add link bond0.200 name q0 group 49374 netns /proc/77/ns/net type macvlan mode bridge",
      "link add link bond0.200 name l0 group 49374 netns /proc/77/ns/net type macvlan mode bridge",
    ],
    ["link add link ens192 name q1 group 49374 netns /proc/77/ns/net type vlan id 100 protocol 802.1q"],
  ]);
  expect(posts.map(linesToRaise)).toEqual([
    [
      "link set dev q0 addrgenmode none",
      "link set dev l0 addrgenmode none",
      "ntable change name ndisc_cache dev q0 retrans 120000",
      "link set dev l0 up",
      "link set dev q0 up",
    ],
    ["link set dev q1 addrgenmode none", "link set dev q1 up"],
  ]);
});

test("what is asked, asked again, and found", () => {
  const [post] = placePosts([
    { source: link, address: "192.0.2.1" },
    { source: link, address: "2001:db8::1" },
  ]);
  if (post === undefined) throw new Error("there is no post");
  expect(linesToAsk(post, "192.0.2.1")).toEqual(["neigh replace 192.0.2.1 dev q0 nud none use"]);
  expect(linesToAskAgain(post, "2001:db8::1")).toEqual([
    "address delete 2001:db8::1/128 dev q0",
    "neigh replace 2001:db8::1 dev l0 nud none",
    "address add 2001:db8::1/128 dev q0",
  ]);
  const rows = [
    { dst: "192.0.2.1", dev: "q0", state: ["INCOMPLETE"] },
    { dst: "2001:db8::1", dev: "q0", lladdr: "33:33:ff:00:00:01", state: ["NOARP"] },
    { dst: "2001:db8::1", dev: "l0", lladdr: "02:00:00:00:00:01", state: ["STALE"] },
  ];
  expect(findAnswer(post, "192.0.2.1", rows)).toBeUndefined();
  expect(findAnswer(post, "2001:db8::1", rows)).toBe("02:00:00:00:00:01");
});

test("the kernel's words, by the line that failed", () => {
  const stderr =
    "RTNETLINK answers: Device or resource busy\nCommand failed -:2\nError: No such device.\nCommand failed -:4\n";
  expect([...readFailures(stderr)]).toEqual([
    [1, "Device or resource busy"],
    [3, "No such device"],
  ]);
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["2001:DB8:0::1", "2001:db8::1"],
  ["fe80::1%ens1", undefined],
  ["192.0.2", undefined],
  ["1.2.3.4/24", undefined],
])("the address %s is %p to the kernel", (text, expected) => {
  expect(canonicalAddress(text)).toBe(expected as string);
});

test.each([
  ["192.0.2.1", "192.0.2.60", 24, true],
  ["192.0.3.1", "192.0.2.60", 24, false],
  ["2001:db8::1", "2001:db8::ffff", 64, true],
  ["2001:db8::1", "192.0.2.60", 0, false],
])("%s within %s/%d: %p", (address, local, prefixLength, expected) => {
  expect(isWithin(address, { local, prefixLength })).toBe(expected);
});

test.each([
  [
    { vlanID: 200, by: "macvlan", othersAnswer: false },
    "VLAN 200 on this port, 192.0.2.1 is down or not in this network or the port lets one MAC",
  ],
  [
    { vlanID: 200, by: "link", othersAnswer: false },
    "VLAN 200 on this port or 192.0.2.1 is down or not in this network",
  ],
  [
    { vlanID: undefined, by: "link", othersAnswer: false },
    "does not carry the network of this link untagged on this port",
  ],
  [{ vlanID: 200, by: "macvlan", othersAnswer: true }, "others answer there"],
  [{ vlanID: 200, by: "macvlan", carrier: false, othersAnswer: false }, "bond0.200 has no carrier, look at its cable"],
] as const)("silence %p means: %s", (how, words) => {
  const said = describeSilence({ source: link, address: "192.0.2.1", timeout: 3, ...how });
  expect(said).toStartWith("no answer from 192.0.2.1 on bond0.200 within 3 s: ");
  expect(said).toContain(words);
});
