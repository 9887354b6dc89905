import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { setUp } from "../adding.ts";
import type { Namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { add, call, refuse, succeed } from "./pod.ts";

let node: Namespace;
let pod: Namespace;
beforeAll(async () => {
  node = await nodeWith("ens192", "ens160");
  pod = await nodeWith("eth0", "eth1", "eth2", "eth3");
  await setUp(pod, [
    "link add link eth0 name ipvl0 type ipvlan mode l2",
    "link add name other type bond",
    "link set dev eth3 down",
    "link set dev eth3 master other",
    "link set dev other up",
    "link add link eth1 name eth1.7 type vlan id 7",
    "link add name eth0.8 type dummy",
    "address add 192.0.2.9/24 dev eth2",
  ]);
  await setUp(node, [
    "link add link ens192 name ens192.3 type vlan id 3",
    "link set dev ens192.3 up",
    "link add link ens192 name qinq type vlan id 5 protocol 802.1ad",
    `link add link ens192 name mv0 netns ${pod.name} type macvlan mode bridge`,
    `link add link ens160 name mv1 netns ${pod.name} type macvlan mode bridge`,
    `link add name veth0 type veth peer name ve0 netns ${pod.name}`,
  ]);
}, 60_000);
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await pod[Symbol.asyncDispose]();
});

const ipam = { type: "static", addresses: [{ address: "198.51.100.9/24" }] };

describe("found before anything is changed", () => {
  test.each<[string, object, number, string]>([
    [
      "an interface that is not there",
      { master: "net7", vlanID: 3 },
      100,
      "the interface net7 is not in the Pod, which has ",
    ],
    ["the same, with the names that are", { interfaces: ["net7"], vlanID: 3 }, 100, "eth0, eth1, eth2, eth3, "],
    [
      "an ipvlan as parent",
      { master: "ipvl0", vlanID: 3 },
      105,
      "ipvl0 is an ipvlan, on which the kernel makes no VLANs: a VLAN works on a macvlan, a veth or an SR-IOV",
    ],
    ["an MTU above the parent's", { vlanID: 3, mtu: 9000 }, 105, "the MTU 9000 is wanted, but eth0 has 1500"],
    ["a slave in use", { interfaces: ["eth1", "eth2"], bond: { name: "b" } }, 105, "eth2 has the address 192.0.2.9/24"],
    [
      "a slave with a VLAN on top",
      { interfaces: ["eth0", "eth1"], bond: { name: "b" } },
      105,
      "eth1 has the VLAN eth1.7 on top",
    ],
    [
      "a slave of another bond",
      { interfaces: ["eth0", "eth3"], bond: { name: "b" } },
      105,
      "eth3 belongs to other (a bond)",
    ],
    [
      "a VLAN on a slave",
      { master: "eth3", vlanID: 3 },
      105,
      "eth3 belongs to the bond other, a VLAN on it would get no frames",
    ],
    [
      "a link of that name of another kind",
      { vlanID: 8 },
      105,
      "eth0.8 is a link of kind dummy, wanted is a VLAN with id 8",
    ],
    ["of another id", { master: "eth1", vlanID: 8, vlan: { name: "eth1.7" } }, 105, "eth1.7 is a VLAN with id 7"],
    [
      "of another parent",
      { vlanID: 7, vlan: { name: "eth1.7" } },
      105,
      "eth1.7 is a VLAN with id 7 and protocol 802.1Q on eth1, wanted",
    ],
    [
      "of another protocol",
      { master: "eth1", vlanID: 7, vlan: { protocol: "802.1ad", name: "eth1.7" } },
      105,
      "wanted is a VLAN with id 7 and protocol 802.1ad",
    ],
    [
      "the VLAN under another name",
      { master: "eth1", vlanID: 7, vlan: { name: "mine" } },
      105,
      "eth1 has VLAN 7 already, as eth1.7",
    ],
    ["the loopback device", { master: "lo", vlanID: 7 }, 105, "lo is the loopback device"],
    [
      "nothing to make",
      {},
      7,
      "nothing would be made in the Pod: set vlanID, or bond (a bond needs two or more interfaces)",
    ],
    ["nothing to make but an address", { vlanID: 0, ipam }, 7, "nothing would be made in the Pod"],
    ["a bond of one interface", { bond: { mode: 1 } }, 7, "nothing would be made in the Pod"],
    [
      "several VLANs with ipam",
      { interfaces: ["eth0", "eth1"], vlanID: 3, ipam },
      7,
      "can't be for 2 VLANs (eth0.3, eth1.3): make an entry of its own for each",
    ],
    [
      "master and interfaces",
      { master: "eth0", interfaces: ["eth0"], vlanID: 3 },
      7,
      "master and interfaces both name interfaces: leave one of them out",
    ],
    [
      "linkInContainer that is no boolean",
      { linkInContainer: "yes", vlanID: 3 },
      6,
      'linkInContainer: wrong type, got "yes"',
    ],
    [
      "a prevResult that can't be",
      { vlanID: 3, prevResult: { cniVersion: "1.0.0", ips: [{ address: "x" }] } },
      6,
      "prevResult",
    ],
    ["an ipam type with a folder", { vlanID: 3, ipam: { type: "../static" } }, 7, "is not the name of a plugin"],
    [
      "an ipam plugin that is not there",
      { vlanID: 3, ipam: { type: "nosuch" } },
      102,
      "the IPAM plugin nosuch is in no folder of CNI_PATH (/",
    ],
  ])(
    "%s",
    async (_, entry, code, words) => {
      expect(await refuse({ node, pod }, entry, code)).toContain(words);
    },
    60_000,
  );

  test("a namespace that is not there: code 3, at once", async () => {
    const { json } = await call({ node, pod }, "ADD", { vlanID: 3 }, { CNI_NETNS: "/run/netns/gone" });
    expect(json).toMatchObject({ code: 3, msg: expect.stringContaining("/run/netns/gone is not there") });
    const file = await call({ node, pod }, "ADD", { vlanID: 3 }, { CNI_NETNS: "/etc/passwd" });
    expect(file.json).toMatchObject({ code: 3, msg: expect.stringContaining("/etc/passwd is no network namespace") });
  }, 60_000);
});

