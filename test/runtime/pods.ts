/** Pods as kubelet asks for them, and what of ifacer's there is on the node. */
import type { Namespace } from "../kernel/harness.ts";
import type { Runtime } from "./cri.ts";

let made = 0;

/** Asks for a Pod until it is there, as kubelet does where ADD says that another try may do, and returns its sandbox's id. */
export async function runPod(cri: Runtime): Promise<string> {
  for (;;) {
    try {
      return await tryPod(cri);
    } catch (error) {
      // On a machine that is busy with other things the work of others may take long.
      if (!(error as Error).message.includes("another ifacer has held the lock")) throw error;
    }
  }
}

/** Asks for a Pod, and returns its sandbox's id. Throws the words of the Pod's event if there is none. */
async function tryPod(cri: Runtime): Promise<string> {
  made += 1;
  const metadata = { name: `pod${made}`, uid: `uid${made}`, namespace: "default" };
  return (await cri.call("RunPodSandbox", { config: { metadata, linux: {} } })).pod_sandbox_id;
}

/** The words of the event of a Pod that gets no network, without what names the Pod. */
export async function failPod(cri: Runtime): Promise<string> {
  try {
    await tryPod(cri);
  } catch (error) {
    return (error as Error).message.replace(/[0-9a-f]{64}/g, "ID");
  }
  throw new Error("the Pod was started");
}

/** A conflist with ifacer and macvlan on the node's two NICs. */
export function vlanNetwork(name: string, vlanID: number, interfaces = ["eth0", "eth1"]) {
  const ipam = { type: "host-local", ranges: [[{ subnet: "192.0.2.0/24" }]] };
  return {
    cniVersion: "1.0.0",
    name,
    plugins: [
      { type: "ifacer", interfaces, vlanID, bond: { name: "bond0", mode: "active-backup" } },
      { type: "macvlan", master: `bond0.${vlanID}`, mode: "bridge", ipam },
    ],
  };
}

/** What ifacer made, a line for each link, and the slaves. */
export async function listMade(node: Namespace): Promise<string[]> {
  const links = await node.json("-d link show");
  return links
    .filter(({ ifalias, master }) => ifalias === "ifacer" || master !== undefined)
    .map(
      ({ ifname, flags, master }) =>
        `${ifname} ${flags.includes("UP") ? "up" : "down"}${master ? ` in ${master}` : ""}`,
    )
    .sort();
}

/** What `listMade` says where all is in place. */
export function complete(...vlanIDs: readonly number[]): string[] {
  return ["bond0 up", ...vlanIDs.map((id) => `bond0.${id} up`), "eth0 up in bond0", "eth1 up in bond0"].sort();
}

/** Takes the node back to its NICs. */
export async function removeMade(node: Namespace): Promise<void> {
  const links = await node.json("link show");
  if (links.some(({ ifname }) => ifname === "bond0")) await node.ip("link delete dev bond0");
  for (const nic of ["eth0", "eth1"]) await node.ip(`link set dev ${nic} down`);
}
