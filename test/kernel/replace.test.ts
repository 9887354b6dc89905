import { describe, expect, test } from "bun:test";
import { setUp } from "./adding.ts";
import { type BadIp, badIp } from "./badIp.ts";
import {
  commandUnder,
  type Ended,
  executable,
  ifacer,
  type Namespace,
  namespace,
  seeingOnly,
  withCables,
} from "./harness.ts";
import { nodeWith } from "./node.ts";
import { ask, serve } from "./traffic.ts";

const nics = ["ens192", "ens160"] as const;
const base = { cniVersion: "1.0.0", name: "net", type: "ifacer", interfaces: nics };
const old = {
  ...base,
  bond: { name: "bond0", mode: "active-backup", options: "primary=ens160" },
  vlanID: 200,
  vlan: { name: "data" },
};
/** Another mode, which wants the bond empty, and another id, which wants another link. */
const wanted = { ...old, bond: { name: "bond0", mode: "balance-xor" }, vlanID: 201 };
/** Another network on the same bond. */
const other = { ...base, bond: { name: "bond0" }, vlanID: 300 };

/** A node with IPv6, whose own addresses and routes are on the bond, on the VLAN and on the other network's VLAN. */
async function nodeInUse(): Promise<Namespace> {
  const ns = await namespace();
  await setUp(
    ns,
    nics.flatMap((nic) => [`link add name ${nic} type dummy`, `link set dev ${nic} up`]),
  );
  for (const config of [old, other]) expect((await ifacer(ns, "ADD", config)).stdout).toBe('{"cniVersion":"1.0.0"}\n');
  await setUp(ns, [
    "address add 192.0.2.1/24 dev bond0",
    "address add 198.51.100.1/24 dev data",
    "address add 2001:db8::1/64 dev data nodad",
    "address add 203.0.113.1/24 dev bond0.300",
    "address add 2001:db8:1::1/64 dev bond0.300 nodad",
    "route add default via 203.0.113.254",
    "route add 10.0.0.0/8 via 198.51.100.254 metric 7",
    "route add 2001:db8:2::/48 via 2001:db8:1::fe",
    "nexthop add id 1 via 198.51.100.253 dev data",
    "nexthop add id 10 group 1",
    "route add 10.9.0.0/16 nhid 10",
    "neigh add 198.51.100.7 lladdr 02:00:00:00:00:07 dev data nud permanent",
  ]);
  return ns;
}

const words = ["apply", "-f", "/dev/stdin", "--yes", "--replace"];

interface How {
  readonly more?: readonly string[];
  readonly before?: readonly string[];
  readonly ip?: BadIp;
}

function replace(ns: Namespace, config: object, { more = [], before = [], ip }: How = {}): Promise<Ended> {
  const env = { ...ip?.env, CNI_COMMAND: undefined };
  return ns.run([...before, executable, ...words, ...more], { stdin: JSON.stringify(config), env });
}

const views = ["-o address show", "route show table all", "-6 route show table all", "neigh show nud permanent"];

interface Told {
  // biome-ignore lint/suspicious/noExplicitAny: of what `ip` tells of a link, some
  readonly links: readonly any[];
  readonly lines: readonly string[];
}

/** What makes a link this link, and what the node has on it; not what the kernel does by itself by and by. */
async function tell(ns: Namespace): Promise<Told> {
  const links = (await ns.json("-d link show")).map((link) => {
    const { mode, primary, id, protocol, miimon } = link.linkinfo?.info_data ?? {};
    const { ifname, ifindex, ifalias, address, mtu, master, link: below } = link;
    const up = link.flags.includes("UP");
    return { ifname, ifindex, ifalias, address, mtu, master, below, up, mode, primary, id, protocol, miimon };
  });
  const shown = await Promise.all([...views, "nexthop show"].map((view) => ns.ip(view)));
  const lines = shown
    .flatMap((text) => text.split("\n"))
    .map((line) => line.replace(/linkdown|tentative|\\.*$|nodad/g, ""))
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "" && !/fe80|ff00::|proto kernel/.test(line));
  return { links, lines: lines.sort() };
}

