/** A node whose configs have `removeUnused`, and what the tests of that ask of it. */
import { readdirSync, rmSync, statSync } from "node:fs";
import { type Answer, type Environment, ifacer, type Namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";

export const nics = ["ens192", "ens160"] as const;

/** A VLAN on a bond of two NICs, both gone with the last Pod. */
export const bonded = {
  cniVersion: "1.1.0",
  name: "net",
  type: "ifacer",
  interfaces: nics,
  vlanID: 100,
  bond: { name: "bond0", mode: 1 },
  removeUnused: true,
};

export const withoutKey = { ...bonded, removeUnused: undefined };

/** A VLAN on a NIC. */
export const plain = { ...bonded, name: "plain", interfaces: ["ens224"], vlanID: 5, bond: undefined };

/** A node that nothing is remembered of: a namespace gets the inode of one that is gone. */
export async function freshNode(...names: string[]): Promise<Namespace> {
  const ns = await nodeWith(...names);
  rmSync(usersOf(ns), { recursive: true, force: true });
  rmSync(`/run/ifacer/netns-${statSync(ns.path).ino}.journal`, { force: true });
  return ns;
}

/** Where it is noted who uses the links of a node. */
export function usersOf(ns: Namespace): string {
  return `/run/ifacer/users/netns-${statSync(ns.path).ino}`;
}

/** Calls a verb for a Pod, or for none with GC. */
export function call(
  ns: Namespace,
  verb: string,
  pod: string,
  { config = bonded, env = {} }: { config?: object; env?: Environment } = {},
): Promise<Answer> {
  return ifacer(ns, verb, config, { env: { CNI_CONTAINERID: pod, ...env } });
}

/** Calls a verb, which has to succeed, and returns what it told. */
export async function tellOf(ns: Namespace, verb: string, pod: string, config: object = bonded): Promise<string[]> {
  const { status, stdout, stderr } = await call(ns, verb, pod, { config });
  if (status !== 0) throw new Error(`${verb} of ${pod}: ${stdout}`);
  return stderr.split("\n").flatMap((line) => (line === "" ? [] : [line.replace(/^ifacer: /, "")]));
}

/** GC of a network whose valid attachments are those of the given Pods. */
export function collect(ns: Namespace, pods: readonly string[], config: object = bonded): Promise<string[]> {
  const valid = pods.map((containerID) => ({ containerID, ifname: "net1" }));
  return tellOf(ns, "GC", "", { ...config, "cni.dev/valid-attachments": valid });
}

/** The notes of each link, by how many there are. */
export function countNotes(ns: Namespace): Record<string, number> {
  const folder = `${usersOf(ns)}/notes`;
  return Object.fromEntries(list(folder).map((link) => [link, list(`${folder}/${link}`).length]));
}

export function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Each link but the loopback device: its name, state, MTU and master. */
export async function tell(ns: Namespace): Promise<string[]> {
  const links = await ns.json("-d link show");
  return links
    .filter(({ ifname }) => ifname !== "lo")
    .map(
      ({ ifname, flags, mtu, master }) =>
        `${ifname} ${flags.includes("UP") ? "up" : "down"} ${mtu}${master ? ` in ${master}` : ""}`,
    )
    .sort();
}
