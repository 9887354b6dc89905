import { describe, expect, test } from "bun:test";
import { writeLines } from "../../src/apply/lines.ts";
import type { NodePath } from "../../src/config/nodePath.ts";
import { namePath } from "../../src/config/pathNames.ts";
import type { Address, Current, Desired, Link, NodeView, Route } from "../../src/model.ts";
import { type PodInterface, type Views, wishForPath } from "../../src/plan/nodePath.ts";
import { plan } from "../../src/plan/plan.ts";
import { link } from "../link.ts";
import { place } from "./inPod.ts";

const { end, endMAC, podMAC } = namePath("pod1");

const config: NodePath = {
  routes: ["10.96.0.0/16", "fd00:96::/112"],
  nodeAddresses: undefined,
  mtu: undefined,
  macPrefix: undefined,
  policyRoutes: false,
  skipped: false,
  onlyMAC: false,
};

const own: PodInterface = {
  containerID: "pod1",
  network: "net",
  ifName: "eth0",
  netns: "/run/netns/pod",
  addresses: [
    { address: "192.0.2.10", prefixLength: 24, gateway: "192.0.2.254" },
    { address: "2001:db8::10", prefixLength: 64, gateway: undefined },
  ],
  routes: [],
};

const address = (local: string, prefixLength: number): Address => ({
  local,
  prefixLength,
  scope: "global",
  family: local.includes(":") ? "inet6" : "inet",
  words: [],
});

const nic = (name: string): Link => link(1, name);

const eth0: Link = { ...nic("eth0"), kind: "macvlan", mtu: 9000 };

const pod = place([eth0], { eth0: { addresses: [address("192.0.2.10", 24), address("2001:db8::10", 64)] } });

const node: NodeView = {
  current: { links: [], vlans: [], uses: new Map() },
  locals: [
    { address: "192.0.2.1", link: "ens192", isOnWire: true },
    { address: "198.51.100.1", link: "bond0.7", isOnWire: true },
    { address: "172.17.0.1", link: "docker0", isOnWire: false },
    { address: "10.0.0.1", link: "lo", isOnWire: false },
    { address: "2001:db8::1", link: "bond0", isOnWire: true },
  ],
  sources: new Map([
    ["192.0.2.10", "192.0.2.1"],
    ["2001:db8::10", "2001:db8::1"],
  ]),
  inner: new Map(),
};

const views: Views = { pod, node };

function lines(desired: Desired, current: Current): string[] {
  return plan(desired, current).changes.flatMap(writeLines);
}

test("the pair, routes and neighbours in both places; addresses of bridges and of lo are not the Pod's business", () => {
  const wish = wishForPath(config, own, views);
  expect([wish.conflicts, wish.notes]).toEqual([[], []]);
  expect(lines(wish.node, node.current)).toEqual([
    `link add name ${end} mtu 9000 address ${endMAC} type veth peer name veth0 mtu 9000 address ${podMAC} netns /run/netns/pod`,
    `link set dev ${end} alias ifacer:net`,
    `link set dev ${end} up`,
    `neighbour replace 192.0.2.10 lladdr ${podMAC} dev ${end} nud permanent`,
    `neighbour replace 2001:db8::10 lladdr ${podMAC} dev ${end} nud permanent`,
    `route add 192.0.2.10/32 dev ${end} scope link src 192.0.2.1`,
    `route add 2001:db8::10/128 dev ${end} scope link src 2001:db8::1`,
  ]);
  expect(lines(wish.pod, pod)).toEqual([
    "link set dev veth0 alias ifacer",
    "link set dev veth0 up",
    ...["192.0.2.1", "2001:db8::1", "198.51.100.1"].map(
      (to) => `neighbour replace ${to} lladdr ${endMAC} dev veth0 nud permanent`,
    ),
    "route add 192.0.2.1/32 dev veth0 scope link",
    "route add 2001:db8::1/128 dev veth0 scope link",
    "route add 198.51.100.1/32 dev veth0 scope link",
    "route add 10.96.0.0/16 via 192.0.2.1 dev veth0",
    "route add fd00:96::/112 via 2001:db8::1 dev veth0",
  ]);
});

const veth = (name: string, mac: string, more: Partial<Link> = {}): Link => ({
  ...nic(name),
  kind: "veth",
  mac,
  ...more,
});

