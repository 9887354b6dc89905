/**
 * The microVM itself as a node: NICs that udev and the network services take for hardware, as they are, each at the same
 * hub. The last one is the other end of the wire, in a namespace of its own.
 */
import { expect } from "bun:test";
import { addChain } from "../kernel/chain.ts";
import { here, ifacer, type Namespace, namespace } from "../kernel/harness.ts";
import { until } from "../waiting.ts";
import { settleUdev, startUdev } from "./services.ts";

export interface ServiceNode extends Namespace {
  /** The slaves of the bond, as udev calls them. */
  readonly nics: readonly string[];
  /** What is at the other end of the wire. */
  readonly wire: Namespace;
  /** The config of the usual chain's first plugin, a VLAN on a bond of the two NICs. */
  readonly config: typeof vlanOnBond & { readonly interfaces: readonly string[] };
}

const vlanOnBond = {
  cniVersion: "1.0.0",
  name: "net",
  type: "ifacer",
  vlanID: 200,
  bond: { name: "bond0", mode: "active-backup" },
};

/** The node with udev, no network service, and its NICs down. Disposing of it makes it so again. */
export async function serviceNode(): Promise<ServiceNode> {
  await startUdev();
  const node = here();
  const nics = await findNics(node);
  const last = nics.pop();
  if (last === undefined || nics.length !== 2) throw new Error("this machine is to have three NICs");
  const wire = await wireAt(node, last);
  return {
    ...node,
    nics,
    wire,
    config: { ...vlanOnBond, interfaces: nics },
    [Symbol.asyncDispose]: async () => {
      await removeLinks(node);
      await wire[Symbol.asyncDispose]();
      // The kernel gives a namespace's hardware back some time after the namespace is gone.
      await until(`${last} is back`, async () => (await findNics(node)).length === 3);
      for (const nic of [...nics, last]) {
        await node.ip(`link set dev ${nic} down`);
        await node.ip(`address flush dev ${nic}`);
      }
      await settleUdev();
    },
  };
}

/** The other end: 192.0.2.2 on the VLAN. */
async function wireAt(node: Namespace, nic: string): Promise<Namespace> {
  const wire = await namespace();
  await node.ip(`link set dev ${nic} netns ${wire.name}`);
  await wire.ip(`link set dev ${nic} up`);
  await wire.ip(`link add link ${nic} name vlan type vlan id 200`);
  await wire.ip("link set dev vlan up");
  await wire.ip("address add 192.0.2.2/24 dev vlan");
  return wire;
}

/** Removes what was made on the node, the NICs stay. */
export async function removeLinks(node: Namespace): Promise<void> {
  for (const made of ["bond0.200", "bond0"]) {
    if ((await node.run(["ip", "link", "show", "dev", made])).status === 0) await node.ip(`link delete dev ${made}`);
  }
}

async function findNics(node: Namespace): Promise<string[]> {
  const links = await node.json("-d link show");
  return links
    .filter(({ link_type, linkinfo }) => link_type === "ether" && linkinfo?.info_kind === undefined)
    .map(({ ifname }) => ifname)
    .sort();
}

/** The NICs that are up and slaves of the bond. */
export async function findSlaves(node: Namespace): Promise<string[]> {
  const links = await node.json("-d link show");
  return links
    .filter(({ master, flags }) => master === "bond0" && flags.includes("UP"))
    .map(({ ifname }) => ifname)
    .sort();
}

/** The links that the config is about. */
export function allLinks(node: ServiceNode): string[] {
  return [...node.nics, "bond0", "bond0.200"];
}

/** Adds a Pod, 192.0.2.1 on the VLAN, by ifacer and Debian's macvlan. */
export async function addPod(node: ServiceNode): Promise<Namespace> {
  const pod = await namespace();
  const { cniVersion, name, ...ifacer } = node.config;
  const ipam = { type: "static", addresses: [{ address: "192.0.2.1/24" }] };
  const macvlan = { type: "macvlan", master: "bond0.200", mode: "bridge", ipam };
  await addChain(node, pod, "pod1", { cniVersion, name, plugins: [ifacer, macvlan] });
  return pod;
}

/**
 * Calls ADD until it succeeds and all is in place, as a runtime does for a Pod: what a service does at the same moment may
 * undo it. A refusal has to be one that another try may mend.
 */
export async function addAtLast(node: ServiceNode): Promise<void> {
  await until("ADD has all in place", async () => {
    const { status, json } = await ifacer(node, "ADD", node.config);
    if (status !== 0) expect(json).toMatchObject({ code: 103 });
    return status === 0 && (await findSlaves(node)).length === 2;
  });
}
