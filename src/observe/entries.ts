import type { Address } from "../model.ts";

/** Something that a place has beside its links, and that its link may lose while it is down. */
export interface Entry {
  readonly kind: "address" | "neighbour" | "nexthop" | "route" | "rule";
  /** Tells whether two looks show the same one: its words, but for the lifetimes, which go on meanwhile. */
  readonly key: string;
  /** What `ip` makes it from. A number stands for the link of that index, which may have another name by then. */
  readonly words: readonly (string | number)[];
  /**
   * The kernel makes its own again by itself, but routes in its name may be somebody's (src/apply/prefixRoutes.ts); the network's
   * come by router advertisements.
   */
  readonly madeBy: "kernel" | "network" | "somebody";
}

/** The indexes of links by their names. */
export type Indexes = ReadonlyMap<string, number>;

/**
 * The place that an entry takes in the kernel's tables: of those with the same one, a network namespace has one only, or
 * would be confused by a second, as by an address that two links have.
 */
export function slotOf(entry: Entry): string {
  const { kind, key, words } = entry;
  const after = (name: string) => wordAfter(entry, name) ?? "";
  const [first = "", second = ""] = words;
  switch (kind) {
    case "address": {
      const isWide = ["global", "site"].includes(String(after("scope")));
      return `address ${key.split("/")[0]} ${isWide ? "" : after("dev")}`;
    }
    case "neighbour":
      return `neighbour ${first === "proxy" ? `proxy ${second}` : first} ${after("dev")}`;
    case "nexthop":
      return `nexthop ${second}`;
    case "rule":
      return `rule ${key}`;
    case "route":
      return `route ${[second, ...["table", "metric", "tos", "from"].map(after), isPrefixRouteOfIPv6(entry) ? after("dev") : ""].join(" ")}`;
  }
}

/** What follows a word of an entry; `undefined`: it does not have that word. */
export function wordAfter({ words }: Pick<Entry, "words">, name: string): string | number | undefined {
  const at = words.indexOf(name);
  return at === -1 ? undefined : words[at + 1];
}

/**
 * Whether a route is to a link's own network of IPv6, whoever made it in the kernel's name: each link has its own, of the same
 * destination and metric. NetworkManager makes the one to fe80::/64 for all of its links.
 */
export function isPrefixRouteOfIPv6({ kind, words, madeBy }: Entry): boolean {
  const [type, destination] = words;
  return kind === "route" && madeBy === "kernel" && type === "unicast" && String(destination).includes(":");
}

/** The address of a link as an entry. */
export function readAddressEntry({ family, local, prefixLength, scope, words }: Address, index: number): Entry {
  return {
    kind: "address",
    key: `${local}/${prefixLength} ${index}`,
    words: [...words.flatMap((word) => word.split(" ")), "dev", index],
    madeBy: family === "inet" ? "somebody" : findMakerOfIPv6({ prefixLength, scope, words }),
  };
}

/**
 * The kernel gives links addresses of IPv6 alone: one of the link's scope, and as routers advertise, with 64 bits of network each
 * (RFC 4862, RFC 2464). With others, those of DHCPv6 for example, somebody uses the link.
 */
function findMakerOfIPv6({
  prefixLength,
  scope,
  words,
}: Pick<Address, "prefixLength" | "scope" | "words">): Entry["madeBy"] {
  if (scope !== "global" && scope !== "site") return "kernel";
  const isAdvertised = words.includes("valid_lft") && prefixLength === 64 && !words.includes("noprefixroute");
  return isAdvertised ? "network" : "somebody";
}

/** What else is read beside what has to do with the links. */
export interface Also {
  /** Whatever takes one of these places. */
  readonly slots?: ReadonlySet<string>;
  /** Routes through other links whose source is one of these addresses. */
  readonly sources?: ReadonlySet<string>;
}

/**
 * The addresses with which the kernel removes the routes that have them as their source, wherever these lead. It does so with
 * those of IPv4 (fib_sync_down_addr), while routes of IPv6 through other links stay.
 */
export function listSources(entries: readonly Entry[]): ReadonlySet<string> {
  const locals = entries.flatMap(({ kind, words }) =>
    kind === "address" ? (String(words[0]).split("/")[0] ?? "") : [],
  );
  return new Set(locals.filter((local) => !local.includes(":")));
}

const none: ReadonlySet<string> = new Set();

/**
 * Reads routes, nexthop objects and neighbours as `ip -details -oneline` prints them, a line each, as far as they have to do
 * with one of the given links, or are what is asked for besides.
 *
 * The text, not the JSON: that tells neither which metrics are locked nor, of an encapsulation, where the route leads.
 */
