/** What the tests of node paths share: a node on a wire with a neighbour and a Pod of an overlay network, and Pods with a macvlan. */
import { expect } from "bun:test";
import { setUp } from "../adding.ts";
import { addChain, type Chain, checkChain, deleteChain } from "../chain.ts";
import { type Answer, type Environment, ifacer, type Namespace, namespace } from "../harness.ts";
import { plugins, staticIpam } from "../pod/pod.ts";

/** A node, what is on its wire, and a Pod of its overlay network. */
export interface Site extends AsyncDisposable {
  readonly node: Namespace;
  /** A host of the network 192.0.2.0/24 and the router of node and Pods: 192.0.2.254, 2001:db8::fe; behind it 203.0.113.1. */
  readonly wire: Namespace;
  /** 10.244.0.2 and fd00:10:244::2. */
  readonly overlay: Namespace;
}

const yes = (ns: Namespace, ...names: string[]) =>
  ns.run(["sh", "-c", names.map((name) => `echo 1 >/proc/sys/net/${name}`).join(";")]);

/** Below what the node's address and the Pods' interfaces are: a NIC, or a VLAN on a bond of two. */
export type Below = "nic" | "vlan on a bond";

/** What is named as `master` there. */
export const masters: Readonly<Record<Below, string>> = { nic: "ens192", "vlan on a bond": "bond0.100" };

/**
 * Makes a site. The node has 192.0.2.1 and 2001:db8::1 on what Pods stand on, and 198.51.100.1 on a VLAN without Pods, through which
 * nothing leads.
 */
export async function makeSite(below: Below = "nic", mtu = 1500): Promise<Site> {
  const [node, wire, overlay] = await Promise.all([namespace(), namespace(), namespace()]);
  await wire.ip(`link add name br0 mtu ${mtu} type bridge mcast_snooping 0`);
  const nics = below === "nic" ? ["ens192"] : ["ens192", "ens224"];
  for (const nic of nics) {
    await setUp(wire, [
      `link add name ${nic} mtu ${mtu} type veth peer name ${nic} mtu ${mtu} netns ${node.name}`,
      `link set dev ${nic} master br0 up`,
    ]);
  }
  const own = below === "nic" ? "br0" : "br0.100";
  await setUp(wire, [
    "link set dev br0 up",
    "link set dev lo up",
    ...(below === "nic" ? [] : ["link add link br0 name br0.100 type vlan id 100", "link set dev br0.100 up"]),
    `address add 192.0.2.254/24 dev ${own}`,
    `address add 2001:db8::fe/64 dev ${own} nodad`,
    "address add 203.0.113.1/32 dev lo",
    "address add 2001:db8:ffff::1/128 dev lo nodad",
  ]);
  await yes(node, "ipv4/ip_forward", "ipv6/conf/all/forwarding");
  await setUp(node, [
    "link set dev lo up",
    ...(below === "nic"
      ? ["link set dev ens192 up"]
      : [
          `link add name bond0 mtu ${mtu} type bond mode active-backup miimon 100`,
          "link set dev bond0 alias ifacer",
          ...nics.flatMap((nic) => [`link set dev ${nic} down`, `link set dev ${nic} master bond0`]),
          "link set dev bond0 up",
          "link add link bond0 name bond0.100 type vlan id 100",
          "link set dev bond0.100 alias ifacer",
          "link set dev bond0.100 up",
        ]),
    `address add 192.0.2.1/24 dev ${masters[below]}`,
    `address add 2001:db8::1/64 dev ${masters[below]} nodad`,
    "route add default via 192.0.2.254",
    "route add ::/0 via 2001:db8::fe",
    `link add link ${nics[0] === "ens192" && below === "nic" ? "ens192" : "bond0"} name more.7 type vlan id 7`,
    "link set dev more.7 up",
    "address add 198.51.100.1/24 dev more.7",
    `link add name cali0 mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${overlay.name}`,
    "link set dev cali0 up",
    "route add 10.244.0.2/32 dev cali0 scope link",
    "route add fd00:10:244::2/128 dev cali0",
  ]);
  await setUp(overlay, [
    "link set dev eth0 up",
    "address add 10.244.0.2/32 dev eth0",
    "address add fd00:10:244::2/128 dev eth0 nodad",
    "route add default dev eth0",
    "route add ::/0 dev eth0",
  ]);
  await yes(node, "ipv4/conf/cali0/proxy_arp");
  // In the way of who sends to all there is no router: its neighbour is the node, by a MAC that is known.
  const [cali] = await node.json("link show dev cali0");
  await setUp(overlay, [
    "route replace default via 169.254.1.1 dev eth0 onlink",
    "route replace ::/0 via fe80::1 dev eth0",
  ]);
  for (const gateway of ["169.254.1.1", "fe80::1"]) {
    await overlay.ip(`neighbour replace ${gateway} lladdr ${cali.address} dev eth0 nud permanent`);
  }
  return {
    node,
    wire,
    overlay,
    [Symbol.asyncDispose]: async () => {
      for (const ns of [overlay, node, wire]) await ns[Symbol.asyncDispose]();
    },
  };
}

