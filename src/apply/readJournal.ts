import * as z from "zod/mini";
import { findAltNameFault } from "../config/linkNames.ts";
import type { NamespaceID } from "../host/netns.ts";
import { bondModes } from "../model.ts";
import type { Snapshot } from "../observe/snapshot.ts";
import { type Journal, journalMAC, journalVersion, journalWord } from "./journal.ts";

/** What a journal's text says; `stale`: it is about another boot or another network namespace. */
export type ReadJournal =
  | {
      readonly journal: Journal;
      /** That it is about this namespace is certain. */
      readonly certain: boolean;
      /** How many addresses, routes and the like it does not tell of. */
      readonly unwritten: number;
      /** Nobody has answered yet whom the config's `probe` asks. */
      readonly unanswered: boolean;
    }
  | { readonly fault: string }
  | "stale";

/** Reads a journal of a file that only root can have written. Every word of it may get on an `ip` line, and is checked. */
export function readJournal(bytes: Uint8Array, here: NamespaceID): ReadJournal {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return { fault: "it is no JSON" };
  }
  const read = schema.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { fault: `${issue?.path.join(".") || "it"} is not valid` };
  }
  const { bootID, inode, cookie, desired, links, entries, unwritten, unanswered } = read.data;
  const known = cookie !== "" && here.cookie !== "";
  if (bootID !== here.bootID || inode !== here.inode || (known && cookie !== here.cookie)) return "stale";
  // Only what is done on the node has a journal.
  const asked = { ...desired, place: "node", addresses: [], routes: [] } as const;
  return {
    journal: { desired: asked, before: { links, entries, strangers: new Map() } },
    certain: known,
    unwritten,
    unanswered,
  };
}

/**
 * Whether a journal can be about this place, for where the kernel gives namespaces no cookie and a later one may have got the
 * same inode: its NICs have MACs of their own. Bonds and VLANs get theirs from others.
 */
export function isAbout({ links }: Snapshot, now: Snapshot): boolean {
  const nics = links.filter(({ kind }) => kind !== "bond" && kind !== "vlan");
  const macs = new Set(links.map(({ mac }) => mac));
  const same = now.links.filter(({ index }) => nics.some((link) => link.index === index));
  return same.length > 0 && same.every(({ mac }) => macs.has(mac));
}

const name = z.string().check(z.refine((text: string) => findAltNameFault(text) === undefined));
const word = z.string().check(z.regex(journalWord));
const optional = <T extends z.ZodMiniType>(type: T) =>
  z.pipe(
    z.optional(type),
    z.transform((value): z.output<T> | undefined => value),
  );
const count = z.int().check(z.gte(0));
const mac = z.string().check(z.regex(journalMAC));
const settings = z.array(z.object({ name: word, value: word }));

const desired = z.object({
  interfaces: z.array(name),
  bond: optional(z.object({ name, mode: optional(z.enum(bondModes)), settings, slaves: z.array(name) })),
  vlans: z.array(
    z.object({
      name,
      shortName: optional(name),
      parent: name,
      id: count,
      protocol: z.enum(["802.1Q", "802.1ad"]),
      settings,
    }),
  ),
  mtu: optional(count),
  allowDuplicateVlanID: z.boolean(),
  allowInUse: z.boolean(),
  removeUnused: optional(z.boolean()),
});

const link = z.object({
  index: count,
  name: z.string(),
  altNames: z.array(z.string()),
  kind: optional(z.string()),
  up: z.boolean(),
  mtu: count,
  mac,
  maxMTU: count,
  master: optional(z.string()),
  masterKind: optional(z.string()),
  parent: optional(z.string()),
  parentDown: z.boolean(),
  alias: optional(z.string()),
  vlan: optional(z.object({ id: count, protocol: z.string() })),
  driverData: z.record(z.string(), z.unknown()),
});

const entry = z.object({
  kind: z.enum(["address", "neighbour", "nexthop", "route"]),
  key: z.string(),
  words: z.array(z.union([word, count])),
  madeBy: z.enum(["kernel", "network", "somebody"]),
});

const schema = z.object({
  version: z.literal(journalVersion),
  bootID: z.string(),
  inode: count,
  cookie: z.string(),
  desired,
  links: z.array(link),
  entries: z.array(entry),
  unwritten: z._default(count, 0),
  unanswered: z._default(z.boolean(), false),
});
