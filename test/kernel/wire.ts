/** What the tests of the wire share: a switch with VLAN filtering, and nodes and gateways at its ports. */
import { expect } from "bun:test";
import { type Ended, executable, type Namespace, namespace } from "./harness.ts";

/** A switch that carries nothing yet. */
export async function makeSwitch(): Promise<Namespace> {
  const hub = await namespace();
  await hub.ip("link add name br0 type bridge vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0");
  await hub.ip("link set dev br0 up");
  return hub;
}

/** Puts a cable from a NIC of a node, which is made, to a port of the switch that carries these VLANs with a tag. */
export async function plugIn(hub: Namespace, node: Namespace, nic: string, port: string, vlans: readonly string[]) {
  await hub.ip(`link add name ${port} type veth peer name ${nic} netns ${node.name}`);
  await hub.ip(`link set dev ${port} master br0`);
  await hub.ip(`link set dev ${port} up`);
  await node.ip(`link set dev ${nic} up`);
  for (const words of vlans) await succeed(hub, ["bridge", "vlan", "add", "dev", port, "vid", ...words.split(" ")]);
}

/** Makes a VLAN of a NIC, up, with these addresses. */
export async function addVlan(node: Namespace, nic: string, id: number, ...addresses: string[]) {
  await node.ip(`link add link ${nic} name ${nic}.${id} type vlan id ${id}`);
  await node.ip(`link set dev ${nic}.${id} up`);
  for (const address of addresses) await addAddress(node, `${nic}.${id}`, address);
}

export async function addAddress(node: Namespace, nic: string, address: string) {
  await node.ip(`address add ${address} dev ${nic} ${address.includes(":") ? "nodad" : ""}`);
}

export async function succeed(ns: Namespace, argv: string[]): Promise<string> {
  const { status, stdout, stderr } = await ns.run(argv);
  expect([argv, status, stderr]).toEqual([argv, 0, ""]);
  return stdout;
}

/** Runs `ifacer probe` on a node. */
export function probe(node: Namespace, words: string, stdin?: string): Promise<Ended> {
  const argv = [executable, "probe", ...words.split(" ")];
  return node.run(argv, stdin === undefined ? {} : { stdin });
}

/** Runs `ifacer probe -o json` on a node: its exit status and what it prints. */
export async function probeJSON(node: Namespace, words: string, stdin?: string) {
  const { status, stdout, stderr } = await probe(node, `${words} -o json`, stdin);
  if (stdout === "") throw new Error(stderr);
  return { status, ...JSON.parse(stdout) };
}

/** The entries of a node's tables of neighbours that are about others' addresses. */
export async function listNeighbours(ns: Namespace): Promise<string[]> {
  const rows = await ns.json("neigh show");
  return rows.map(({ dst, lladdr }) => `${dst} ${lladdr ?? ""}`).toSorted();
}

/** The names of all links of a node. */
export async function listLinks(ns: Namespace): Promise<string[]> {
  return (await ns.json("link show")).map(({ ifname }) => ifname).toSorted();
}

/** The MAC of a link. */
export async function macOf(ns: Namespace, name: string): Promise<string> {
  const [link] = await ns.json(`link show dev ${name}`);
  return link.address;
}
