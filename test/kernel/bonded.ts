/** The usual chain's links, a VLAN on a bond of two NICs, and what the tests of bad days ask about them. */
import { type Answer, ifacer, type Namespace } from "./harness.ts";

export const nics = ["ens192", "ens160"] as const;

/** The network config of the chain's first plugin. */
export const bonded = {
  cniVersion: "1.0.0",
  name: "net",
  type: "ifacer",
  interfaces: nics,
  vlanID: 200,
  bond: { name: "bond0", mode: 1, options: "primary=ens160" },
};

/** Runs ADD, and throws what it says if it fails. */
export async function add(ns: Namespace, config: object = bonded): Promise<Answer> {
  const answer = await ifacer(ns, "ADD", config);
  if (answer.status !== 0) throw new Error(answer.stdout);
  return answer;
}

export interface LinkJson {
  ifname: string;
  flags: string[];
  link?: string;
  master?: string;
  ifalias?: string;
  linkinfo?: { info_kind: string; info_data?: Record<string, unknown> };
}

export async function links(ns: Namespace): Promise<LinkJson[]> {
  return (await ns.json("-d link show")).filter(({ ifname }) => ifname !== "lo");
}

/** What is there of the bond, its slaves and the given VLANs, one fact a line; for `bonded` complete, `complete()`. */
export async function tell(ns: Namespace): Promise<string[]> {
  return (await links(ns))
    .map(({ ifname, flags, link, master, linkinfo }) => {
      const { mode, primary, miimon, id } = linkinfo?.info_data ?? {};
      const data = { mode, primary, miimon, id, on: link, master };
      const facts = Object.entries(data).filter(([, value]) => value !== undefined && value !== null);
      return [ifname, flags.includes("UP") ? "up" : "down", ...facts.map(([name, value]) => `${name}=${value}`)].join(
        " ",
      );
    })
    .sort();
}

/** What `tell` has to say of a node where all is done: exactly one of each link, and nothing else. */
export function complete(...vlanIDs: readonly number[]): string[] {
  return [
    "bond0 up mode=active-backup primary=ens160 miimon=100",
    ...vlanIDs.map((id) => `bond0.${id} up id=${id} on=bond0`),
    ...nics.map((nic) => `${nic} up master=bond0`),
  ].sort();
}
