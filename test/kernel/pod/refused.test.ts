import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { setUp } from "../adding.ts";
import type { Namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { call, lookAtBoth, staticIpam } from "./pod.ts";

let node: Namespace;
let pod: Namespace;
let before: readonly string[];
beforeAll(async () => {
  node = await nodeWith();
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
  before = await lookAtBoth({ node, pod });
}, 240_000);
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await pod[Symbol.asyncDispose]();
});

const ipam = staticIpam("198.51.100.9/24");

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
    ["an ipam type with a folder", { vlanID: 3, ipam: { type: "../static" } }, 7, "the name of an IPAM plugin"],
    [
      "an ipam plugin that is not there",
      { vlanID: 3, ipam: { type: "nosuch" } },
      102,
      "the IPAM plugin nosuch is in no folder of CNI_PATH (/",
    ],
  ])(
    "%s",
    async (_, entry, code, words) => {
      const { status, stderr, json } = await call({ node, pod }, "ADD", entry);
      expect([json.code, json.msg, status, stderr]).toEqual([code, json.msg, 1, ""]);
      expect(`${json.msg}\n${json.details ?? ""}`).toContain(words);
    },
    240_000,
  );

  test("and nothing was", async () => {
    expect(await lookAtBoth({ node, pod })).toEqual(before);
  }, 240_000);

  test("a namespace that is not there: code 3, at once", async () => {
    const { json } = await call({ node, pod }, "ADD", { vlanID: 3 }, { CNI_NETNS: "/run/netns/gone" });
    expect(json).toMatchObject({ code: 3, msg: expect.stringContaining("/run/netns/gone is not there") });
    const file = await call({ node, pod }, "ADD", { vlanID: 3 }, { CNI_NETNS: "/etc/passwd" });
    expect(file.json).toMatchObject({ code: 3, msg: expect.stringContaining("/etc/passwd is no network namespace") });
  }, 240_000);
});