const route = (...words: string[]): Route => ({
  destination: words[1] ?? "",
  table: "main",
  protocol: "boot",
  type: "unicast",
  words,
});

/** Both places as they are when all is there, but that the routes lead by another address of the node. */
const whole: Views = {
  pod: {
    ...place([eth0, veth("veth0", podMAC, { alias: "ifacer", mtu: 9000 })], {
      eth0: { addresses: [address("192.0.2.10", 24), address("2001:db8::10", 64)] },
      veth0: {
        routes: [
          route("unicast", "192.0.2.1", "dev", "veth0"),
          route("unicast", "198.51.100.1", "dev", "veth0"),
          route("unicast", "2001:db8::1", "metric", "1024", "dev", "veth0"),
          route("unicast", "10.96.0.0/16", "via", "198.51.100.1", "dev", "veth0"),
          route("unicast", "fd00:96::/112", "metric", "1024", "via", "2001:db8::1", "dev", "veth0"),
        ],
      },
    }),
    neighbours: ["192.0.2.1", "198.51.100.1", "2001:db8::1"].map((to) => ({ link: "veth0", address: to, mac: endMAC })),
  },
  node: {
    ...node,
    current: {
      ...place([veth(end, endMAC, { alias: "ifacer:net", mtu: 9000 })], {
        [end]: {
          routes: [
            route("unicast", "192.0.2.10", "src", "192.0.2.1", "dev", end),
            route("unicast", "2001:db8::10", "src", "2001:db8::1", "metric", "1024", "dev", end),
          ],
        },
      }),
      neighbours: own.addresses.map((one) => ({ link: end, address: one.address, mac: podMAC })),
    },
  },
};

test("a policy is told which addresses the node leads to the Pod", () => {
  expect(wishForPath(config, own, views).pod.path?.addresses).toEqual(["192.0.2.10", "2001:db8::10"]);
  const onlyMAC = { ...config, macPrefix: "0a:1b", onlyMAC: true };
  expect(wishForPath(onlyMAC, own, views).pod.path?.addresses).toEqual([]);
});

test("planned from what is wanted, nothing is left to do; a route by another of the node's addresses is kept", () => {
  const wish = wishForPath(config, own, whole);
  expect([...lines(wish.node, whole.node.current), ...lines(wish.pod, whole.pod)]).toEqual([]);
  expect(plan(wish.pod, whole.pod).conflicts).toEqual([]);
});

test("another network of the same Pod uses the same pair, and its alias names both", () => {
  const further = {
    ...own,
    network: "more",
    ifName: "net1",
    addresses: [{ address: "203.0.113.5", prefixLength: 24, gateway: undefined }],
  };
  const seen = { ...whole, pod: { ...whole.pod, links: [...whole.pod.links, { ...eth0, name: "net1" }] } };
  const wish = wishForPath({ ...config, routes: [] }, further, seen);
  expect(wish.conflicts).toEqual([]);
  expect(lines(wish.node, seen.node.current)).toEqual([
    `link set dev ${end} alias ifacer:net,more`,
    `neighbour replace 203.0.113.5 lladdr ${podMAC} dev ${end} nud permanent`,
    `route add 203.0.113.5/32 dev ${end} scope link src 192.0.2.1`,
  ]);
  expect(lines(wish.pod, seen.pod)).toEqual([]);
});

