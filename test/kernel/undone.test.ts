import { beforeAll, describe, expect, test } from "bun:test";
import { setUp } from "./adding.ts";
import { badIp } from "./badIp.ts";
import { bonded, complete, nics, tell } from "./bonded.ts";
import { ifacer, type Namespace, namespace } from "./harness.ts";
import { link, nodeWith, photographSettled } from "./node.ts";

const allDown = { ...bonded, allowInUse: true };

/** All that a NIC may lose, as an operator sees it; what the kernel makes by itself comes back by and by. */
async function listEntries(ns: Namespace): Promise<string[]> {
  const views = ["-d -o route show table all", "-d nexthop", "neigh show nud permanent", "neigh show proxy"];
  const shown = await Promise.all(views.map((view) => ns.ip(view)));
  return shown
    .flatMap((text) => text.split("\n"))
    .filter((line) => line !== "" && !/proto kernel/.test(line))
    .map((line) => line.replace(/expires \d+sec/, "expires").trim())
    .sort();
}

async function nodeInUse(): Promise<Namespace> {
  const ns = await nodeWith(...nics);
  await ns.run([
    "sh",
    "-c",
    "for f in all default ens192 ens160; do echo 0 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done",
  ]);
  await setUp(ns, [
    "address add 192.0.2.1/24 dev ens192",
    "address add 198.51.100.1/24 dev ens160",
    "address add 2001:db8::1/64 dev ens192 nodad",
    "address add 2001:db8:1::1/64 dev ens160 nodad",
  ]);
  return ns;
}

/** What there may be, and how to make it: `@` stands for the row's own prefix. */
const rows: readonly (readonly [string, ...string[]])[] = [
  ["mtu", "route add @ via 192.0.2.2 mtu 1400"],
  ["mtu that is locked", "route add @ via 192.0.2.2 mtu lock 1400"],
  ["advmss", "route add @ via 192.0.2.2 advmss 1300"],
  ["initcwnd, initrwnd, cwnd", "route add @ via 192.0.2.2 initcwnd 20 initrwnd 30 cwnd lock 7"],
  ["rtt, rttvar, rto_min", "route add @ via 192.0.2.2 rtt 300ms rttvar 20ms rto_min 200ms"],
  [
    "window, ssthresh, reordering, hoplimit",
    "route add @ via 192.0.2.2 window 1000 ssthresh 100 reordering 5 hoplimit 5",
  ],
  ["quickack, fastopen_no_cookie", "route add @ via 192.0.2.2 quickack 1 fastopen_no_cookie 1"],
  ["congctl that is locked", "route add @ via 192.0.2.2 congctl lock reno"],
  ["features", "route add @ via 192.0.2.2 features ecn"],
  ["realm", "route add @ via 192.0.2.2 realms 7"],
  ["realms", "route add @ via 192.0.2.2 realms 3/4"],
  [
    "tos, metric, table, src, protocol",
    "route add @ via 192.0.2.2 tos 0x10 metric 5 table 100 proto static src 192.0.2.1",
  ],
  ["expires and a locked mtu of IPv6", "route add 2001:db8:2::/64 via 2001:db8::2 mtu lock 1300 expires 600"],
  ["a source", "route add 2001:db8:3::/64 from 2001:db8:9::/64 via 2001:db8::2"],
  ["a gateway of the other family", "route add @ via inet6 2001:db8::7 dev ens192"],
  ["the default route", "route add default via 192.0.2.2"],
  ["the default route of IPv6", "route add ::/0 via 2001:db8::2"],
  ["an encapsulation", "route add @ encap ip id 5 dst 192.0.2.77 via 192.0.2.2"],
  [
    "several ways with weights and flags",
    "route add @ nexthop via 192.0.3.5 dev ens192 weight 3 onlink nexthop via 198.51.100.5 weight 2",
  ],
  ["a nexthop object", "nexthop add id 1 via 192.0.2.3 dev ens192 proto static", "route add @ nhid 1 mtu 1400"],
  [
    "a nexthop object of IPv6",
    "nexthop add id 5 via 2001:db8:7::9 dev ens192 onlink",
    "route add 2001:db8:4::/64 nhid 5",
  ],
  [
    "a group of them",
    "nexthop add id 2 via 198.51.100.3 dev ens160",
    "nexthop add id 10 group 1,3/2,7",
    "route add @ nhid 10",
  ],
  ["a permanent neighbour", "neigh add 192.0.2.50 lladdr 02:00:00:00:00:50 dev ens192 nud permanent"],
  ["one of IPv6", "neigh add 2001:db8::50 lladdr 02:00:00:00:00:50 dev ens192 nud permanent router"],
  ["a proxy", "neigh add proxy 192.0.2.60 dev ens160"],
];

