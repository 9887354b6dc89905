import { expect, test } from "bun:test";
import { addChain, type Chain, deleteChain } from "../chain.ts";
import { type Namespace, namespace } from "../harness.ts";
import { ask, serve } from "../traffic.ts";
import { plugins, staticIpam, tell } from "./pod.ts";

/** A switch that carries VLANs 3 and 4 and untagged frames, and a cable from each node's NIC to a port of it. */
async function connect(hub: Namespace, nodes: Record<string, Namespace>): Promise<void> {
  await hub.ip("link add name br0 type bridge vlan_filtering 1 mcast_snooping 0");
  await hub.ip("link set dev br0 up");
  for (const [port, ns] of Object.entries(nodes)) {
    await hub.ip(`link add name ${port} type veth peer name ens192 netns ${ns.name}`);
    await hub.ip(`link set dev ${port} master br0 up`);
    await ns.ip("link set dev ens192 up");
    for (const id of [3, 4]) {
      const { status, stderr } = await hub.run(["bridge", "vlan", "add", "dev", port, "vid", String(id)]);
      expect([status, stderr]).toEqual([0, ""]);
    }
  }
}

/** The chain of the specification; the Pod's number is the last octet of its addresses. */
function chainFor(pod: number): Chain {
  const vlan = (vlanId: number, network: string) => ({
    type: "ifacer",
    linkInContainer: true,
    vlanId,
    ipam: staticIpam(`${network}.${pod}/24`),
  });
  const macvlan = { type: "macvlan", master: "ens192", ipam: staticIpam(`192.0.2.${pod}/24`) };
  const entries = [macvlan, vlan(3, "198.51.100"), vlan(4, "203.0.113")];
  return { cniVersion: "1.0.0", name: "vlans", ifName: "eth0", folder: plugins, plugins: entries };
}

/** How many frames came in through a link. */
async function received(ns: Namespace, link: string): Promise<number> {
  const [found] = await ns.json(`-s link show dev ${link}`);
  return found.stats64.rx.packets;
}

test("two nodes at a switch: Pods meet on each of their VLANs and on no other; a VLAN of the node that would take their frames is refused", async () => {
  await using hub = await namespace();
  await using one = await namespace();
  await using two = await namespace();
  await using pod1 = await namespace();
  await using pod2 = await namespace();
  await connect(hub, { one, two });
  await addChain(one, pod1, "pod1", chainFor(1));
  await addChain(two, pod2, "pod2", chainFor(2));
  const networks = ["192.0.2", "198.51.100", "203.0.113"];
  for (const network of networks) await serve(pod2, `${network}.2`);

  const links = ["eth0", "eth0.3", "eth0.4"];
  for (const [place, network] of networks.entries()) {
    const before = await Promise.all(links.map((link) => received(pod2, link)));
    const { answered } = await ask(pod1, `${network}.2`, 2);
    expect(answered).toBeGreaterThan(10);
    const after = await Promise.all(links.map((link) => received(pod2, link)));
    const gained = after.map((count, index) => count - (before[index] ?? 0));
    // On a VLAN they come in through its link and through what it stands on. A few of ARP and IPv6 may come anywhere.
    expect(gained[place]).toBeGreaterThanOrEqual(answered);
    for (const other of [1, 2].filter((index) => index !== place)) expect(gained[other]).toBeLessThan(answered);
  }
  // The switch does not carry VLAN 4 to the second node any more: that one falls silent, and no other.
  await hub.run(["bridge", "vlan", "del", "dev", "two", "vid", "4"]);
  expect((await ask(pod1, "203.0.113.2", 1)).answered).toBe(0);
  expect((await ask(pod1, "198.51.100.2", 2)).answered).toBeGreaterThan(10);

  // The node gets VLAN 3 itself: the Pod that runs falls silent on it, and the next one is refused, up and down.
  await one.ip("link add link ens192 name ens192.3 type vlan id 3");
  expect((await ask(pod1, "198.51.100.2", 1)).answered).toBe(0);
  await deleteChain(one, pod1, "pod1", chainFor(1));
  expect(await tell(pod1)).toEqual([]);
  for (const state of ["down", "up"]) {
    await one.ip(`link set dev ens192.3 ${state}`);
    const refused = addChain(one, pod1, "pod1", chainFor(1));
    expect(refused).rejects.toThrow("as ens192.3, which takes them all");
    await refused.catch(() => {});
    expect(await tell(pod1)).toEqual(["eth0 up macvlan"]);
    await deleteChain(one, pod1, "pod1", chainFor(1));
  }
}, 240_000);
