import { readdirSync } from "node:fs";
import { CniError, Code } from "../../error.ts";
import { runIp } from "../../host/ip.ts";
import type { Link } from "../../model.ts";
import { type Json, object, parseLine, strings, text } from "../../observe/json.ts";
import { readLink } from "../../observe/parse.ts";

/** A link with what only people want to know of it. */
export interface NodeLink extends Link {
  /** Whether the other side is there: a cable, an active slave. */
  readonly carrier: boolean;
  /** What a bond tells of this link as its slave. */
  readonly slave: { readonly active: boolean; readonly linkUp: boolean; readonly failures: number } | undefined;
  /** The named network namespace that it is in, where that is not the node's own. */
  readonly namespace: string | undefined;
  /** The index of the link below; the only sign of it where that is in another namespace. */
  readonly parentIndex: number | undefined;
  /** The MAC that the NIC had when it was made; `undefined`: the one that it has now. */
  readonly permanentMAC: string | undefined;
}

/**
 * All links of this network namespace, and the macvlans and ipvlans on them in the named ones, as container runtimes make for
 * Pods. Looking into those needs root; `unseen` counts those that could not be looked into.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` failed).
 */
export async function listNodeLinks(): Promise<{ readonly links: readonly NodeLink[]; readonly unseen: number }> {
  const own = await askIp(["-details", "-json", "link", "show"]);
  if (own === undefined)
    throw new CniError(Code.ipFailed, "'ip -details -json link show' can't look at the links of this node");
  let unseen = 0;
  const pods = new Map<string, readonly Json[]>();
  for (const namespace of listNamespaces()) {
    const found = await askIp(["-netns", namespace, "-details", "-json", "link", "show"]);
    if (found === undefined) unseen++;
    else pods.set(namespace, found);
  }
  return { links: readNodeLinks(own, pods), unseen };
}

/** The links of the node, and of those in Pods (by the name of the namespace) the ones that stand on a link elsewhere. */
export function readNodeLinks(own: readonly Json[], pods: ReadonlyMap<string, readonly Json[]>): NodeLink[] {
  const inPods = [...pods].flatMap(([namespace, links]) => links.map((json) => readNodeLink(json, namespace)));
  return [
    ...own.map((json) => readNodeLink(json)),
    ...inPods.filter((link) => isStacked(link) && link.parentIndex !== undefined),
  ];
}

/** The kinds of link that Pods get on a bond, a VLAN or a NIC. */
export function isStacked({ kind }: Link): boolean {
  return kind !== undefined && ["macvlan", "macvtap", "ipvlan", "ipvtap"].includes(kind);
}

async function askIp(words: readonly string[]): Promise<Json[] | undefined> {
  const { status, stdout } = await runIp(words, []);
  if (status !== 0) return undefined;
  return parseLine(stdout || "[]");
}

/** Where `ip netns` and the container runtimes put them. */
function listNamespaces(): string[] {
  try {
    return readdirSync("/run/netns").sort();
  } catch {
    return [];
  }
}

/** Reads one link as `ip -details -json link show` prints it. */
export function readNodeLink(json: Json, namespace?: string): NodeLink {
  const slave = object(object(json["linkinfo"])["info_slave_data"]);
  const flags = strings(json["flags"]);
  return {
    ...readLink(json),
    carrier: flags.includes("LOWER_UP") && !flags.includes("NO-CARRIER"),
    slave:
      text(slave["mii_status"]) === undefined
        ? undefined
        : {
            active: slave["state"] === "ACTIVE",
            linkUp: slave["mii_status"] === "UP",
            failures: Number(slave["link_failure_count"] ?? 0),
          },
    namespace,
    parentIndex: typeof json["link_index"] === "number" ? json["link_index"] : undefined,
    permanentMAC: text(json["permaddr"]) ?? text(slave["perm_hwaddr"]),
  };
}