describe("NICs in use, taken by allowInUse: a failing ADD puts back what they had", () => {
  const seen: { before: string[]; after: string[]; msg: string } = { before: [], after: [], msg: "" };
  beforeAll(async () => {
    await using ns = await nodeInUse();
    const lines = rows.flatMap(([, ...own], row) => own.map((line) => line.replace("@", `203.0.113.${row}/32`)));
    await setUp(ns, lines);
    seen.before = await listEntries(ns);
    using ip = badIp({ change: "first 11; echo 'Error: made to fail.' >&2; exit 1" });
    seen.msg = (await ifacer(ns, "ADD", allDown, ip)).json.msg;
    seen.after = await listEntries(ns);
  }, 300_000);

  test.each(rows)("%s", (_, ...lines) => {
    const row = rows.findIndex(([, ...own]) => own[0] === lines[0]);
    const target = lines
      .map((line) => / add (?:id |proxy )?(\S+)/.exec(line)?.[1] ?? "")
      .map((word) => word.replace("@", `203.0.113.${row}`));
    const own = (all: readonly string[]) =>
      all.filter((line) => target.some((word) => line.split(/\s+/).includes(word.replace("::/0", "default"))));
    expect(own(seen.before)).not.toBeEmpty();
    expect(own(seen.after)).toEqual(own(seen.before));
  });

  test("and all else, so that it may say so", () => {
    expect(seen.after).toEqual(seen.before);
    expect(seen.msg).toEndWith(": Error: made to fail.; all was undone");
  });
});

test("IPv6 addresses come back in their order, by which the kernel chooses a source", async () => {
  await using ns = await nodeInUse();
  await setUp(
    ns,
    [2, 3].map((end) => `address add 2001:db8::${end}/64 dev ens192 nodad`),
  );
  const source = async () => /src (\S+)/.exec(await ns.ip("route get 2001:db8::55"))?.[1];
  expect(await source()).toBe("2001:db8::3");
  using ip = badIp({ change: "first 11; echo 'Error: made to fail.' >&2; exit 1" });
  expect((await ifacer(ns, "ADD", allDown, ip)).json.msg).toEndWith("; all was undone");
  expect(await source()).toBe("2001:db8::3");
});

test("prefix routes that NetworkManager made in the kernel's name come back, and what leads through them", async () => {
  await using ns = await nodeInUse();
  await setUp(ns, [
    "address add 203.0.113.1/24 dev ens192 noprefixroute",
    "route add 203.0.113.0/24 dev ens192 proto kernel scope link src 203.0.113.1 metric 300",
    "route add default via 203.0.113.254 dev ens192 metric 300",
    "address add 2001:db8:7::1/64 dev ens160 nodad noprefixroute",
    "route add 2001:db8:7::/64 dev ens160 proto kernel metric 300",
    "route add ::/0 via 2001:db8:7::fe dev ens160 metric 300",
  ]);
  const look = async () => {
    const shown = await Promise.all(["route show", "-6 route show"].map((view) => ns.ip(view)));
    return shown.flatMap((text) => text.split("\n").map((line) => line.trim())).sort();
  };
  const before = await look();
  using ip = badIp({ change: "first 11; echo 'Error: made to fail.' >&2; exit 1" });
  expect((await ifacer(ns, "ADD", allDown, ip)).json.msg).toEndWith("; all was undone");
  expect(await look()).toEqual(before);
});

