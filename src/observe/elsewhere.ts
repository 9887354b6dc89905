import { runIp } from "../host/ip.ts";
import { listOtherNamespaces } from "../host/namespaces.ts";
import { readListeners } from "../host/proc.ts";
import type { Link } from "../model.ts";
import { parseIpOutput } from "./parse.ts";
import { lookArguments } from "./start.ts";
import { parseVlanConfig } from "./vlanConfig.ts";

/** A VLAN on a NIC of the node that is in the namespace of a Pod, where the reference vlan plugin puts it for example. */
export interface VlanElsewhere {
  /** `foreignParent` is the NIC's index. */
  readonly link: Link;
  /** The path of the namespace. */
  readonly netns: string;
}

/** How many links of other namespaces are looked at: names are anybody's choice there. */
const mostLooks = 16;

/**
 * Looks for VLANs of certain ids on NICs of the node that other namespaces have, as far as these can be found. A link that has the
 * right id, and the name of the NIC below it, is looked at with `ip`, which tells what it stands on. Throws nothing.
 *
 * @param nics by their indexes
 */
export async function observeVlansElsewhere(
  ids: readonly number[],
  nics: readonly number[],
): Promise<readonly VlanElsewhere[]> {
  const names = namesOf(nics, (await readListeners()).ethernet);
  const candidates = listOtherNamespaces().flatMap(({ path, vlanConfig }) =>
    parseVlanConfig(vlanConfig)
      .filter(({ id, parent, name }) => ids.includes(id) && names.has(parent) && isPlainName(name))
      .map(({ name }) => ({ netns: path, name })),
  );
  const looks = candidates.slice(0, mostLooks).map(({ netns, name }) => look(netns, name));
  return (await Promise.all(looks)).flat().filter(({ link }) => nics.includes(link.foreignParent ?? -1));
}

/** What `ip` would read as something else is left out. */
function isPlainName(name: string): boolean {
  return /^[\w.@:+-]+$/.test(name) && !name.startsWith("-");
}

/** The names of links by /proc/net/dev_mcast, where all are that something stands on. */
function namesOf(indexes: readonly number[], text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of text.split("\n")) {
    const [, index, name] = /^(\d+)\s+(\S+)/.exec(line) ?? [];
    if (name !== undefined && indexes.includes(Number(index))) names.add(name);
  }
  return names;
}

async function look(netns: string, name: string): Promise<VlanElsewhere[]> {
  try {
    const { stdout } = await runIp(lookArguments, [`link show dev ${name}`], { netns });
    return parseIpOutput(stdout).links.map((link) => ({ link, netns }));
  } catch {
    // It is gone, with its Pod.
    return [];
  }
}
