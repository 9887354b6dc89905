import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { add, call, lookAround, refuse, setUp } from "./adding.ts";
import { executable, type Namespace, namespace } from "./harness.ts";
import { link } from "./node.ts";

interface Node extends AsyncDisposable {
  readonly ns: Namespace;
  readonly pod: Namespace;
}

/** A node on which every NIC but the free ones is of use to somebody. NICs are called after that. */
async function busyNode(): Promise<Node> {
  const ns = await namespace();
  const pod = await namespace();
  await ns.run(["sh", "-c", "for f in all default; do echo 0 >/proc/sys/net/ipv6/conf/$f/accept_dad; done"]);
  const nics =
    "free free2 address address6 onlink way1 way2 table vlan macvlan ipvlan vxlan bonded bridged teamed vrf podmac podip podvlan hop hop6 hops vlandown";
  await setUp(ns, [
    ...nics.split(" ").flatMap((nic) => [`link add name ${nic} type dummy`, `link set dev ${nic} up`]),
    "address add 192.0.2.1/24 dev address",
    "address add 2001:db8::1/64 dev address6 nodad",
    "route add 198.51.100.0/24 dev onlink",
    "address add 169.254.0.1/32 dev way1 scope link",
    "route add 203.0.113.0/24 nexthop via 192.0.2.9 dev way1 onlink nexthop via 192.0.2.9 dev way2 onlink",
    "route add default dev table table 99",
    "link add link vlan name vlan.9 type vlan id 9",
    "link add link macvlan name mv type macvlan",
    "link add link ipvlan name iv type ipvlan",
    "link add name vx type vxlan id 5 dev vxlan dstport 4789",
    `link add name podveth type veth peer name eth0 netns ${pod.name}`,
    "nexthop add id 1 via 192.0.2.9 dev hop onlink",
    "nexthop add id 2 via fe80::9 dev hop6",
    "nexthop add id 3 via 192.0.2.9 dev hops onlink",
    "nexthop add id 4 group 3",
    "route add 198.51.100.64/26 nhid 1",
    "route add 2001:db8:7::/64 nhid 2",
    "route add 198.51.100.128/26 nhid 4",
    "link add link vlandown name vlandown.3 type vlan id 3",
    "link set dev vlandown down",
    "link add name other type bond mode active-backup",
    "link set dev bonded down",
    "link set dev bonded master other",
    "link set dev bonded up",
    "link add name br0 type bridge",
    "link set dev bridged master br0",
    "link add name vrf0 type vrf table 7",
    "link set dev vrf master vrf0",
    `link add link podmac name net1 netns ${pod.name} type macvlan mode bridge`,
    `link add link podip name net2 netns ${pod.name} type ipvlan mode l2`,
    `link add link podvlan name net3 netns ${pod.name} type vlan id 30`,
  ]);
  await setUp(pod, ["link set dev net1 up", "link set dev net2 up", "link set dev net3 up"]);
  return {
    ns,
    pod,
    [Symbol.asyncDispose]: async () => {
      await pod[Symbol.asyncDispose]();
      await ns[Symbol.asyncDispose]();
    },
  };
}

const bond = { name: "bond0", mode: 1 };