describe("policyRoutes of a further interface", () => {
  const further: PodInterface = {
    ...own,
    network: "more",
    ifName: "net1",
    addresses: [{ address: "203.0.113.5", prefixLength: 24, gateway: "203.0.113.254" }],
    routes: [{ destination: "10.0.0.0/8", gateway: "203.0.113.254" }],
  };
  const ownDefault = route("unicast", "default", "proto", "boot", "via", "203.0.113.254", "dev", "net1");
  const seen: Views = {
    ...whole,
    pod: {
      ...whole.pod,
      links: [...whole.pod.links, { ...eth0, name: "net1" }],
      uses: new Map([
        ...whole.pod.uses,
        [
          "net1",
          { addresses: [address("203.0.113.5", 24)], routes: [ownDefault], nexthops: [], sharedElsewhere: false },
        ],
      ]),
    },
  };
  const nodePath = { ...config, policyRoutes: true, routes: ["10.96.0.0/16"] };

  test("its routes move to a table of their own, from which the node is reached as well", () => {
    const wish = wishForPath(nodePath, further, seen);
    expect(wish.conflicts).toEqual([]);
    expect(lines(wish.pod, seen.pod)).toEqual([
      "route add 203.0.113.0/24 dev net1 scope link src 203.0.113.5 table 7000",
      "route add 0.0.0.0/0 via 203.0.113.254 dev net1 table 7000",
      "route add 10.0.0.0/8 via 203.0.113.254 dev net1 table 7000",
      "route add 192.0.2.1/32 dev veth0 scope link table 7000",
      "route add 198.51.100.1/32 dev veth0 scope link table 7000",
      "route add 10.96.0.0/16 via 192.0.2.1 dev veth0 table 7000",
      "rule add from 203.0.113.5/32 lookup 7000 priority 7000",
      "route del unicast default proto boot via 203.0.113.254 dev net1",
    ]);
  });

  test("the first interface's stay where they are, also when it is added again", () => {
    const reached = { link: end, address: "203.0.113.5", mac: podMAC };
    const again: Views = {
      pod: { ...seen.pod, rules: [{ from: "203.0.113.5/32", table: "7000" }] },
      node: {
        ...seen.node,
        current: { ...seen.node.current, neighbours: [...(seen.node.current.neighbours ?? []), reached] },
      },
    };
    const wish = wishForPath({ ...config, policyRoutes: true }, own, again);
    expect(lines(wish.pod, again.pod)).toEqual([]);
  });
});

describe("macPrefix", () => {
  test.each<[addresses: string[], mac: string]>([
    [["10.20.20.95"], "0a:1b:0a:14:14:5f"],
    [["2001:db8::10", "192.0.2.1"], "0a:1b:c0:00:02:01"],
    [["2001:db8::abcd:1"], "0a:1b:ab:cd:00:01"],
  ])("%j gives %s", (given, mac) => {
    const addresses = given.map((one) => ({ address: one, prefixLength: 24, gateway: undefined }));
    const wish = wishForPath({ ...config, macPrefix: "0a:1b", onlyMAC: true }, { ...own, addresses }, views);
    expect(lines(wish.pod, pod)).toEqual([`link set dev eth0 address ${mac}`]);
    expect(lines(wish.node, node.current)).toEqual([]);
  });

  test("an ipvlan shares its parent's MAC", () => {
    const seen = { ...views, pod: { ...pod, links: [{ ...eth0, kind: "ipvlan" }] } };
    const wish = wishForPath({ ...config, macPrefix: "0a:1b" }, own, seen);
    expect(plan(wish.pod, seen.pod).conflicts.map(({ message }) => message)).toEqual([
      "macPrefix gives eth0 a MAC of its own, but it is an ipvlan, which shares that of its parent: leave macPrefix out",
    ]);
  });
});

