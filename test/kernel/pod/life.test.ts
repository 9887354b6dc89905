import { describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { addChain, type Chain, checkChain, deleteChain } from "../chain.ts";
import { callPlugin, executable, type Namespace, namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { addresses, environmentOf, hostLocalIpam, hostLocalStore, plugins, staticIpam, tell } from "./pod.ts";

const macvlan = { type: "macvlan", master: "ens192", ipam: staticIpam("192.0.2.10/24") };
const vlan3 = {
  type: "ifacer",
  linkInContainer: true,
  vlanId: 3,
  ipam: { type: "static", addresses: [{ address: "198.51.100.10/24", gateway: "198.51.100.1" }] },
};
const vlan4 = { type: "ifacer", linkInContainer: true, vlanId: 4, ipam: staticIpam("203.0.113.10/24") };

const made = ["eth0 up macvlan", "eth0.3 up vlan 3 on eth0", "eth0.4 up vlan 4 on eth0"];

describe.each(["0.3.1", "0.4.0", "1.0.0", "1.1.0"])("[macvlan, VLAN 3, VLAN 4] at version %s", (cniVersion) => {
  test("is added, checked, deleted, deleted again", async () => {
    await using node = await nodeWith("ens192");
    await using pod = await namespace();
    using store = hostLocalStore();
    // The last of them from host-local, which keys its store by container and name of the interface.
    const last4 = { ...vlan4, ipam: hostLocalIpam(store.folder, "203.0.113.0/24") };
    const chain: Chain = { cniVersion, name: "net", ifName: "eth0", folder: plugins, plugins: [macvlan, vlan3, last4] };
    // A lock of a namespace that had the same number before may be there.
    const locks = [node, pod].map(hasLock);
    const last = (await addChain(node, pod, "pod0", chain)).at(-1) as Result;
    expect(await tell(pod)).toEqual(made);
    expect([await addresses(pod, "eth0"), await addresses(pod, "eth0.3"), await addresses(pod, "eth0.4")]).toEqual([
      ["192.0.2.10/24"],
      ["198.51.100.10/24"],
      ["203.0.113.2/24"],
    ]);
    expect(last.cniVersion).toBe(cniVersion);
    expect(last.interfaces.map(({ name, sandbox }) => [name, sandbox])).toEqual(
      ["eth0", "eth0.3", "eth0.4"].map((name) => [name, pod.path]),
    );
    const [parent, ...vlans] = last.interfaces;
    for (const { mac, mtu } of vlans)
      expect([mac, mtu]).toEqual([parent?.mac, cniVersion === "1.1.0" ? 1500 : undefined]);
    expect(last.ips.map(({ address, interface: place, gateway }) => [address, place, gateway])).toEqual([
      ["192.0.2.10/24", 0, undefined],
      ["198.51.100.10/24", 1, "198.51.100.1"],
      ["203.0.113.2/24", 2, "203.0.113.1"],
    ]);
    expect(store.list()).toEqual(["203.0.113.2"]);

    if (cniVersion !== "0.3.1") {
      await checkChain(node, pod, "pod0", { ...chain, plugins: [vlan3, last4] }, last);
      // The reference macvlan takes all addresses of the result for its own.
      expect(checkChain(node, pod, "pod0", { ...chain, plugins: [macvlan] }, last)).rejects.toThrow("CHECK of macvlan");
    }
    for (let times = 0; times < 2; times++) {
      await deleteChain(node, pod, "pod0", chain, cniVersion === "0.3.1" ? undefined : last);
      expect(await tell(pod)).toEqual([]);
      expect(store.list()).toEqual([]);
    }
    expect([node, pod].map(hasLock)).toEqual(locks);
  }, 300_000);
});

/** Whether there is a lock file for a namespace, as ADD leaves it for the node's links. */
function hasLock({ path }: Namespace): boolean {
  return existsSync(`/run/ifacer/netns-${statSync(path).ino}.lock`);
}

interface Result {
  readonly cniVersion: string;
  readonly interfaces: readonly { name: string; mac: string; mtu?: number; sandbox: string }[];
  readonly ips: readonly { address: string; interface: number; gateway?: string }[];
}

test("a network of its own behind Multus' net1: net2 is made, checked and deleted beside it", async () => {
  await using node = await nodeWith("ens192");
  await using pod = await namespace();
  const below: Chain = { cniVersion: "1.0.0", name: "below", folder: plugins, plugins: [macvlan] };
  await addChain(node, pod, "pod0", below);
  const own: Chain = {
    cniVersion: "1.0.0",
    name: "own",
    ifName: "net2",
    folder: plugins,
    plugins: [{ ...vlan3, interfaces: ["net1"] }],
  };
  const [result] = (await addChain(node, pod, "pod0", own)) as [Result];
  expect(await tell(pod)).toEqual(["net1 up macvlan", "net2 up vlan 3 on net1"]);
  expect(result).toMatchObject({
    interfaces: [{ name: "net2" }],
    ips: [{ address: "198.51.100.10/24", interface: 0 }],
  });
  await checkChain(node, pod, "pod0", own, result);
  for (let times = 0; times < 2; times++) await deleteChain(node, pod, "pod0", own, result);
  expect(await tell(pod)).toEqual(["net1 up macvlan"]);
}, 300_000);

test.each([
  ["ptp", "veth"],
  ["bridge", "veth"],
])(
  "behind the %s plugin, whose interface is a %s",
  async (type, kind) => {
    await using node = await nodeWith();
    await using pod = await namespace();
    using store = hostLocalStore();
    const first = { type, ipam: hostLocalIpam(store.folder) };
    const second = { ...vlan3, ipam: hostLocalIpam(store.folder) };
    const chain: Chain = {
      cniVersion: "1.0.0",
      name: "net",
      ifName: "eth0",
      folder: plugins,
      plugins: [first, second],
    };
    const last = (await addChain(node, pod, "pod0", chain)).at(-1) as Result;
    // The same network, store and container: the name of the link makes the difference.
    expect(store.list().sort()).toEqual(["192.0.2.2", "192.0.2.3"]);
    expect(last.ips.map(({ address }) => address)).toEqual(["192.0.2.2/24", "192.0.2.3/24"]);
    expect(last.interfaces[last.ips[1]?.interface ?? 0]).toMatchObject({ name: "eth0.3", sandbox: pod.path });
    expect(await tell(pod)).toEqual([`eth0 up ${kind}`, "eth0.3 up vlan 3 on eth0"]);
    await checkChain(node, pod, "pod0", { ...chain, plugins: [second] }, last);
    await deleteChain(node, pod, "pod0", chain, last);
    expect([await tell(pod), store.list()]).toEqual([[], []]);
  },
  300_000,
);

test("the documented config of the reference vlan plugin, in the Pod, with the type changed", async () => {
  await using node = await nodeWith("ens192");
  await using pod = await namespace();
  await pod.ip("link add name eth0 type veth peer name veth0");
  using store = hostLocalStore();
  const config = {
    name: "mynet",
    cniVersion: "0.3.1",
    type: "ifacer",
    master: "eth0",
    mtu: 1500,
    vlanId: 5,
    linkInContainer: true,
    ipam: { type: "host-local", subnet: "192.0.2.0/24", dataDir: store.folder },
    dns: { nameservers: ["192.0.2.1", "198.51.100.53"] },
  };
  const env = environmentOf(pod, { CNI_IFNAME: "net1" });
  const { status, json } = await callPlugin(node, executable, "ADD", config, { env });
  expect([status, json.interfaces?.map(({ name }: { name: string }) => name)]).toEqual([0, ["net1"]]);
  expect([json.ips[0].address, json.dns]).toEqual(["192.0.2.2/24", { nameservers: ["192.0.2.1", "198.51.100.53"] }]);
  expect(await tell(pod)).toEqual(["eth0 up veth on veth0", "net1 up vlan 5 on eth0", "veth0 down veth on eth0"]);
  // The reference plugin answers alike; it makes what it makes of the same config.
  const reference = { ...config, type: "vlan", vlanId: 6, name: "other" };
  const other = await callPlugin(node, `${plugins}/vlan`, "ADD", reference, { env: { ...env, CNI_IFNAME: "net2" } });
  const shapeOf = (result: object) => Object.keys(result).sort();
  expect(shapeOf(json)).toEqual(shapeOf(other.json));
  expect(shapeOf(json.interfaces[0])).toEqual(shapeOf(other.json.interfaces[0]));
  const { status: deleted } = await callPlugin(node, executable, "DEL", config, { env });
  expect([deleted, await tell(pod)]).toEqual([
    0,
    ["eth0 up veth on veth0", "net2 up vlan 6 on eth0", "veth0 down veth on eth0"],
  ]);
}, 300_000);
