import { CniError, Code } from "../error.ts";
import { type IpSite, runIp } from "../host/ip.ts";
import { readListeners } from "../host/proc.ts";
import type { Current, Desired, Link } from "../model.ts";
import { type Also, type Entry, listSources, readAddressEntry, readEntries, slotOf } from "./entries.ts";
import { countStrangers } from "./listeners.ts";
import { parseIpOutput } from "./parse.ts";
import { lookArguments } from "./start.ts";

/** One place, as undoing has to know it. All is told of links by their index: somebody may rename one meanwhile. */
export interface Snapshot {
  readonly links: readonly Link[];
  readonly entries: readonly Entry[];
  /** How many receive through a link who can't be seen from here, by its index. Those without are left out. */
  readonly strangers: ReadonlyMap<number, number>;
  /** The indexes of links of ifacer's that are to be taken apart or set anew: all of them is put back. */
  readonly remade?: readonly number[];
}

/**
 * What is there before an ADD changes it, as far as it may have to be put back: the config's links, and what the NICs
 * that are to be enslaved lose while they are down. Only where `allowInUse` lets them have routes, neighbours and nexthop
 * objects, these are asked for.
 *
 * @param seen what a look of the depth `use` showed
 */
export async function snapshotBefore(desired: Desired, seen: Current, site: IpSite): Promise<Snapshot> {
  if (desired.path) return snapshotOf(desired, seen);
  const bond = desired.bond?.name;
  const names = new Set([...desired.interfaces, ...listOwnNames(desired)]);
  const links = seen.links.filter(
    ({ name, altNames, master }) =>
      names.has(name) || altNames.some((altName) => names.has(altName)) || (bond !== undefined && master === bond),
  );
  const addresses = links.flatMap(({ name, index }) =>
    (seen.uses.get(name)?.addresses ?? []).map((address) => readAddressEntry(address, index)),
  );
  // Of a link of its own that a Pod has already, what it is to get beside it may be there too.
  const own = listOwnNames(desired);
  const isOwnThere = desired.place === "pod" && links.some(({ name }) => own.includes(name));
  const mayLose = (bond !== undefined && desired.allowInUse) || isOwnThere;
  const others =
    mayLose || desired.rules !== undefined ? await askForEntries(links, site, { sources: listSources(addresses) }) : [];
  const twins = mayLose && addresses.length > 0 ? await findTwins(addresses, site) : [];
  return { links, entries: [...addresses, ...others, ...twins], strangers: new Map() };
}

/** The same addresses on other links, as unnumbered links have them: they did not come there meanwhile. */
async function findTwins(addresses: readonly Entry[], site: IpSite): Promise<Entry[]> {
  const { stdout } = await runIp(lookArguments, ["address show"], site);
  const keys = new Set(addresses.map(({ key }) => key));
  return listAddresses(parseOutput(stdout), new Set(addresses.map(slotOf))).filter(({ key }) => !keys.has(key));
}

/** The addresses that links have, as far as they are in one of the slots. */
function listAddresses({ links, addresses }: ReturnType<typeof parseOutput>, slots: ReadonlySet<string>): Entry[] {
  return links
    .flatMap(({ name, index }) => (addresses.get(name) ?? []).map((address) => readAddressEntry(address, index)))
    .filter((entry) => slots.has(slotOf(entry)));
}

/** The names of the links that a config makes. */
export function listOwnNames({ bond, vlans, path }: Desired): string[] {
  const links = [...(bond ? [bond.name] : []), ...vlans.map(({ name, shortName }) => shortName ?? name)];
  return path?.end ? [...links, path.end.name] : links;
}

/** What a look at a node path showed, as undoing has to know it: all that it may have to put back or to take away is in there. */
export function snapshotOf(desired: Desired, { links, uses, neighbours = [], rules = [] }: Current): Snapshot {
  const { path, routes } = desired;
  const names = new Set([
    ...listOwnNames(desired),
    ...(path?.mac ? [path.mac.link] : []),
    ...routes.map(({ link }) => link),
  ]);
  const own = links.filter(({ name }) => names.has(name));
  const byName = (word: string, last: string | undefined) =>
    last === "dev" ? (own.find(({ name }) => name === word)?.index ?? word) : word;
  const entries = own.flatMap(({ name, index }): Entry[] => [
    ...(uses.get(name)?.routes ?? []).map(({ words, protocol }): Entry => {
      const told = words.map((word, at) => byName(word, words[at - 1]));
      return { kind: "route", key: told.join(" "), words: told, madeBy: protocol === "kernel" ? "kernel" : "somebody" };
    }),
    ...neighbours
      .filter(({ link }) => link === name)
      .map(({ address, mac }): Entry => {
        const words = [address, "dev", index, "lladdr", mac, "nud", "permanent"];
        return { kind: "neighbour", key: words.join(" "), words, madeBy: "somebody" };
      }),
  ]);
  const ruled = rules.map(({ from, table }): Entry => {
    const words = ["from", from, "lookup", table];
    return { kind: "rule", key: words.join(" "), words, madeBy: "somebody" };
  });
  return { links: own, entries: [...entries, ...ruled], strangers: new Map() };
}

/**
 * All links of the place, what has to do with those that are `concerned` or in `before`, and what took the place of an entry of
 * `before`. Not just the config's links: one that was renamed has to be found, and whoever stands on one by now.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` can't look).
 */
export async function snapshotNow(
  before: Snapshot,
  { isConcerned, site }: { isConcerned: (link: Link) => boolean; site: IpSite },
): Promise<Snapshot> {
  // Only of its own namespace /proc tells. First: an active slave that is chosen between the two looks must not count as somebody else.
  const listeners = site.netns === undefined ? await readListeners() : undefined;
  const { command, status, stdout, stderr } = await runIp(lookArguments, ["address show"], site);
  const { links, addresses } = parseOutput(stdout);
  if (links.length === 0) {
    throw new CniError(
      Code.ipFailed,
      `'${command}' can't look at the links of this node, its exit status is ${status}`,
      {
        details: stderr,
      },
    );
  }
  const known = new Set(before.links.map(({ index }) => index));
  const concerned = links.filter((link) => known.has(link.index) || isConcerned(link));
  const own = concerned.flatMap(({ name, index }) =>
    (addresses.get(name) ?? []).map((address) => readAddressEntry(address, index)),
  );
  const slots = new Set(before.entries.map(slotOf));
  const elsewhere = { links: links.filter((link) => !concerned.includes(link)), addresses };
  return {
    links,
    entries: [
      ...own,
      ...listAddresses(elsewhere, slots),
      ...(await askForEntries(concerned, site, { slots, sources: listSources(own) })),
    ],
    strangers: listeners ? countStrangers(listeners, links) : new Map(),
  };
}

function parseOutput(stdout: string): Pick<ReturnType<typeof parseIpOutput>, "links" | "addresses"> {
  try {
    return parseIpOutput(stdout);
  } catch {
    return { links: [], addresses: new Map() };
  }
}

/** The address family is not given: `ip` shows the routes, neighbours and nexthop objects of both. */
async function askForEntries(links: readonly Link[], site: IpSite, also: Also): Promise<Entry[]> {
  const lines = ["route show table all", "nexthop show", "neighbour show nud permanent", "neighbour show proxy"];
  const { stdout } = await runIp(["-details", "-oneline", "-force", "-batch", "-"], lines, site);
  return readEntries(stdout, new Map(links.map(({ name, index }) => [name, index])), also);
}
