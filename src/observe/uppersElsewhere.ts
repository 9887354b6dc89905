import { runIp } from "../host/ip.ts";
import { isStillThere, listOtherNamespaces, type OtherNamespace } from "../host/otherNamespaces.ts";
import { isOwnNamespace } from "../host/proc.ts";
import { integer, type Json, object, parseLine, text } from "./json.ts";
import { lookArguments } from "./start.ts";

/** What stands on links of this network namespace from others. */
export interface Elsewhere {
  /** By the index of the link below, which links stand on it and where, in words. */
  readonly standing: ReadonlyMap<number, readonly string[]>;
  /** The namespaces that could not be looked into. */
  readonly unseen: readonly string[];
}

/**
 * Looks into all other network namespaces that have a name or a process for what stands on one of the links. That takes a run of `ip`
 * for each. In doubt something does.
 *
 * @param indexes of the links here
 */
export async function lookElsewhere(indexes: ReadonlySet<number>): Promise<Elsewhere> {
  const standing = new Map<number, string[]>();
  const unseen: string[] = [];
  const waiting = indexes.size === 0 ? [] : [...listOtherNamespaces()];
  const work = async () => {
    for (let namespace = waiting.pop(); namespace !== undefined; namespace = waiting.pop()) {
      const found = await lookInto(namespace, indexes);
      if (found === undefined) unseen.push(namespace.paths[0] ?? "");
      for (const { index, words } of found ?? []) standing.set(index, [...(standing.get(index) ?? []), words]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { standing, unseen };
}

const atOnce = 4;

interface Standing {
  readonly index: number;
  readonly words: string;
}

/** `undefined`: it can't be looked into. One that is gone by now has nothing in it. */
async function lookInto(namespace: OtherNamespace, indexes: ReadonlySet<number>): Promise<Standing[] | undefined> {
  for (const path of namespace.paths) {
    const links = await ask(path, "link show");
    if (links === undefined) continue;
    const found = links.flatMap((link) => findLower(link, indexes).map((index) => ({ link, index })));
    if (found.length === 0) return [];
    const strangers = await findStrangers(path);
    return found
      .filter(({ link }) => !strangers.has(integer(link["link_netnsid"]) ?? -1))
      .map(({ link, index }) => ({
        index,
        words: `${text(link["ifname"])} in the network namespace ${path}`,
      }));
  }
  return isStillThere(namespace) ? undefined : [];
}

/** Kinds whose `link` is their other end, which goes with them. */
const pairs = ["veth", "netkit", "vxcan"];

/** Which of the links a link may stand on: its link below is in another namespace, by whose indexes it is told. */
function findLower(link: Json, indexes: ReadonlySet<number>): readonly number[] {
  const kind = text(object(link["linkinfo"])["info_kind"]) ?? "";
  if (link["link_netnsid"] === undefined || pairs.includes(kind)) return [];
  const index = integer(link["link_index"]);
  // A vxlan tells no index.
  if (index === undefined) return kind === "vxlan" ? [...indexes] : [];
  return indexes.has(index) ? [index] : [];
}

/** The ids by which a namespace knows others that are not this one; `ip` tells the names of those that have one. */
async function findStrangers(path: string): Promise<ReadonlySet<number>> {
  const strangers = new Set<number>();
  for (const known of (await ask(path, "netns list-id")) ?? []) {
    const [id, name] = [integer(known["nsid"]), text(known["name"])];
    if (id !== undefined && name !== undefined && !(await isOwnNamespace(`/run/netns/${name}`))) strangers.add(id);
  }
  return strangers;
}

async function ask(path: string, line: string): Promise<readonly Json[] | undefined> {
  const { status, stdout } = await runIp(lookArguments, [line], { netns: path });
  if (status !== 0) return undefined;
  try {
    return stdout.split("\n").flatMap((answer) => (answer === "" ? [] : parseLine(answer)));
  } catch {
    return undefined;
  }
}
