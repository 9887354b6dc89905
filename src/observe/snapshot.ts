import { CniError, Code } from "../error.ts";
import { type IpSite, runIp } from "../host/ip.ts";
import { readListeners } from "../host/proc.ts";
import type { Current, Desired, Link } from "../model.ts";
import { type Entry, readAddressEntry, readEntries } from "./entries.ts";
import { countListeners } from "./listeners.ts";
import { parseIpOutput } from "./parse.ts";
import { lookArguments } from "./start.ts";

/** One place, as undoing has to know it. All is told of links by their index: somebody may rename one meanwhile. */
export interface Snapshot {
  readonly links: readonly Link[];
  readonly entries: readonly Entry[];
  /** How many receive what is sent to all hosts through a link, by its index. */
  readonly listeners: ReadonlyMap<number, number>;
}

/**
 * What is there before an ADD changes it, as far as it may have to be put back: the config's links, and what the NICs
 * that are to be enslaved lose while they are down. Only where `allowInUse` lets them have routes, neighbours and nexthop
 * objects, these are asked for.
 *
 * @param seen what a look of the depth `use` showed
 */
export async function snapshotBefore(desired: Desired, seen: Current, site: IpSite): Promise<Snapshot> {
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
  const isAsked = (bond !== undefined && desired.allowInUse) || isOwnThere || desired.rules !== undefined;
  const others = isAsked ? await askForEntries(links, site) : [];
  return { links, entries: [...addresses, ...others], listeners: new Map() };
}

/** The names of the links that a config makes. */
export function listOwnNames({ bond, vlans }: Desired): string[] {
  return [...(bond ? [bond.name] : []), ...vlans.map(({ name, shortName }) => shortName ?? name)];
}

/**
 * All links of the place, and what has to do with those that are `concerned` or not in `before`. Not just the config's:
 * a link that was renamed has to be found, and whoever stands on one by now.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` can't look).
 */
export async function snapshotNow(
  before: Snapshot,
  { isConcerned, site }: { isConcerned: (link: Link) => boolean; site: IpSite },
): Promise<Snapshot> {
  // Only of its own namespace /proc tells. First: an active slave that is chosen between the two looks must not count as somebody else.
  const listeners = countListeners(site.netns === undefined ? (await readListeners()).ethernet : "");
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
  return {
    links,
    entries: [...own, ...(await askForEntries(concerned, site))],
    listeners,
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
async function askForEntries(links: readonly Link[], site: IpSite): Promise<Entry[]> {
  const lines = ["route show table all", "nexthop show", "neighbour show nud permanent", "neighbour show proxy"];
  const { stdout } = await runIp(["-details", "-oneline", "-force", "-batch", "-"], lines, site);
  return readEntries(stdout, new Map(links.map(({ name, index }) => [name, index])));
}
