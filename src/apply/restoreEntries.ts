import { type Entry, isPrefixRouteOfIPv6, listMembers, slotOf } from "../observe/entries.ts";
import { findKernelRoutes } from "./prefixRoutes.ts";
import type { Span } from "./taken.ts";

/** How to bring back what links lost. */
export interface Restoring {
  /** The lines for `ip -force -batch -`. */
  readonly lines: readonly string[];
  /** What stays lost, in words, because somebody put something else in its place meanwhile. */
  readonly moved: readonly string[];
}

/**
 * What a NIC loses while it is down: IPv6 addresses, permanent neighbours, nexthop objects, and all routes but those that come
 * back with an address. Each after what it needs: addresses first, then routes to networks, by which gateways are reached,
 * nexthops before their groups, routes to gateways last.
 *
 * What somebody put elsewhere meanwhile stays there, as do routes by a nexthop object whose id leads elsewhere by now: a line
 * adds, and replaces only what the kernel left of the same route or group.
 */
export function restoreEntries({ before, now }: Span, taken: ReadonlySet<number>): Restoring {
  const there = new Set(now.entries.map(({ kind, key }) => `${kind} ${key}`));
  const occupants = new Map(now.entries.map((entry) => [slotOf(entry), entry]));
  const names = new Map(now.links.map(({ index, name }) => [index, name]));
  const own = new Set(before.links.map(({ index }) => index));
  const nameOf = (word: string | number) => (typeof word === "number" ? names.get(word) : word);
  const stays = (word: string | number) =>
    typeof word !== "number" || (names.has(word) && own.has(word) && !taken.has(word));
  const earlier = new Set(before.entries.map(({ kind, key }) => `${kind} ${key}`));
  const isKernels = findKernelRoutes(before);
  const lost = before.entries.filter(
    (entry) => !there.has(`${entry.kind} ${entry.key}`) && !isKernels(entry) && entry.words.every(stays),
  );
  const lines: string[] = [];
  const moved: string[] = [];
  const foreign = new Set<string>();
  for (const entry of inOrder(lost)) {
    const found = occupants.get(slotOf(entry));
    // An address that another link had all the time is no sign of anything.
    const occupant = found && !earlier.has(`${found.kind} ${found.key}`) ? found : undefined;
    const isRest = occupant !== undefined && isRestOf(occupant, entry);
    const needs = listNexthops(entry);
    if ((occupant !== undefined && !isRest) || needs.some((id) => foreign.has(id))) {
      if (entry.kind === "nexthop") foreign.add(String(entry.words[1]));
      // What came from the network it brings again, and the kernel its own addresses.
      if (entry.madeBy === "somebody" || (entry.madeBy === "kernel" && entry.kind === "route"))
        moved.push(describe(entry, nameOf));
    } else {
      lines.push(`${verbOf(entry, isRest)} ${entry.words.map(nameOf).join(" ")}`);
    }
  }
  return { lines, moved };
}

/** The ids of the nexthop objects that an entry needs. */
function listNexthops({ kind, words, ...entry }: Entry): readonly string[] {
  if (kind === "nexthop") return listMembers({ words, ...entry });
  const at = words.indexOf("nhid");
  return kind === "route" && at !== -1 ? [String(words[at + 1])] : [];
}

/** Whether an entry is what the kernel left of another one: fewer ways of the same route, fewer members of the same group. */
function isRestOf(rest: Entry, whole: Entry): boolean {
  if (whole.kind === "nexthop") {
    const members = listMembers(whole);
    const left = listMembers(rest);
    return left.length > 0 && left.every((id) => members.includes(id));
  }
  if (whole.kind !== "route" || !whole.words.includes("nexthop")) return false;
  const [one, other] = [splitWays(rest), splitWays(whole)];
  return one.head === other.head && one.ways.every((way) => other.ways.includes(way));
}

/** A route without its ways, and these as `VIA DEV`. IPv6 routes of which one way is left have it among their words. */
function splitWays({ words }: Entry): { readonly head: string; readonly ways: readonly string[] } {
  const head: (string | number)[] = [];
  const ways: string[] = [];
  let via: string | number = "";
  let hasWays = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "nexthop") {
      hasWays = true;
      via = "";
    } else if (word === "via") {
      via = words[++at] ?? "";
      if (via === "inet" || via === "inet6") via = words[++at] ?? "";
    } else if (word === "dev") ways.push(`${via} ${words[++at]}`);
    else if (!hasWays && word !== "onlink" && word !== "expires") head.push(word);
    else if (!hasWays && word === "expires") at++;
  }
  return { head: head.join(" "), ways };
}

function describe({ kind, key, words }: Entry, nameOf: (word: string | number) => string | undefined): string {
  const [first, second] = words;
  switch (kind) {
    case "address":
      return `the address ${key.split(" ")[0]}`;
    case "neighbour":
      return `the neighbour ${first === "proxy" ? second : first} on ${nameOf(words[words.indexOf("dev") + 1] ?? "")}`;
    case "nexthop":
      return `the nexthop with id ${second}`;
    case "rule":
      return `the rule ${words.join(" ")}`;
    case "route": {
      const table = words[words.indexOf("table") + 1];
      const isUsual = !words.includes("table") || table === "main";
      return `the route ${second}${isUsual ? "" : ` (table ${table})`}`;
    }
  }
}

/**
 * Each after what it needs. Of a link's IPv6 addresses the kernel puts a new one before those of the same scope, and takes the
 * first as a source among equals (ipv6_link_dev_addr): what was shown first comes last.
 */
function inOrder(lost: readonly Entry[]): readonly Entry[] {
  const others = lost.filter((entry) => !isIPv6Address(entry));
  return [...others, ...lost.filter(isIPv6Address).toReversed()].toSorted((one, other) => rank(one) - rank(other));
}

function isIPv6Address({ kind, words }: Entry): boolean {
  return kind === "address" && String(words[0]).includes(":");
}

function rank({ kind, words }: Entry): number {
  switch (kind) {
    case "address":
      return 0;
    case "neighbour":
      return 1;
    case "rule":
      return 6;
    case "route":
      return words.some((word) => word === "via" || word === "nexthop" || word === "nhid") ? 5 : 2;
    case "nexthop":
      return words.includes("group") ? 4 : 3;
  }
}

function verbOf(entry: Entry, isRest: boolean): string {
  const { kind, words } = entry;
  switch (kind) {
    case "address":
      return "address add";
    case "neighbour":
      // What the kernel has learnt meanwhile is no permanent one.
      return words.includes("proxy") ? "neighbour add" : "neighbour replace";
    case "rule":
      return "rule add";
    case "nexthop":
      return isRest ? "nexthop replace" : "nexthop add";
    case "route":
      if (isRest) return "route replace";
      return isPrefixRouteOfIPv6(entry) ? "route append" : "route add";
  }
}