/** The kinds of interface that a Pod may have, as the main plugin's config says them. */
export const mains = {
  bridge: { type: "macvlan", mode: "bridge" },
  private: { type: "macvlan", mode: "private" },
  vepa: { type: "macvlan", mode: "vepa" },
  l2: { type: "ipvlan", mode: "l2" },
  l3: { type: "ipvlan", mode: "l3" },
  l3s: { type: "ipvlan", mode: "l3s" },
} as const;

export const routes = ["10.96.0.0/16", "10.244.0.0/16", "fd00:96::/112", "fd00:10:244::/64"];

export interface Options {
  readonly main?: keyof typeof mains;
  readonly below?: Below;
  readonly addresses?: readonly string[];
  readonly entry?: object;
  readonly name?: string;
  readonly ifName?: string;
  readonly mtu?: number;
  readonly ipam?: object;
}

/** The chain of a main plugin and a node path behind it. */
export function chain({
  main = "bridge",
  below = "nic",
  addresses = ["192.0.2.10/24", "2001:db8::10/64"],
  entry = { nodePath: { routes } },
  name = "underlay",
  ifName = "eth0",
  mtu,
  ipam,
}: Options = {}): Chain {
  const given = ipam ?? { ...staticIpam(...addresses), routes: gateways(addresses) };
  return {
    cniVersion: "1.0.0",
    name,
    ifName,
    folder: plugins,
    plugins: [
      { ...mains[main], master: masters[below], ...(mtu && { mtu }), ipam: given },
      { type: "ifacer", ...entry },
    ],
  };
}

function gateways(addresses: readonly string[]) {
  return [
    ...(addresses.some((address) => !address.includes(":")) ? [{ dst: "0.0.0.0/0", gw: "192.0.2.254" }] : []),
    ...(addresses.some((address) => address.includes(":")) ? [{ dst: "::/0", gw: "2001:db8::fe" }] : []),
  ];
}

/** A call of the entry alone. */
export function call(
  { node, pod }: { node: Namespace; pod: Namespace },
  verb: string,
  entry: object,
  { env = {}, policy }: { env?: Environment; policy?: object } = {},
): Promise<Answer> {
  const config = { cniVersion: "1.0.0", name: "underlay", type: "ifacer", ...entry };
  const variables = { CNI_NETNS: pod.path, CNI_IFNAME: "eth0", CNI_PATH: plugins, ...env };
  return ifacer(node, verb, config, { env: variables, ...(policy && { policy }) });
}

