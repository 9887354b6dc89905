import { CniError, Code } from "../error.ts";
import { type JsonObject, member } from "../json.ts";
import type { Place } from "../model.ts";
import type { Answer, Prefetched } from "./answer.ts";
import type { RequestOf } from "./request.ts";

/** A kind of entry that a network config may have: how its keys tell it, and what each verb does for it. */
export interface EntryKind {
  /** What such an entry asks for, as a message names it. */
  readonly what: string;
  /** Where its links are. */
  readonly place: Place;
  /** The key that makes a config one of this kind. */
  readonly findKey: (body: JsonObject) => string | undefined;
  readonly ADD: (request: RequestOf<"ADD">, prefetched: Prefetched) => Promise<Answer>;
  readonly CHECK: (request: RequestOf<"CHECK">, prefetched: Prefetched) => Promise<Answer>;
  readonly STATUS: (request: RequestOf<"STATUS">, prefetched: Prefetched) => Promise<Answer>;
  readonly DEL: (request: RequestOf<"DEL">) => Promise<Answer>;
  readonly GC: (request: RequestOf<"GC">) => Promise<Answer>;
}

/** Loads what answers for the links of the node, which is what almost every call is about. */
export const loadNodeLinks = () => import("./entries/nodeLinks.ts");

const loadPodLinks = () => import("./entries/podLinks.ts");

const loadPoolLinks = () => import("./entries/poolLinks.ts");

/** Links of the node: every entry that has no key of another kind. */
const nodeLinks: EntryKind = {
  what: "links of the node",
  place: "node",
  findKey: () => undefined,
  ADD: async (request, prefetched) => (await loadNodeLinks()).add(request, prefetched),
  CHECK: async (request, prefetched) => (await loadNodeLinks()).check(request, prefetched),
  STATUS: async (request, prefetched) => (await loadNodeLinks()).status(request, prefetched),
  // The links are shared, other Pods of the node stand on them.
  DEL: async () => ({ journal: [] }),
  GC: async () => ({ journal: [] }),
};

/** Every other kind has keys of its own. */
const keyedKinds: readonly EntryKind[] = [
  {
    what: "links in the Pod",
    place: "pod",
    findKey: (body) => ((member(body, "linkInContainer") ?? false) === false ? undefined : "linkInContainer"),
    ADD: async (request, prefetched) => (await loadPodLinks()).add(request, prefetched),
    CHECK: async (request, prefetched) => (await loadPodLinks()).check(request, prefetched),
    STATUS: async (request) => (await loadPodLinks()).status(request),
    DEL: async (request) => (await loadPodLinks()).del(request),
    GC: async (request) => (await loadPodLinks()).gc(request),
  },
  {
    what: "one network over several NICs",
    place: "node",
    findKey: (body) => (member(body, "plugin") === undefined ? undefined : "plugin"),
    ADD: async (request) => (await loadPoolLinks()).add(request),
    CHECK: async (request) => (await loadPoolLinks()).check(request),
    STATUS: async (request) => (await loadPoolLinks()).status(request),
    DEL: async (request) => (await loadPoolLinks()).del(request),
    GC: async (request) => (await loadPoolLinks()).gc(request),
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
