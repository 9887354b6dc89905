import type { Link } from "../model.ts";
import type { Snapshot } from "../observe/snapshot.ts";
import type { Elsewhere } from "../observe/uppersElsewhere.ts";
import { alias } from "./lines.ts";
import type { Made } from "./made.ts";

/** What is known of who needs links. */
export interface Needs {
  readonly now: Snapshot;
  /** Who has noted that a link is used, in words. */
  readonly usersOf: (link: Link) => readonly string[];
  readonly madeOf: (link: Link) => Made | undefined;
}

/** Links that ifacer may have made: nothing else is ever removed. */
export function isOurs({ alias: given, kind }: Link): boolean {
  return given === alias && (kind === "bond" || kind === "vlan");
}

/**
 * Why links have to stay, as far as it can be told from here, in words; none: nobody here needs it. Pure.
 *
 * What stands on a link and would go itself keeps it from nothing, so that a bond can go together with its VLANs.
 */
export function findReasons(candidates: readonly Link[], needs: Needs, elsewhere?: Elsewhere): Map<Link, string[]> {
  // In the first turn all might go; what stays keeps what it stands on.
  for (let going = new Set(candidates); ; ) {
    const found = new Map(candidates.map((link) => [link, findReasonsOf(link, needs, going, elsewhere)]));
    const rest = candidates.filter((link) => found.get(link)?.length === 0);
    if (rest.length === going.size) return found;
    going = new Set(rest);
  }
}

function findReasonsOf(
  link: Link,
  { now, usersOf, madeOf }: Needs,
  going: ReadonlySet<Link>,
  elsewhere: Elsewhere | undefined,
): string[] {
  const users = usersOf(link);
  const uppers = now.links.filter(({ kind, parent }) => parent === link.name && kind !== "veth");
  const entries = now.entries.filter(({ madeBy, words }) => madeBy === "somebody" && words.includes(link.index));
  const made = madeOf(link);
  const slaves = now.links.filter(({ master }) => link.kind === "bond" && master === link.name);
  const foreign = made ? slaves.filter((slave) => made.slaves.every(({ index }) => index !== slave.index)) : [];
  return [
    ...(isOurs(link) ? [] : [`it does not have the alias ${alias} any more`]),
    ...shorten(users).map((user) => `it is used by ${user}`),
    ...uppers.filter((upper) => !going.has(upper)).map(({ name }) => `${name} stands on it`),
    ...(link.master === undefined ? [] : [`it belongs to ${link.master}`]),
    ...entries.map(({ kind, words }) => `it has the ${kind} ${words.filter((word) => word !== link.index).join(" ")}`),
    ...foreign.map(({ name }) => `somebody else added ${name} to it`),
    ...slaves.flatMap((slave) => findReasonsOfSlave(slave, now, elsewhere)),
    ...(now.strangers.has(link.index) ? ["something that can't be seen from here receives through it"] : []),
    ...(elsewhere?.standing.get(link.index) ?? []).map((upper) => `${upper} stands on it`),
    ...(elsewhere?.unseen ?? []).map((path) => `the network namespace ${path} can't be looked into`),
  ];
}

/** A NIC goes down when it leaves its bond (bond_release), and with it what somebody put on the NIC itself, such as a VLAN. */
function findReasonsOfSlave({ name, index }: Link, now: Snapshot, elsewhere: Elsewhere | undefined): string[] {
  const uppers = now.links.filter(({ kind, parent }) => parent === name && kind !== "veth");
  const standing = [...uppers.map((upper) => upper.name), ...(elsewhere?.standing.get(index) ?? [])];
  // Who receives through it unseen can't be told: the bond itself does.
  return standing.map((upper) => `${upper} stands on its NIC ${name}`);
}

/** Of many users the first will do. */
function shorten(users: readonly string[]): readonly string[] {
  const [first, ...others] = users;
  if (first === undefined) return [];
  return [others.length === 0 ? first : `${first}, and ${others.length} more`];
}