export function readEntries(output: string, indexes: Indexes, { slots = none, sources = none }: Also = {}): Entry[] {
  const entries: Entry[] = [];
  const nexthops = new Set<string>();
  const groups: string[][] = [];
  // What it tells of a route's nexthop object is on a line of its own even so.
  for (const line of output.replaceAll(/\n\s+/g, " ").split("\n")) {
    const tokens = line.split(/[\s\\]+/).filter((token) => token !== "");
    const [first = ""] = tokens;
    if (first === "") continue;
    if (first === "id" && tokens[2] === "group") {
      groups.push(tokens);
      continue;
    }
    const isConcerned = tokens.some((token, at) => {
      const word = tokens[at - 1];
      return (word === "dev" && indexes.has(token)) || (word === "src" && sources.has(token));
    });
    if (!isConcerned && slots.size === 0) continue;
    const entry = readEntry(tokens, indexes);
    if (isConcerned && entry.kind === "nexthop") nexthops.add(tokens[1] ?? "");
    if (isConcerned || slots.has(slotOf(entry))) entries.push(entry);
  }
  const isConcerned = (group: Entry) => listMembers(group).some((id) => nexthops.has(id)) || slots.has(slotOf(group));
  return [...entries, ...groups.map((group) => readNexthop(group, indexes)).filter(isConcerned)];
}

/** The ids of the nexthop objects of a group, without their weights; none where it is no group. */
export function listMembers({ words }: Pick<Entry, "words">): readonly string[] {
  const at = words.indexOf("group");
  return at === -1
    ? []
    : String(words[at + 1])
        .split("/")
        .map((member) => member.split(",")[0] ?? "");
}

function readEntry(tokens: readonly string[], indexes: Indexes): Entry {
  const [first = ""] = tokens;
  if (first === "id") return readNexthop(tokens, indexes);
  return routeTypes.has(first) ? readRoute(tokens, indexes) : readNeighbour(tokens, indexes);
}

const routeTypes: ReadonlySet<string> = new Set([
  "unicast",
  "local",
  "broadcast",
  "multicast",
  "anycast",
  "throw",
  "unreachable",
  "prohibit",
  "blackhole",
  "nat",
]);

/** What the kernel says of the state, which can't be set. */
const states: ReadonlySet<string> = new Set([
  "dead",
  "linkdown",
  "pervasive",
  "offload",
  "offload_failed",
  "rt_offload",
  "rt_offload_failed",
  "trap",
  "rt_trap",
  "notify",
  "unresolved",
]);

function readRoute(tokens: readonly string[], indexes: Indexes): Entry {
  const info = tokens.indexOf("nh_info");
  const own = info === -1 ? tokens : tokens.slice(0, info);
  const [type = "", destination = "", ...rest] = own;
  // Only routes of IPv6 have a preference; without it `ip` would take `default` for that of IPv4.
  const target = destination === "default" && rest.includes("pref") ? "::/0" : destination;
  const byObject = rest.includes("nhid");
  const words: (string | number)[] = [type, target];
  const lifetime: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? "";
    const next = rest[at + 1] ?? "";
    if (word === "dev") {
      at++;
      if (!byObject) words.push(word, indexes.get(next) ?? next);
    } else if (word === "via" && byObject) at += next.startsWith("inet") ? 2 : 1;
    else if (word === "expires") {
      at++;
      // One that has run out the kernel is about to remove, and shows as negative.
      lifetime.push(word, next.replace(/sec$/, "").replace(/^-.*/, "1"));
    } else if (word === "lock" && rest[at - 1] === "rto_min") {
      // `ip` locks this one by itself, and does not take the word.
    } else if (!states.has(word) && !(byObject && word === "onlink")) words.push(word);
  }
  const protocol = rest[rest.indexOf("proto") + 1] ?? "";
  const madeBy = protocol === "kernel" ? "kernel" : ["ra", "redirect"].includes(protocol) ? "network" : "somebody";
  return { kind: "route", key: words.join(" "), words: [...words, ...lifetime], madeBy };
}

function readNexthop(tokens: readonly string[], indexes: Indexes): Entry {
  const words: (string | number)[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const word = tokens[at] ?? "";
    const next = tokens[at + 1] ?? "";
    if (word === "dev") words.push(word, indexes.get(tokens[++at] ?? "") ?? next);
    else if (word === "scope" || word === "unbalanced_time" || (word === "proto" && next === "unspec")) at++;
    else if (!states.has(word)) words.push(word);
  }
  return { kind: "nexthop", key: words.join(" "), words, madeBy: "somebody" };
}

function readNeighbour([destination = "", ...rest]: readonly string[], indexes: Indexes): Entry {
  const after = (name: string) => rest[rest.indexOf(name) + 1] ?? "";
  const isProxy = rest.includes("proxy");
  const words: (string | number)[] = [
    ...(isProxy ? ["proxy", destination] : [destination]),
    "dev",
    indexes.get(after("dev")) ?? after("dev"),
  ];
  if (rest.includes("lladdr")) words.push("lladdr", after("lladdr"));
  if (!isProxy) words.push("nud", "permanent");
  for (const flag of ["router", "extern_learn"]) if (rest.includes(flag)) words.push(flag);
  if (rest.includes("proto")) words.push("proto", after("proto"));
  return { kind: "neighbour", key: words.join(" "), words, madeBy: "somebody" };
}