/** A Pod as a main plugin leaves it, and that one's result; made by `ip`, which takes less time. */
export async function makePod(
  { node }: Pick<Site, "node">,
  addresses: readonly string[] = ["192.0.2.10/24", "2001:db8::10/64"],
): Promise<{ pod: Namespace; prevResult: object } & AsyncDisposable> {
  const pod = await namespace();
  await node.ip(`link add link ens192 name mv0 netns ${pod.name} type macvlan mode bridge`);
  await setUp(pod, [
    "link set dev mv0 name eth0",
    "link set dev lo up",
    "link set dev eth0 up",
    ...addresses.map((address) => `address add ${address} dev eth0${address.includes(":") ? " nodad" : ""}`),
    ...gateways(addresses).map(({ dst, gw }) => `route add ${dst} via ${gw} dev eth0`),
  ]);
  const prevResult = {
    cniVersion: "1.0.0",
    interfaces: [{ name: "eth0", mac: "00:00:00:00:00:00", sandbox: pod.path }],
    ips: addresses.map((address) => ({ address, interface: 0 })),
    routes: gateways(addresses),
  };
  return { pod, prevResult, [Symbol.asyncDispose]: () => pod[Symbol.asyncDispose]() };
}

export { addChain, checkChain, deleteChain };

/** Whether who is asked answers: one packet of so many bytes, and at most a second of patience. */
export async function reaches(ns: Namespace, address: string, { size = 56, source = "" } = {}): Promise<boolean> {
  const family = address.includes(":") ? "-6" : "-4";
  const from = source ? ["-I", source] : [];
  for (let attempt = 1; attempt <= 3; attempt++) {
    const argv = ["busybox", "ping", family, "-c", "1", "-W", "1", "-s", String(size), ...from, address];
    if ((await ns.run(argv)).status === 0) return true;
  }
  return false;
}

/** As `reaches`, for who is not to answer: tried once. */
export async function misses(ns: Namespace, address: string): Promise<boolean> {
  const family = address.includes(":") ? "-6" : "-4";
  return (await ns.run(["busybox", "ping", family, "-c", "1", "-W", "1", address])).status !== 0;
}

/** All that a place has: links, addresses, routes, rules, permanent neighbours, and sysctls that might be changed. */
export async function lookAll(ns: Namespace): Promise<string> {
  const views = [
    "-d -j address show",
    "-j route show table all",
    "-j -6 route show table all",
    "rule show",
    "-6 rule show",
    "neighbour show nud permanent",
  ];
  const seen = await Promise.all(views.map((view) => ns.ip(view)));
  const { stdout } = await ns.run([
    "sh",
    "-c",
    "grep . /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv4/ip_forward",
  ]);
  // What ages, and which number the next link gets, is nobody's work.
  return [...seen, stdout].join("\n").replaceAll(/"(valid|preferred)_life_time":\d+/g, "");
}

/**
 * All that two places have, once it is as before, which a second or two may take: IPv6 addresses are tentative first. Given up after
 * that.
 */
export async function lookSoon(one: Namespace, other: Namespace, wanted?: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const seen = (await Promise.all([lookAll(one), lookAll(other)])).join("\n");
    if (seen === wanted || attempt === 8) return seen;
    if (wanted === undefined && !seen.includes('"tentative":true')) return seen;
    await Bun.sleep(400);
  }
}

/** The node's ends of Pods. */
export async function ends(node: Namespace): Promise<string[]> {
  const links = await node.json("-d link show type veth");
  return links.map(({ ifname }) => ifname).filter((name) => name.startsWith("ifp"));
}

export function expectAnswer(answer: Answer, code?: number): string {
  expect([answer.json?.code, answer.json?.msg, answer.status]).toEqual(
    code === undefined ? [undefined, undefined, 0] : [code, answer.json?.msg, 1],
  );
  return [answer.json?.msg, answer.json?.details ?? ""].join("\n");
}

/** Waits until the Pod's IPv6 addresses can be used. */
export async function settle(pod: Namespace): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    if (!(await pod.ip("-6 address show")).includes("tentative")) return;
    await Bun.sleep(200);
  }
}