describe("conflicts", () => {
  const stranger = veth("veth0", "02:00:00:00:00:99");
  const elsewhere = route("unicast", "192.0.2.10", "scope", "link", "dev", "cali7");
  const onNode = (uses: Parameters<typeof place>[1], links: Link[] = []): Views => ({
    ...views,
    node: { ...node, current: place(links, uses) },
  });
  test.each<[name: string, views: Views, nodePath: Partial<NodePath>, part: string]>([
    [
      "a veth0 of somebody else",
      { ...views, pod: { ...pod, links: [eth0, stranger] } },
      {},
      "the Pod has a veth0 already",
    ],
    ["a route to another Pod", onNode({ cali7: { routes: [elsewhere] } }), {}, "192.0.2.10/32 leads elsewhere already"],
    [
      "a host route of another metric",
      onNode({
        ens192: { routes: [route("unicast", "192.0.2.10", "metric", "1024", "proto", "dhcp", "dev", "ens192")] },
      }),
      {},
      "192.0.2.10 of eth0 leads elsewhere on the node already ('ip route' shows: unicast 192.0.2.10 metric 1024 proto dhcp dev ens192)",
    ],
    [
      "a host route of IPv6 of another metric",
      onNode({ ens192: { routes: [route("unicast", "2001:db8::10", "metric", "256", "dev", "ens192")] } }),
      {},
      "2001:db8::10 of eth0 leads elsewhere on the node already",
    ],
    [
      "the broadcast address",
      onNode({ ens192: { routes: [{ ...route("broadcast", "192.0.2.10", "dev", "ens192"), table: "local" }] } }),
      {},
      "192.0.2.10 of eth0 leads elsewhere on the node already",
    ],
    [
      "an address of other Pods' bridge",
      { ...views, node: { ...node, inner: new Map([["192.0.2.10", "cni0"]]) } },
      {},
      "192.0.2.10 of eth0 is in a subnet of the bridge cni0",
    ],
    ["a blackhole", onNode({ "": { routes: [route("blackhole", "192.0.2.10")] } }), {}, "leads elsewhere already"],
    ["a link of the end's name", onNode({}, [veth(end, "02:00:00:00:00:99")]), {}, "is not this Pod's end"],
    [
      "an end whose other end is elsewhere",
      onNode({}, [veth(end, endMAC)]),
      {},
      "its other end is not in the Pod as veth0",
    ],
    [
      "an address that the node does not have",
      views,
      { nodeAddresses: ["192.0.2.7"] },
      "names 192.0.2.7, which is no address of this node",
    ],
    [
      "no address of the node in a family",
      views,
      { nodeAddresses: ["192.0.2.1"] },
      "an address of IPv6, but no address of the node is known",
    ],
    ["no interface", { ...views, pod: place([]) }, {}, "the interface eth0 is not in the Pod"],
    [
      "the node's own address",
      { ...views, node: { ...node, locals: [...node.locals, { address: "192.0.2.10", link: "lo", isOnWire: false }] } },
      {},
      "192.0.2.10 of eth0 is an address of the node itself",
    ],
  ])("%s", (_, seen, more, part) => {
    const wish = wishForPath({ ...config, ...more }, own, seen);
    const found = [
      ...wish.conflicts,
      ...plan(wish.pod, seen.pod).conflicts,
      ...plan(wish.node, seen.node.current).conflicts,
    ];
    expect(found.map(({ message }) => message).join("\n")).toContain(part);
  });

  test.each(["0.0.0.0", "127.0.0.2", "224.0.0.18", "255.255.255.255", "169.254.169.254", "::", "::1", "ff02::1"])(
    "%s is no host's",
    (one) => {
      const addresses = [{ address: one, prefixLength: 24, gateway: undefined }];
      expect(wishForPath(config, { ...own, addresses }, views).conflicts.map(({ message }) => message)).toContain(
        `${one} of eth0 is no address that a node can lead to a Pod by: mend the main plugin's ipam`,
      );
    },
  );

  test("a route of the same metric is told of once", () => {
    const seen = onNode({ cali7: { routes: [elsewhere] } });
    expect(wishForPath(config, own, seen).conflicts).toEqual([]);
  });

  test("no address at all, and the name of the end", () => {
    expect(wishForPath(config, { ...own, addresses: [] }, views).conflicts[0]?.message).toContain(
      "has no address of eth0",
    );
    expect(wishForPath(config, { ...own, ifName: "veth0" }, views).conflicts[0]?.message).toContain(
      "call it otherwise",
    );
  });
});

test("a route of a family that the Pod has no address of is left out, with a word", () => {
  const wish = wishForPath(config, { ...own, addresses: own.addresses.slice(0, 1) }, views);
  expect(wish.notes).toEqual(["left out the route fd00:96::/112, as eth0 has no address of IPv6"]);
  expect(lines(wish.pod, pod).filter((line) => line.includes("::"))).toEqual([]);
});

test("a Pod whose other interface has no node path sends to the node from this one's address", () => {
  const seen = {
    ...views,
    pod: place([eth0, { ...eth0, name: "net1" }], {
      eth0: { addresses: [address("192.0.2.10", 24)] },
      net1: { addresses: [address("10.244.0.9", 32)] },
    }),
  };
  const wish = wishForPath({ ...config, routes: ["10.96.0.0/16"] }, own, seen);
  expect(lines(wish.pod, seen.pod).filter((line) => line.startsWith("route add 1"))).toEqual([
    "route add 192.0.2.1/32 dev veth0 scope link src 192.0.2.10",
    "route add 198.51.100.1/32 dev veth0 scope link src 192.0.2.10",
    "route add 10.96.0.0/16 via 192.0.2.1 dev veth0 src 192.0.2.10",
  ]);
});
