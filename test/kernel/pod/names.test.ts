import { expect, test } from "bun:test";
import { shortenVlanName } from "../../../src/config/linkNames.ts";
import { setUp } from "../adding.ts";
import { namespace } from "../harness.ts";
import { link, nodeWith } from "../node.ts";
import { add, addresses, call, fakeIpam, staticIpam, succeed, tell } from "./pod.ts";

/** What is made of an entry in a Pod with the interfaces eth0, eth1, eth2, net1, for the interface of that name. */
const cases: readonly [what: string, ifName: string, entry: object, made: readonly string[]][] = [
  ["chained behind the plugin of its interface", "eth0", { vlanID: 3 }, ["eth0.3 up vlan 3 on eth0"]],
  ["in other spellings of the keys", "eth0", { VLANId: 3, LinkInContainer: true }, ["eth0.3 up vlan 3 on eth0"]],
  ["a network of its own, by interfaces", "net2", { interfaces: ["net1"], vlanID: 3 }, ["net2 up vlan 3 on net1"]],
  ["a network of its own, by master", "net2", { master: "net1", vlanID: 3 }, ["net2 up vlan 3 on net1"]],
  ["vlan.name, chained", "eth0", { vlanID: 3, vlan: { name: "voice" } }, ["voice up vlan 3 on eth0"]],
  ["vlan.name, own", "net2", { master: "eth1", vlanID: 3, vlan: { name: "voice" } }, ["voice up vlan 3 on eth1"]],
  [
    "several VLANs in one entry, without addresses",
    "net2",
    { interfaces: ["eth0", "eth1"], vlanID: 3 },
    ["eth0.3 up vlan 3 on eth0", "eth1.3 up vlan 3 on eth1"],
  ],
  [
    "a bond without a name",
    "net2",
    { interfaces: ["eth1", "eth2"], bond: { mode: 1 } },
    ["eth1 up dummy in net2", "eth2 up dummy in net2", "net2 up bond"],
  ],
  [
    "a VLAN on a bond",
    "net2",
    { interfaces: ["eth1", "eth2"], bond: { mode: "active-backup" }, vlanID: 3, mtu: 1400 },
    ["eth1 up dummy in net2", "eth2 up dummy in net2", "net2 up bond", "net2.3 up vlan 3 on net2"],
  ],
  [
    "a VLAN on a bond with a name",
    "net2",
    { interfaces: ["eth1", "eth2"], bond: { name: "b", mode: 1 }, vlanID: 3 },
    ["b up bond", "b.3 up vlan 3 on b", "eth1 up dummy in b", "eth2 up dummy in b"],
  ],
];

test("names follow from the config and CNI_IFNAME, and DEL finds them by these alone", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0", "eth1", "eth2", "net1");
  const place = { node, pod };
  const before = await tell(pod);
  for (const [what, ifName, entry, made] of cases) {
    const env = { CNI_IFNAME: ifName };
    const result = await add(place, entry, env);
    const now = await tell(pod);
    expect([what, now.filter((line) => !before.includes(line))]).toEqual([what, [...made]]);
    const names = made.map((line) => line.split(" ")[0]).filter((name) => !/^eth\d$/.test(name ?? ""));
    expect(result.interfaces.map(({ name }: { name: string }) => name).sort()).toEqual(names);
    await succeed(place, "DEL", entry, env);
    // A bond leaves its slaves down, as the driver does.
    await setUp(pod, ["link set dev eth1 up", "link set dev eth2 up"]);
    expect([what, await tell(pod)]).toEqual([what, before]);
  }
}, 300_000);

test("a name that is too long for a link: a short one with the long as altname, which the IPAM plugin is given too", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("enp175s0f0np0");
  using fake = fakeIpam();
  const place = { node, pod };
  const long = "enp175s0f0np0.1000";
  const short = shortenVlanName(long, 1000);
  const entry = { vlanID: 1000, ipam: { type: "fake" } };
  const answer = JSON.stringify({ cniVersion: "1.0.0", ips: [{ address: "192.0.2.10/24" }] });
  const env = { ...fake.env, CNI_IFNAME: "enp175s0f0np0", SAY_ADD: answer };
  const result = await add(place, entry, env);
  expect(result.interfaces).toMatchObject([{ name: short }]);
  expect(await link(pod, long)).toMatchObject({ ifname: short, altnames: [long] });
  expect(await addresses(pod, short)).toEqual(["192.0.2.10/24"]);
  await succeed(place, "CHECK", { ...entry, prevResult: result }, env);
  await succeed(place, "DEL", entry, env);
  expect(fake.takeCalls()).toEqual([`ADD ${short}`, `CHECK ${short}`, `DEL ${short}`]);
  expect(await tell(pod)).toEqual(["enp175s0f0np0 up dummy"]);
}, 300_000);

test("allowInUse, as on the node; and without linkInContainer the links are the node's, where master is a key of others", async () => {
  await using node = await nodeWith("eth0");
  await using pod = await nodeWith("eth0", "eth1");
  const place = { node, pod };
  await pod.ip("address add 192.0.2.9/24 dev eth1");
  const bond = { interfaces: ["eth0", "eth1"], bond: { name: "b", mode: 1 }, allowInUse: true };
  await add(place, bond);
  expect(await tell(pod)).toEqual(["b up bond", "eth0 up dummy in b", "eth1 up dummy in b"]);
  await succeed(place, "DEL", bond);
  const { status, json } = await call(place, "ADD", {
    linkInContainer: false,
    master: "x",
    interfaces: ["eth0"],
    vlanID: 3,
  });
  expect([status, json, await tell(node)]).toEqual([
    0,
    { cniVersion: "1.0.0" },
    ["eth0 up dummy", "eth0.3 up vlan 3 on eth0"],
  ]);
  expect(await tell(pod)).toEqual(["eth0 down dummy", "eth1 down dummy"]);
}, 300_000);

test("links are made where the node has one of that name, and no sign of them is left on the node", async () => {
  await using node = await nodeWith("eth0", "eth0.3");
  await using pod = await namespace();
  await pod.ip("link add name eth0 type dummy");
  const before = await tell(node);
  await add({ node, pod }, { vlanID: 3, ipam: staticIpam("192.0.2.10/24") });
  expect(await tell(pod)).toEqual(["eth0 up dummy", "eth0.3 up vlan 3 on eth0"]);
  await succeed({ node, pod }, "DEL", { vlanID: 3, ipam: staticIpam("192.0.2.10/24") });
  expect(await tell(node)).toEqual(before);
}, 300_000);
