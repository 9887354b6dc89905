import { CniError, Code } from "../error.ts";
import { type JsonObject, member } from "../json.ts";
import type { Place } from "../model.ts";
import type { Answer, Prefetched } from "./answer.ts";
import type { RequestOf } from "./request.ts";

/** What the verbs that look at links do for a kind of entry. */
export interface LinkVerbs {
  readonly add: (request: RequestOf<"ADD">, prefetched: Prefetched) => Promise<Answer>;
  readonly check: (request: RequestOf<"CHECK">, prefetched: Prefetched) => Promise<Answer>;
  readonly status: (request: RequestOf<"STATUS">, prefetched: Prefetched) => Promise<Answer>;
}

/** What all verbs do for a kind of entry whose links belong to one Pod. */
export interface PodVerbs extends LinkVerbs {
  readonly del: (request: RequestOf<"DEL">) => Promise<Answer>;
  readonly gc: (request: RequestOf<"GC">) => Promise<Answer>;
}

/** A kind of entry that a network config may have: how its keys tell it, where its links are, and what answers for it. */
export type EntryKind = {
  /** What such an entry asks for, as a message names it. */
  readonly what: string;
  /** The key that makes a config one of this kind. */
  readonly findKey: (body: JsonObject) => string | undefined;
} & (
  | {
      /** Links of the node are shared, other Pods stand on them: DEL and GC leave them alone but for `removeUnused`. */
      readonly place: Extract<Place, "node">;
      readonly load: () => Promise<LinkVerbs>;
    }
  | { readonly place: Extract<Place, "pod">; readonly load: () => Promise<PodVerbs> }
);

/** Loads what answers for the links of the node, which is what almost every call is about. */
export const loadNodeLinks = () => import("./entries/nodeLinks.ts");

/** Those but the first are of Spidernet's veth plugin, for lists of subnets and the prefix of MACs. */
const pathKeys = [
  "nodePath",
  "service_cidr",
  "cluster_cidr",
  "service_hijack_subnet",
  "overlay_hijack_subnet",
  "additional_hijack_subnet",
  "mac_prefix",
];

/** The key that makes an entry a way from the Pod to its node, if there is one. */
export function findPathKey(body: JsonObject): string | undefined {
  return pathKeys.find((key) => member(body, key) !== undefined);
}

/** Links of the node: every entry that has no key of another kind. */
const nodeLinks: EntryKind = {
  what: "links of the node",
  place: "node",
  findKey: () => undefined,
  load: loadNodeLinks,
};

/** Whether an entry attaches Pods by another plugin. */
function isPool(body: JsonObject): boolean {
  return member(body, "plugin") !== undefined;
}

/** Every other kind has keys of its own. */
const keyedKinds: readonly EntryKind[] = [
  {
    what: "links in the Pod",
    place: "pod",
    findKey: (body) => ((member(body, "linkInContainer") ?? false) === false ? undefined : "linkInContainer"),
    load: () => import("./entries/podLinks.ts"),
  },
  {
    what: "links on NICs that are chosen by rule",
    place: "node",
    // A network over several NICs may choose them by rule as well.
    findKey: (body) => (member(body, "select") === undefined || isPool(body) ? undefined : "select"),
    load: () => import("./entries/selected.ts"),
  },
  {
    what: "one network over several NICs",
    place: "pod",
    findKey: (body) => (isPool(body) ? "plugin" : undefined),
    load: () => import("./entries/poolLinks.ts"),
  },
  {
    what: "a way from the Pod to its node",
    place: "pod",
    findKey: findPathKey,
    load: () => import("./entries/nodePath.ts"),
  },
];

/**
 * The kind of an entry. Throws code 7 where it has keys of two kinds, and names both.
 *
 * @param kinds those that are told by a key
 */
export function findKind(body: JsonObject, kinds: readonly EntryKind[] = keyedKinds): EntryKind {
  const [first, second] = kinds.flatMap((kind) => {
    const key = kind.findKey(body);
    return key === undefined ? [] : [{ kind, key }];
  });
  if (first && second) {
    throw new CniError(
      Code.invalidConfig,
      `the config asks for two things at once, ${first.kind.what} (${first.key}) and ${second.kind.what} (${second.key}): make an entry of its own for each`,
    );
  }
  return first?.kind ?? nodeLinks;
}
