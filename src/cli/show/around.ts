import { groupBy } from "../read/groups.ts";
import { isStacked, type NodeLink } from "../read/nodeLinks.ts";

/** Who is around a link, so that none is looked for among thousands. Places are those of `placeOf`. */
export interface Around {
  /** Each link by its place. */
  readonly named: ReadonlyMap<string, NodeLink>;
  /** The links of the node by their index. */
  readonly numbered: ReadonlyMap<number, NodeLink>;
  /** Slaves by the place of their master. */
  readonly slaves: ReadonlyMap<string, readonly NodeLink[]>;
  /** What stands on a link, by the place of that: VLANs, macvlans, ipvlans, and the bonds of Pods. */
  readonly uppers: ReadonlyMap<string, readonly NodeLink[]>;
  /** The VLANs in Pods by their id. */
  readonly vlansInPods: ReadonlyMap<number, readonly NodeLink[]>;
}

/** Puts the links of a node and of its Pods into order, for `arrange` and `findProblems`. */
export function indexLinks(links: readonly NodeLink[]): Around {
  const here = links.filter(({ namespace }) => namespace === undefined);
  const named = new Map(links.map((link) => [placeOf(link), link]));
  const numbered = new Map(here.map((link) => [link.index, link]));
  const slaves = groupBy(links, ({ master, namespace }) => master && placeOf({ name: master, namespace }));
  const around = { named, numbered, slaves };
  return {
    ...around,
    uppers: groupBy(links, (link) => {
      const lower = findLower(link, around);
      return lower && placeOf(lower);
    }),
    vlansInPods: groupBy(links, ({ namespace, vlan }) => (namespace === undefined ? undefined : vlan?.id)),
  };
}

/** What tells a link from all others: neither a link nor a namespace has a `/` in its name. */
export function placeOf({ namespace = "", name }: Pick<NodeLink, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** The link below. A Pod's links know of one on the node its index only; a Pod's bond is shown below the last of its slaves. */
export function findLower(link: NodeLink, { named, numbered, slaves }: Omit<Around, "uppers" | "vlansInPods">) {
  const { kind, namespace, parent, parentIndex } = link;
  if (kind === "bond") return namespace === undefined ? undefined : slaves.get(placeOf(link))?.at(-1);
  if (kind !== "vlan" && !isStacked(link)) return undefined;
  if (parent !== undefined) return named.get(placeOf({ name: parent, namespace }));
  return namespace === undefined || parentIndex === undefined ? undefined : numbered.get(parentIndex);
}