describe("the host stays as it is, and the words name what depends on it", () => {
  let node: Node;
  beforeAll(async () => {
    node = await busyNode();
  });
  afterAll(() => node[Symbol.asyncDispose]());

  test.each<[string, string, object?]>([
    ["address", "address has the address 192.0.2.1/24: move it to bond0, or set allowInUse"],
    ["address6", "address6 has the address 2001:db8::1/64"],
    ["onlink", "onlink has the route 198.51.100.0/24"],
    ["way2", "way2 has the route 203.0.113.0/24"],
    ["table", "table has the route default (table 99)"],
    ["vlan", "vlan has the VLAN vlan.9 on top, which would be cut off: remove it with 'ip link delete dev vlan.9'"],
    ["macvlan", "macvlan has the macvlan mv on top", { allowInUse: true }],
    ["ipvlan", "ipvlan has the ipvlan iv on top", { allowInUse: true }],
    ["vxlan", "vxlan has the vxlan vx on top"],
    ["bonded", "bonded belongs to other (a bond), which would lose it", { allowInUse: true }],
    ["bridged", "bridged belongs to br0 (a bridge)"],
    ["vrf", "vrf belongs to vrf0 (a vrf)"],
    ["podmac", "podmac has a macvlan, ipvlan or VLAN on top in another network namespace", { allowInUse: true }],
    ["podip", "podip has a macvlan, ipvlan or VLAN on top in another network namespace"],
    ["podvlan", "podvlan has a macvlan, ipvlan or VLAN on top in another network namespace"],
    ["other", "other is itself a bond"],
    ["lo", "lo is the loopback device, which takes neither a bond nor a VLAN"],
    ["hop", "hop has the nexthop with id 1 (ip nexthop)"],
    ["hop6", "hop6 has the nexthop with id 2 (ip nexthop)"],
    ["hops", "hops has the nexthop with id 3 (ip nexthop)"],
    [
      "podveth",
      "podveth is one end of a veth, and the other end, a Pod's for example, would be cut off",
      { allowInUse: true },
    ],
    ["br0", "br0 is a link of kind bridge, and its ports would be cut off"],
    ["vx", "vx is a link of kind vxlan, and who uses it as such would be cut off"],
    [
      "vlandown.3",
      "vlandown.3 can't be set up while vlandown, on which it stands, is down: run 'ip link set dev vlandown up'",
    ],
  ])("%s is no slave", async (nic, message, more = {}) => {
    expect(await refuse(node.ns, { interfaces: ["free", nic], bond, vlanID: 77, ...more }, 105)).toContain(message);
  });

  test("all reasons are told at once", async () => {
    const all = await refuse(node.ns, { interfaces: ["address", "vlan", "podmac"], bond }, 105);
    for (const reason of ["address has the address", "vlan has the VLAN", "podmac has a macvlan"]) {
      expect(all).toContain(reason);
    }
  });

  test.each<[object, string]>([
    [
      { interfaces: ["bonded"], vlanID: 5 },
      "bonded belongs to the bond other, a VLAN on it would get no frames: list other",
    ],
    [{ interfaces: ["bridged"], vlanID: 5 }, "bridged belongs to the bridge br0"],
    [{ interfaces: ["lo"], vlanID: 5 }, "lo is the loopback device"],
    [
      { interfaces: ["vlandown.3"], vlanID: 5 },
      "vlandown.3 can't be set up while vlandown, on which it stands, is down",
    ],
    [
      { interfaces: ["free"], vlanID: 9 },
      "VLAN 9 is there already, as vlan.9 on vlan: use another vlanID, or set duplicateVlanID",
    ],
    [
      { interfaces: ["vlan"], vlanID: 9, duplicateVlanID: "allow", vlan: { name: "mine" } },
      "vlan has VLAN 9 already, as vlan.9: set vlan.name to vlan.9",
    ],
  ])("a VLAN by %j is none", async (config, message) => {
    expect(await refuse(node.ns, config, 105)).toContain(message);
  });

  test("NICs that nobody needs are taken, and VLANs go where they harm nobody", async () => {
    const { ns } = node;
    // A VRF only routes, and others may stand on the same NIC.
    await add(ns, { interfaces: ["vrf"], vlanID: 5 });
    await add(ns, { interfaces: ["podmac"], vlanID: 6 });
    await add(ns, {
      interfaces: ["vlan"],
      vlanID: 9,
      duplicateVlanID: "allow",
      vlan: { protocol: "802.1ad", name: "mine" },
    });
    expect(await add(ns, { interfaces: ["free", "free2"], bond })).toHaveLength(4);
  });
});

test("a bond whose own NIC is of use by now is still left in peace", async () => {
  await using node = await busyNode();
  const { ns, pod } = node;
  const config = { interfaces: ["free", "free2"], bond, vlanID: 8 };
  await add(ns, config);
  await setUp(ns, [
    "address add 192.0.2.7/24 dev bond0",
    `link add link bond0.8 name net8 netns ${pod.name} type macvlan mode bridge`,
  ]);
  await setUp(pod, ["link set dev net8 up"]);
  expect(await add(ns, config)).toEqual([]);
  // A slave that fell out comes back.
  await ns.ip("link set dev free2 nomaster");
  expect(await add(ns, config)).toEqual(["ifacer: made free2 a slave of bond0"]);
});

