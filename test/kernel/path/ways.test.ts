import { expect, test } from "bun:test";
import { setUp } from "../adding.ts";
import { namespace } from "../harness.ts";
import {
  addChain,
  type Below,
  call,
  chain,
  deleteChain,
  ends,
  lookSoon,
  type mains,
  makeSite,
  misses,
  reaches,
  type Site,
} from "./path.ts";

/** Whom a Pod is to reach beside its node. */
const outside = ["192.0.2.254", "2001:db8::fe", "203.0.113.1", "2001:db8:ffff::1"];
const through = ["192.0.2.1", "198.51.100.1", "2001:db8::1", "10.244.0.2", "fd00:10:244::2"];

async function setFilter({ node }: Site, value: number): Promise<void> {
  await node.run(["sh", "-c", `for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo ${value} >$file; done`]);
}

/** Of all addresses those that don't answer as they should. */
async function findSilent(ns: Parameters<typeof reaches>[0], addresses: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(addresses.map((address) => reaches(ns, address)));
  return addresses.filter((_, index) => !answers[index]);
}

const modes = ["bridge", "private", "vepa", "l2", "l3", "l3s"] as const satisfies readonly (keyof typeof mains)[];

const places: readonly Below[] = ["nic", "vlan on a bond"];

test.each(places.flatMap((below) => [modes.slice(0, 3), modes.slice(3)].map((some) => ({ below, some }))))(
  "on a $below, $some, any rp_filter: both ways between Pod, node and overlay",
  async ({ below, some }) => {
    await using site = await makeSite(below);
    const { node, overlay, wire } = site;
    const before = await lookSoon(node, node);
    for (const main of some) {
      await using pod = await namespace();
      // In these modes nobody answers ARP for a Pod: whoever is to reach it goes through its node.
      if (main === "l3") {
        await setUp(wire, ["route add 192.0.2.10/32 via 192.0.2.1", "route add 2001:db8::10/128 via 2001:db8::1"]);
      }
      const list = chain({ main, below });
      const plain = { ...list, plugins: list.plugins.slice(0, 1) };
      const [prevResult] = await addChain(node, pod, "pod1", plain);
      const nobody = await Promise.all([misses(pod, "192.0.2.1"), misses(pod, "2001:db8::1")]);
      expect([main, ...nobody]).toEqual([main, true, true]);
      const was = { own: await pod.ip("route show dev eth0"), own6: await pod.ip("-6 route show dev eth0") };
      const entry = { ...list.plugins[1], prevResult };
      const { json, stderr } = await call({ node, pod }, "ADD", entry);
      expect([main, json, stderr]).toEqual([main, prevResult, ""]);
      // What leads out of the Pod by its own interface is as without the entry.
      expect({ own: await pod.ip("route show dev eth0"), own6: await pod.ip("-6 route show dev eth0") }).toEqual(was);
      for (const filter of [0, 1, 2]) {
        await setFilter(site, filter);
        const own = ["192.0.2.10", "2001:db8::10"];
        const [fromPod, fromNode, fromOverlay, fromWire] = await Promise.all([
          findSilent(pod, [...through, ...outside]),
          ...[node, overlay, wire].map((ns) => findSilent(ns, own)),
        ]);
        const found = { main, filter, fromPod, fromNode, fromOverlay, fromWire };
        expect(found).toEqual({ main, filter, fromPod: [], fromNode: [], fromOverlay: [], fromWire: [] });
      }
      await setFilter(site, 0);
      expect((await call({ node, pod }, "DEL", entry)).status).toBe(0);
      expect(await ends(node)).toEqual([]);
      await deleteChain(node, pod, "pod1", plain, prevResult);
    }
    expect(await lookSoon(node, node, before)).toBe(before);
  },
  240_000,
);

test("one family only, and packets of 9000 bytes", async () => {
  await using site = await makeSite("vlan on a bond", 9000);
  const { node } = site;
  for (const addresses of [["192.0.2.10/24"], ["2001:db8::10/64"]]) {
    await using pod = await namespace();
    const list = chain({ below: "vlan on a bond", addresses });
    const results = await addChain(node, pod, "pod1", list);
    const is6 = addresses[0]?.includes(":") ?? false;
    const mine = (address: string) => address.includes(":") === is6;
    expect(await findSilent(pod, [...through, ...outside].filter(mine))).toEqual([]);
    const [veth] = await pod.json("link show dev veth0");
    expect(veth.mtu).toBe(9000);
    for (const address of ["192.0.2.1", "10.244.0.2", "2001:db8::1", "fd00:10:244::2"].filter(mine)) {
      expect([address, await reaches(pod, address, { size: 8900 })]).toEqual([address, true]);
    }
    await deleteChain(node, pod, "pod1", list, results[1]);
  }
}, 180_000);