test("what somebody gave another place to meanwhile stays there, and the words name it", async () => {
  await using ns = await nodeInUse();
  await setUp(ns, [
    "link add name mgmt type dummy",
    "link set dev mgmt up",
    "address add 10.0.0.1/24 dev mgmt",
    "route add default via 192.0.2.2",
    "route add 203.0.113.0/24 via 192.0.2.2 mtu 1400",
    "nexthop add id 1 via 192.0.2.3 dev ens192",
    "nexthop add id 7 via 192.0.2.4 dev ens192",
  ]);
  const meanwhile = [
    "route add default via 10.0.0.2",
    "nexthop add id 1 via 10.0.0.3 dev mgmt",
    "address add 2001:db8::1/64 dev mgmt nodad",
  ];
  using ip = badIp({
    change: `first 8; ${meanwhile.map((line) => `$ip ${line}`).join("; ")}; echo 'Error: made to fail.' >&2; exit 1`,
  });
  const { json } = await ifacer(ns, "ADD", allDown, ip);
  expect(json.msg).toEndWith(
    "; all was undone; not put back, as somebody gave their place to something else: the address 2001:db8::1/64, the nexthop with id 1, the route default",
  );
  const left = await listEntries(ns);
  for (const part of [
    "default via 10.0.0.2",
    "id 1 via 10.0.0.3",
    "id 7 via 192.0.2.4",
    "203.0.113.0/24 via 192.0.2.2",
  ])
    expect(left.filter((line) => line.includes(part))).toHaveLength(1);
  expect(await ns.ip("address show dev ens192")).not.toContain("2001:db8::1/64");
  expect(await ns.ip("address show dev mgmt")).toContain("2001:db8::1/64");
});

test("a NIC that is renamed during ADD is as before but for its name", async () => {
  await using ns = await nodeWith(...nics);
  const before = await photographSettled(ns);
  using ip = badIp({ change: "first 3; $ip link set dev ens192 name eth7; exit 1" });
  const { json } = await ifacer(ns, "ADD", bonded, ip);
  expect(json.msg).toMatch(/the interface ens192 is not on this node: .*; all was undone$/);
  expect(await link(ns, "eth7")).toMatchObject({ flags: expect.arrayContaining(["UP"]) });
  await setUp(ns, ["link set dev eth7 down", "link set dev eth7 name ens192", "link set dev ens192 up"]);
  expect(await photographSettled(ns)).toBe(before);
});

describe("what others use by then is not taken back", () => {
  test("a Pod's macvlan on the bond", async () => {
    await using ns = await nodeWith(...nics);
    await using pod = await namespace();
    const onTop = `$ip link add link bond0 name net1 netns ${pod.name} type macvlan; $ip -n ${pod.name} link set dev net1 up`;
    using ip = badIp({ change: `first 11; ${onTop}; echo 'Error: made to fail.' >&2; exit 1` });
    const { json } = await ifacer(ns, "ADD", bonded, ip);
    expect(json).toMatchObject({
      code: 103,
      msg: "bond0.200 is down: Error: made to fail.; all was undone but bond0, ens192, ens160: in use by now",
    });
    expect(await tell(ns)).toEqual(complete());
    expect(await tell(pod)).toEqual(["net1 up mode=vepa"]);
  });

  test("a Pod's macvlan that is not up yet", async () => {
    await using ns = await nodeWith(...nics);
    await using pod = await namespace();
    const onTop = `$ip link add link bond0.200 name net1 netns ${pod.name} type macvlan`;
    using ip = badIp({ change: `first 11; ${onTop}; echo 'Error: made to fail.' >&2; exit 1` });
    const { json } = await ifacer(ns, "ADD", bonded, ip);
    expect(json.msg).toEndWith("; all was undone but bond0, bond0.200, ens192, ens160: in use by now");
    expect(await tell(pod)).toEqual(["net1 down mode=vepa"]);
    // And nothing keeps the Pod's next link off.
    await ns.ip(`link add link bond0 name net2 netns ${pod.name} type ipvlan`);
  });

  test("links that are complete after all, as another ADD may have said: that is a success", async () => {
    await using ns = await nodeWith(...nics);
    using ip = badIp({
      change: "first 12; exit 1",
      look: 'if once looked; then $ip link set dev bond0.200 down; $ip "$@"; $ip link set dev bond0.200 up; exit; fi',
    });
    expect((await ifacer(ns, "ADD", bonded, ip)).json).toEqual({ cniVersion: "1.0.0" });
    expect(await tell(ns)).toEqual(complete(200));
  });
});