describe("allowInUse", () => {
  test("takes a NIC with addresses and routes, which come back when a later NIC is not taken", async () => {
    await using node = await busyNode();
    const { ns, pod } = node;
    // Down in the Pod it can't be seen from here.
    await setUp(pod, ["link set dev net1 down"]);
    await setUp(ns, [
      "address add 198.51.100.1/24 dev address",
      "route add default via 192.0.2.2 dev address metric 50",
      "route add 203.0.113.128/25 nexthop via 192.0.2.2 dev address weight 3 nexthop via 198.51.100.2 dev address",
      "route add 2001:db8:5::/64 via 2001:db8::2 dev address6",
      "route add ::/0 dev address6 metric 9",
      "route add 192.0.2.128/25 dev way1 table 5 proto static",
    ]);
    const before = await lookAround(ns);
    const interfaces = ["address", "address6", "way1", "way2", "table", "podmac"];
    const { code, msg } = (await call(ns, "ADD", { interfaces, bond, allowInUse: true })).json;
    expect([code, msg]).toEqual([103, expect.stringMatching(/^podmac is not a slave of bond0: .*; all was undone$/)]);
    expect(sortRoutes(await lookAround(ns))).toEqual(sortRoutes(before));
  });
});

/** Routes that were lost and made again stand in another order. */
function sortRoutes(text: string): unknown[] {
  const lists = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown[] => JSON.parse(line));
  return lists.map((list) => list.map((item) => JSON.stringify(item)).sort());
}

test("routes through nexthop objects are seen where the kernel does not tell of their NICs", async () => {
  await using node = await busyNode();
  const { ns } = node;
  await ns.run(["sh", "-c", "echo 0 >/proc/sys/net/ipv4/nexthop_compat_mode"]);
  for (const [nic, id] of [
    ["hop", 1],
    ["hop6", 2],
    ["hops", 3],
  ]) {
    const words = await refuse(ns, { interfaces: ["free", nic], bond }, 105);
    expect(words).toContain(`${nic} has the nexthop with id ${id} (ip nexthop)`);
  }
});

test("a name that ip may take for an index is just not there, or there", async () => {
  await using node = await busyNode();
  const { ns } = node;
  expect(await refuse(ns, { interfaces: ["if2", "free"], bond }, 100)).toContain(
    "the interface if2 is not on this node",
  );
  expect(await refuse(ns, { interfaces: ["if2"], vlanID: 5, vlan: { name: "v5" } }, 100)).toContain(
    "the interface if2 is not on this node",
  );
  await setUp(ns, ["link add name if3 type dummy", "link add name if99 type dummy"]);
  expect(await add(ns, { interfaces: ["if3", "if99"], bond })).toHaveLength(4);
  expect(await add(ns, { interfaces: ["if3", "if99"], bond })).toEqual([]);
});

test("VLANs, the only NICs, or with groups of their own, are taken as slaves", async () => {
  await using node = await busyNode();
  const { ns } = node;
  await setUp(ns, [
    "link add link free name free.5 type vlan id 5",
    "link set dev free.5 up",
    "address add 203.0.113.1/24 dev free2",
    // The Ethernet address of all hosts.
    "address add 239.0.0.1/32 dev free2 autojoin",
  ]);
  expect(await add(ns, { interfaces: ["free.5", "free2"], bond, allowInUse: true })).toEqual([
    "ifacer: made the bond bond0 with mode active-backup",
    "ifacer: made free.5 a slave of bond0",
    "ifacer: made free2 a slave of bond0",
    "ifacer: set bond0 up",
  ]);
});

test("a control character in somebody's name for a link is shown escaped", async () => {
  await using node = await busyNode();
  const { ns } = node;
  const odd = `x${String.fromCharCode(27)}[1m`;
  const { status } = await ns.run(["ip", "link", "add", "link", "free", "name", odd, "type", "macvlan"]);
  expect(status).toBe(0);
  await ns.run(["ip", "link", "set", "dev", "free2", "alias", `a${String.fromCharCode(27)}b`]);
  expect(await refuse(ns, { interfaces: ["free", "free2"], bond }, 105)).toContain(
    "free has the macvlan x\\u001b[1m on top",
  );
  const { stdout, status: ended } = await ns.run([executable, "nics"]);
  expect([ended, stdout]).toEqual([0, expect.stringContaining("x\\u001b[1m")]);
  expect((await ns.run([executable, "status"])).status).toBe(0);
});

test("a NIC that somebody keeps raising is enslaved all the same", async () => {
  await using node = await busyNode();
  const { ns } = node;
  const raise = "link set dev free2 up\n".repeat(200_000);
  await using racer = Bun.spawn(["ip", "-n", ns.name, "-force", "-batch", "-"], {
    stdin: new Blob([raise]),
    stderr: "ignore",
  });
  await add(ns, { interfaces: ["free", "free2"], bond });
  expect(racer.exitCode).toBeNull();
  expect(await link(ns, "free2")).toMatchObject({ master: "bond0", flags: expect.arrayContaining(["UP"]) });
  racer.kill();
});
