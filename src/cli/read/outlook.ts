import { findKind } from "../../cni/kinds.ts";
import { readConfig } from "../../config/read.ts";
import { CniError } from "../../error.ts";
import { isJsonArray, type JsonObject, member } from "../../json.ts";
import type { Desired, DesiredVlan, Place } from "../../model.ts";
import { poolKey } from "../../pool/entry.ts";
import type { Entry } from "./entries.ts";

/** What can be said of the Pods of an entry before there is one. */
export interface Outlook {
  /** What the runtime would call the Pod's interface (CNI_IFNAME), as an example. */
  readonly ifName: string;
  /** The plugin before the entry that makes this interface; `undefined`: the entry does. */
  readonly main: JsonObject | undefined;
  /** The VLANs that other entries of the chain make on the node before any Pod has its own. */
  readonly vlansOfNode: readonly DesiredVlan[];
}

/**
 * Works out what the Pods of an entry with links in the Pod are like.
 *
 * A chain that begins with another plugin is about that one's interface: the one that its entries name, or `eth0`. One that
 * begins with links in the Pod is a network of its own, for which Multus calls the interface `net1`, unless it is listed.
 */
export function foresee({ body, before, followers }: Entry): Outlook {
  const makesInPod = (plugin: JsonObject) => placeOf(plugin) !== "node";
  const chain = [...before.map((plugin) => plugin.body), body, ...followers.map((plugin) => plugin.body)];
  const listed = chain.filter((plugin) => placeOf(plugin) === "pod").map(listInterfaces);
  const [first] = chain.filter(makesInPod);
  const isOwnNetwork = first !== undefined && placeOf(first) === "pod";
  const free = Array.from({ length: 64 }, (_, index) => `net${index + 1}`).find(
    (name) => !listed.flat().includes(name),
  );
  const single = listed.find((names) => names.length === 1)?.[0];
  return {
    ifName: (isOwnNetwork ? free : single) ?? "eth0",
    main: before.map((plugin) => plugin.body).find(makesInPod),
    vlansOfNode: chain
      .filter((plugin) => placeOf(plugin) === "node")
      .flatMap((plugin) => readConfig(plugin).desired?.vlans ?? []),
  };
}

/** Whether what an entry makes would have another name, or stand on another link, if the runtime's name were another one. */
export function dependsOnName({ ifName }: Outlook, { interfaces, bond, vlans }: Desired): boolean {
  return [...interfaces, bond?.name, ...vlans.map(({ name }) => name)].some(
    (name) => name === ifName || name?.startsWith(`${ifName}.`),
  );
}

/** Where an entry of ifacer's has its links; `undefined` for plugins of others, and where it has keys of two kinds. */
function placeOf(plugin: JsonObject): Place | undefined {
  // The links of a network over several NICs are the main plugin's.
  if (member(plugin, "type") !== "ifacer" || member(plugin, poolKey) !== undefined) return undefined;
  try {
    return findKind(plugin).place;
  } catch (error) {
    if (error instanceof CniError) return undefined;
    throw error;
  }
}

function listInterfaces(entry: JsonObject): string[] {
  const interfaces = member(entry, "interfaces");
  const listed = interfaces !== undefined && isJsonArray(interfaces) ? interfaces : [member(entry, "master")];
  return listed.filter((name) => typeof name === "string" && name !== "") as string[];
}