test.each([
  ["the MAC", "mode active-backup fail_over_mac active"],
  ["the MAC and the mode", "mode balance-xor fail_over_mac active"],
])("an adopted bond with fail_over_mac active gets %s back", async (_, options) => {
  await using ns = await nodeWith(...nics);
  await ns.ip(`link add name bond0 mtu 1400 address 02:00:00:00:00:99 type bond ${options}`);
  const tellBond = async () => {
    const { address, mtu, flags, linkinfo } = await link(ns, "bond0");
    return { address, mtu, flags, options: linkinfo.info_data };
  };
  const before = await tellBond();
  for (const change of ["first 2; exit 1", "first 5; exit 1", "first 9; exit 1"]) {
    using ip = badIp({ change });
    const { json } = await ifacer(ns, "ADD", bonded, ip);
    expect(json.msg).toEndWith("; all was undone");
    expect(await tellBond()).toEqual(before);
  }
  const following = { ...bonded, bond: { name: "bond0", mode: 1, options: "fail_over_mac=active" } };
  using ip = badIp({ change: "first 5; exit 1" });
  expect((await ifacer(ns, "ADD", following, ip)).json.msg).toEndWith("; all was undone");
  expect(await tellBond()).toEqual(before);
});

describe("somebody else takes a slave out of the bond during ADD", () => {
  const takeOut = "first 100; $ip link set dev ens192 nomaster";

  test("once: it is tried again", async () => {
    await using ns = await nodeWith(...nics);
    using ip = badIp({ change: takeOut });
    expect((await ifacer(ns, "ADD", bonded, ip)).json).toEqual({ cniVersion: "1.0.0" });
    expect(await tell(ns)).toEqual(complete(200));
  });

  test("each time: all is as before, and the words say what may be", async () => {
    await using ns = await nodeWith(...nics);
    const before = await photographSettled(ns);
    using ip = badIp({ change: takeOut, always: true });
    const { json } = await ifacer(ns, "ADD", bonded, ip);
    expect(json.msg).toMatch(
      /^ens192 is not a slave of bond0: ip had done it, and then it was gone again: .*NetworkManager.*; all was undone$/,
    );
    expect(await photographSettled(ns)).toBe(before);
  });

  test("out of a bond that was there before: undoing does not ask for it", async () => {
    await using ns = await nodeWith(...nics, "ens224");
    expect((await ifacer(ns, "ADD", bonded)).status).toBe(0);
    using ip = badIp({
      change: "$ip link set dev ens192 nomaster; $ip link set dev ens192 down; exit 1",
      always: true,
    });
    const { json } = await ifacer(ns, "ADD", { ...bonded, interfaces: [...nics, "ens224"] }, ip);
    expect(json.msg).toEndWith("; all was undone");
    expect(await tell(ns)).not.toContain("ens192 up master=bond0");
  });
});

test("the driver refuses the first slave: the message is about that, not about the bond that is left empty", async () => {
  await using ns = await nodeWith(...nics);
  await using pod = await namespace();
  await ns.ip(`link add link ens192 name hidden netns ${pod.name} type macvlan`);
  const { json } = await ifacer(ns, "ADD", bonded);
  expect(json.msg).toBe(
    "ens192 is not a slave of bond0: Error: Device is in use and cannot be enslaved.; all was undone",
  );
  expect(json.details.split("\n")[0]).toContain("step: link set dev ens192 down;");
});

test("commands that remain are quoted for a shell", async () => {
  await using ns = await nodeWith("ens160");
  await ns.ip("link add name a;halt type dummy");
  using ip = badIp({ change: "first 4; exit 1", undo: "exit 1" });
  const { json } = await ifacer(ns, "ADD", { ...bonded, interfaces: ["a;halt", "ens160"] }, ip);
  expect(json.msg).toContain("ip link set dev 'a;halt' nomaster");
});