describe("apply --replace", () => {
  test("another mode and VLAN id: index, MAC, addresses, routes and other VLANs stay; what is in Pods is asked about", async () => {
    await using ns = await nodeInUse();
    await using pod = await namespace();
    await ns.ip("link add link bond0.300 name tmp1 type macvlan mode bridge");
    await ns.ip(`link set dev tmp1 netns ${pod.name} name net1`);
    await pod.ip("link set dev net1 up");
    const before = await tell(ns);

    const who = `net1 in the network namespace ${pod.path} stands on it`;
    const refused = await replace(ns, wanted);
    const conflict = `conflict: bond0.300 would be interrupted, and ${who}: move its Pod away first, or say --with-pods`;
    expect([refused.status, refused.stdout]).toEqual([1, expect.stringContaining(conflict)]);
    // One in a namespace without a name or a process is seen by what it listens to.
    const hidden = await replace(ns, wanted, { before: seeingOnly(ns) });
    const unseen = "bond0.300 would be interrupted, and something that can't be seen from here stands on it";
    expect([hidden.status, hidden.stdout]).toEqual([1, expect.stringContaining(unseen)]);
    expect(await tell(ns)).toEqual(before);

    const { status, stdout, stderr } = await replace(ns, wanted, { more: ["--with-pods"] });
    expect([status, stderr]).toEqual([0, ""]);
    for (const sentence of [
      "bond0 is set down, emptied and filled again",
      "bond0.300 on it: kept, interrupted as long",
      "data is removed and made anew",
      `bond0.300: ${who}, and is interrupted`,
    ]) {
      expect(stdout).toContain(`interrupts: ${sentence}`);
    }
    expect(await tell(ns)).toEqual({
      lines: before.lines,
      links: before.links.map((link) => {
        if (link.ifname === "bond0") return { ...link, mode: "balance-xor", primary: undefined };
        return link.ifname === "data" ? { ...link, id: 201 } : link;
      }),
    });
    const [net1] = await pod.json("-d link show dev net1");
    expect(net1.flags).toContain("UP");
    expect((await replace(ns, wanted)).stdout).toEndWith("nothing is to be done\n");
  });

  test("a failure at each of several lines is undone, and what was killed the next ADD takes back", async () => {
    await using ns = await nodeInUse();
    const before = await tell(ns);
    for (const lines of [2, 15]) {
      using ip = badIp({ change: `first ${lines}; echo "Error: made to fail." >&2; exit 2` });
      const { stdout } = await replace(ns, wanted, { ip });
      expect([lines, stdout]).toEqual([lines, expect.stringContaining("all was undone")]);
      expect([lines, await tell(ns)]).toEqual([lines, before]);
    }
    using ip = badIp({ change: "first 5; kill -9 0" });
    await replace(ns, wanted, { before: ["setsid", "--wait"], ip });
    expect((await tell(ns)).links).not.toEqual(before.links);
    const { status, stderr } = await ifacer(ns, "ADD", old);
    expect([status, stderr]).toEqual([0, "ifacer: took back what an earlier ADD had begun and not ended\n"]);
    expect(await tell(ns)).toEqual(before);
  });

  test.each<[string, string[], string[]]>([
    [
      "IPv6 addresses in their order, by which the kernel chooses a source",
      [1, 2, 3].flatMap((end) => [
        `address add 2001:db8:7::${end}/64 dev bond0 nodad`,
        `address add 2001:db8:8::${end}/64 dev data nodad`,
      ]),
      ["route get 2001:db8:7::55", "route get 2001:db8:8::55"],
    ],
    [
      "prefix routes that NetworkManager made in the kernel's name, and what leads through them",
      [
        "address add 198.51.100.1/24 dev bond0 noprefixroute",
        "route add 198.51.100.0/24 dev bond0 proto kernel scope link src 198.51.100.1 metric 300",
        "route add default via 198.51.100.254 dev bond0 metric 300",
        "nexthop add id 1 via 198.51.100.253 dev bond0",
        "address add 2001:db8:1::1/64 dev data nodad noprefixroute",
        "route add 2001:db8:1::/64 dev data proto kernel metric 300",
        "route add ::/0 via 2001:db8:1::fe dev data metric 300",
        "route append fe80::/64 dev ens224 proto kernel metric 1024",
        "route append fe80::/64 dev data proto kernel metric 1024",
        // Of the kernel's own, one more.
        "address add 203.0.113.1/24 dev data",
      ],
      [
        ...["bond0", "data", "ens224"].flatMap((nic) => [`route show dev ${nic}`, `-6 route show dev ${nic}`]),
        "nexthop show",
      ],
    ],
    [
      "routes through another NIC whose source is an address of theirs",
      [
        "address add 198.51.100.1/24 dev data",
        "address add 203.0.113.1/24 dev ens224",
        "address add 2001:db8:1::1/64 dev data nodad",
        "address add 2001:db8:2::1/64 dev ens224 nodad",
        "route add default via 203.0.113.254 src 198.51.100.1",
        "route add 10.0.0.0/8 via 203.0.113.254 dev ens224 src 198.51.100.1 table 100",
        "route add 10.1.0.0/16 dev ens224 proto kernel src 198.51.100.1",
        "nexthop add id 1 via 203.0.113.253 dev ens224",
        "route add 10.2.0.0/16 nhid 1 src 198.51.100.1",
        "route add ::/0 via 2001:db8:2::fe dev ens224 src 2001:db8:1::1",
      ],
      ["route show", "route show table 100", "-6 route show dev ens224"],
    ],
  ])("%s", async (_, lines, shown) => {
    await using ns = await namespace();
    const links = [...nics, "ens224"].flatMap((nic) => [`link add name ${nic} type dummy`, `link set dev ${nic} up`]);
    await setUp(ns, links);
    expect((await ifacer(ns, "ADD", old)).status).toBe(0);
    await setUp(ns, lines);
    // The kernel's own link-local ones come with the link's carrier, by and by.
    const look = async () =>
      (await Promise.all(shown.map((view) => ns.ip(view)))).map((text) =>
        text.replaceAll(/ +(linkdown *)?$/gm, "").replaceAll(/^fe80::\/64 proto kernel metric 256.*\n/gm, ""),
      );
    const before = await look();
    const { status, stdout } = await replace(ns, wanted);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/\ndone\n$/)]);
    expect(await look()).toEqual(before);
  });

  test("how long the node's own address on a VLAN is away while its bond gets another mode", async () => {
    await using hub = await namespace();
    await using peer = await namespace();
    await using ns = await nodeWith();
    await hub.ip("link add name br0 type bridge mcast_snooping 0");
    await hub.ip("link set dev br0 up");
    const cables = [...nics.map((nic) => [ns, nic] as const), [peer, "eth0"] as const];
    for (const [port, [at, nic]] of cables.entries()) {
      await hub.ip(`link add name port${port} type veth peer name ${nic} netns ${at.name}`);
      await hub.ip(`link set dev port${port} master br0 up`);
      await at.ip(`link set dev ${nic} up`);
    }
    await peer.ip("link add link eth0 name vlan type vlan id 200");
    await setUp(peer, ["link set dev vlan up", "address add 198.51.100.2/24 dev vlan"]);
    expect((await ifacer(ns, "ADD", old, { policy: withCables })).status).toBe(0);
    await ns.ip("address add 198.51.100.1/24 dev data");
    await serve(peer, "198.51.100.2");
    const config = { ...old, bond: { name: "bond0", mode: "balance-tlb" } };
    const [traffic, { status, stdout }] = await Promise.all([
      ask(ns, "198.51.100.2", 15),
      ns.run([...commandUnder(withCables), ...words], {
        stdin: JSON.stringify(config),
        env: { CNI_COMMAND: undefined },
      }),
    ]);
    console.log(`the longest pause while the mode changed was ${traffic.longestGap} ms`);
    const configured = "configured the empty bond bond0 with mode balance-tlb";
    expect([status, stdout]).toEqual([0, expect.stringContaining(configured)]);
    expect(traffic.answered).toBeGreaterThan(0);
  });
});