describe("a VLAN of the node that takes the Pod's frames", () => {
  const shadowed = (link: string) =>
    `${link} of the Pod is a macvlan on ens192, where the node has VLAN 3 itself, as ens192.3, which takes them all, up or down`;

  test("is refused below a macvlan, up and down, with both links named", async () => {
    expect(await refuse({ node, pod }, { master: "mv0", vlanID: 3, ipam }, 105)).toContain(shadowed("mv0"));
    await node.ip("link set dev ens192.3 down");
    expect(await refuse({ node, pod }, { master: "mv0", vlanID: 3, ipam }, 105)).toContain(shadowed("mv0"));
    await node.ip("link set dev ens192.3 up");
  }, 60_000);

  test("for a macvlan that is a slave of the Pod's bond, now or since an earlier entry", async () => {
    const bond = { interfaces: ["mv0", "mv1"], bond: { name: "pb", mode: 1 } };
    expect(await refuse({ node, pod }, { ...bond, vlanID: 3 }, 105)).toContain(shadowed("mv0"));
    await add({ node, pod }, bond);
    expect(await refuse({ node, pod }, { master: "pb", vlanID: 3 }, 105)).toContain(shadowed("mv0"));
    await succeed({ node, pod }, "DEL", bond);
  }, 60_000);

  test("is none of another id or protocol, on another NIC, or below a veth", async () => {
    for (const entry of [
      { master: "mv0", vlanID: 4 },
      { master: "mv0", vlanID: 5 },
      { master: "mv1", vlanID: 3 },
      { master: "ve0", vlanID: 3 },
    ]) {
      const env = { CNI_IFNAME: "net9" };
      await add({ node, pod }, entry, env);
      await succeed({ node, pod }, "DEL", entry, env);
    }
    await setUp(pod, ["link set dev mv0 down", "link set dev mv1 down", "link set dev ve0 down"]);
  }, 60_000);

  test("that came later is what CHECK says", async () => {
    const entry = { master: "mv1", vlanID: 3 };
    await add({ node, pod }, entry);
    await node.ip("link add link ens160 name late type vlan id 3");
    const { json } = await call({ node, pod }, "CHECK", { ...entry, prevResult: { cniVersion: "1.0.0" } });
    expect(json).toMatchObject({ code: 104, msg: expect.stringContaining("as late, which takes them all") });
    await node.ip("link delete dev late");
    await succeed({ node, pod }, "DEL", entry);
  }, 60_000);
});
