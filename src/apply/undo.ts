import type { Desired, Link } from "../model.ts";
import { writeDestination } from "../plan/addresses.ts";
import { restoreBond } from "./restoreBond.ts";
import { restoreEntries } from "./restoreEntries.ts";
import { findByIndex, findMade, findTaken, type Span } from "./taken.ts";

/** How to take back what an ADD did. */
export interface Undoing {
  /** The lines for `ip -force -batch -`; empty where the place is as it was. */
  readonly lines: readonly string[];
  /** The names of links that stay as they are, because somebody stands on them by now. */
  readonly kept: readonly string[];
  /** Addresses, routes and the like, in words, that stay lost as somebody put something else in their place. */
  readonly moved: readonly string[];
  /** The names of links that are deleted. */
  readonly deleted: readonly string[];
}

/**
 * The inverse of what is there now and was not before, in one place. Links of somebody else that appeared meanwhile have to
 * be in `before`. What somebody else did to a link, such as giving it another master, is left alone.
 */
export function planUndo(desired: Desired, span: Span): Undoing {
  const { before, now } = span;
  const taken = findTaken(desired, span);
  const made = findMade(desired, span);
  const gone = made.filter(({ index }) => !taken.has(index));
  const pairs = now.links.flatMap((link) => {
    const earlier = findByIndex(before, link);
    return earlier === undefined || taken.has(link.index) ? [] : [{ earlier, link }];
  });
  // A bond of this name that somebody else made meanwhile is not the config's.
  const bonds = now.links.filter((link) => findByIndex(before, link) !== undefined || made.includes(link));
  const released = pairs.filter(
    ({ earlier, link }) => isEnslaved(desired, { earlier, link }) && bonds.some(({ name }) => name === link.master),
  );
  const restored = pairs.filter(
    ({ earlier, link }) => link.master === earlier.master || released.some((pair) => pair.link === link),
  );
  const { lines, moved } = restoreEntries(span, taken);
  const emptied = (bond: Link) => released.some(({ link }) => link.master === bond.name);
  return {
    lines: [
      ...removeEntries(desired, span),
      ...gone.filter(({ kind }) => kind === "vlan").map(remove),
      ...released.map(({ link }) => `link set dev ${link.name} nomaster`),
      ...gone.filter(({ kind }) => kind !== "vlan").map(remove),
      ...restored.flatMap(({ earlier, link }) =>
        restore(
          desired,
          { earlier, link },
          {
            released: released.some((pair) => pair.link === link),
            emptied: emptied(link),
            remade: before.remade !== undefined && link.kind === "vlan",
          },
        ),
      ),
      ...lines,
    ],
    kept: [...made, ...pairsOf(span)].filter(({ index }) => taken.has(index)).map(({ name }) => name),
    moved,
    deleted: gone.map(({ name }) => name),
  };
}

function pairsOf({ before, now }: Span): readonly Link[] {
  return now.links.filter((link) => findByIndex(before, link) !== undefined);
}

/** Whether ifacer made a link a slave: it had no master before, and now has the config's bond. */
function isEnslaved({ bond }: Desired, { earlier, link }: { earlier: Link; link: Link }): boolean {
  return earlier.master === undefined && link.master !== undefined && link.master === bond?.name;
}

function remove({ name }: Link): string {
  return `link delete dev ${name}`;
}

interface Fate {
  /** It leaves its bond. */
  readonly released: boolean;
  /** Its slaves leave it. */
  readonly emptied: boolean;
  /** It was made anew, or what it stands on: its MTU follows. */
  readonly remade: boolean;
}

function restore(
  { path }: Desired,
  { earlier, link }: { earlier: Link; link: Link },
  { released, emptied, remade }: Fate,
): string[] {
  const { name } = link;
  const lines = link.altNames
    // That of a link that was renamed meanwhile may be its old name.
    .filter((altName) => !earlier.altNames.includes(altName) && altName !== earlier.name)
    .map((altName) => `link property del dev ${name} altname ${altName}`);
  if (link.up && !earlier.up) lines.push(`link set dev ${name} down`);
  // A NIC that leaves its bond gets its own MAC back from the driver; a bond that loses its last slave gets a random one.
  const isBond = link.kind === "bond";
  const isGiven = path?.mac?.link === name && link.mac !== earlier.mac;
  const mac = (isBond && link.mac !== earlier.mac && !released) || emptied || isGiven ? earlier.mac : undefined;
  if (path && link.alias !== earlier.alias) lines.push(`link set dev ${name} alias ${earlier.alias || '""'}`);
  if (isBond) lines.push(...restoreBond(earlier, link, { mac }));
  else if (mac !== undefined) lines.push(`link set dev ${name} address ${mac}`);
  // Of a NIC that ifacer does not enslave it changes neither.
  if (link.mtu !== earlier.mtu && (isBond || released || remade)) lines.push(`link set dev ${name} mtu ${earlier.mtu}`);
  // It is also set down.
  if (earlier.up && (released || !link.up)) lines.push(`link set dev ${name} up`);
  return lines;
}

/** Addresses and routes that the config wants, on its own links where these were there before without them. */
function removeEntries({ addresses, routes, rules = [], path }: Desired, { before, now }: Span): string[] {
  const earlier = new Set(before.entries.map(({ kind, key }) => `${kind} ${key}`));
  const names = new Map(now.links.filter((link) => findByIndex(before, link)).map(({ index, name }) => [index, name]));
  return now.entries
    .filter(({ kind, key }) => !earlier.has(`${kind} ${key}`))
    .flatMap(({ kind, words }) => {
      const link = words.flatMap((word) => (typeof word === "number" ? (names.get(word) ?? []) : []))[0];
      const [first, destination] = words;
      const isWanted =
        (kind === "address" &&
          addresses.some((own) => own.link === link && first === `${own.local}/${own.prefixLength}`)) ||
        (kind === "route" &&
          routes.some((own) => own.link === link && destination === writeDestination(own.destination)));
      const isNeighbour =
        kind === "neighbour" && path?.neighbours.some((own) => own.link === link && first === own.address);
      const isRule = kind === "rule" && rules.some(({ from, table }) => words[1] === from && words[3] === table);
      if (isRule) return [`rule del ${words.join(" ")}`];
      if (link === undefined) return [];
      if (isNeighbour) return [`neighbour del ${first} dev ${link}`];
      if (!isWanted) return [];
      const table = words[words.indexOf("table") + 1];
      const place = words.includes("table") && table !== "main" ? ` table ${table}` : "";
      return kind === "address"
        ? [`address del ${first} dev ${link}`]
        : [`route del ${destination} dev ${link}${place}`];
    });
}
