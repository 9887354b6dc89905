import type { BondMode, Desired, Link } from "../model.ts";
import { listOwnNames, type Snapshot } from "../observe/snapshot.ts";
import { alias } from "./lines.ts";

/** Two looks at one place, and what lies between them was done by an ADD. */
export interface Span {
  readonly before: Snapshot;
  readonly now: Snapshot;
}

/** The links by the names that the config makes them with, that are there now and were not before. */
export function findAppeared(desired: Desired, { before, now }: { before: Links; now: Links }): readonly Link[] {
  const own = listOwnNames(desired);
  return now.links.filter((link) => own.includes(link.name) && findByIndex(before, link) === undefined);
}

interface Links {
  readonly links: readonly Link[];
}

/** Of these, what ifacer made: the first thing that such a link gets is the alias, and it is down until then. */
export function findMade(desired: Desired, span: Span): readonly Link[] {
  return findAppeared(desired, span).filter(
    (link) =>
      link.kind === (link.name === desired.bond?.name ? "bond" : "vlan") &&
      (link.alias === (desired.alias ?? alias) || (link.alias === undefined && !link.up)),
  );
}

export function findByIndex({ links }: Links, { index }: Link): Link | undefined {
  return links.find((link) => link.index === index);
}

/**
 * The indexes of the links that ifacer made, filled or raised and that somebody stands on by now: taking these back would
 * cut others off (another ADD finds a link in place and answers, and its Pod's link goes on top). What such a link stands
 * on belongs to it.
 */
export function findTaken(desired: Desired, { before, now }: Span): ReadonlySet<number> {
  // What belongs to a Pod is its own: nobody else stands on it, and the runtime makes one call at a time.
  if (desired.place === "pod") return new Set();
  const made = findMade(desired, { before, now });
  const raised = now.links.filter((link) => link.up && findByIndex(before, link)?.up === false);
  const taken = new Set<number>();
  // From the top: a VLAN that is taken takes the bond with it, and that its slaves.
  for (const link of [...made.filter(isVlan), ...made.filter((link) => !isVlan(link)), ...raised.filter(isBond)]) {
    if (isStoodOn(link, { before, now, made, taken })) taken.add(link.index);
  }
  // What a VLAN that is taken stands on belongs to it, whoever made that.
  for (const vlan of made.filter((link) => taken.has(link.index))) {
    const parent = now.links.find(({ name }) => name === vlan.parent);
    if (parent !== undefined) taken.add(parent.index);
  }
  // A bond that was up before is somebody's: its last slave stays.
  for (const bond of now.links.filter((link) => isBond(link) && findByIndex(before, link)?.up)) {
    const slaves = now.links.filter(({ master }) => master === bond.name);
    if (slaves.length > 0 && slaves.every((slave) => findByIndex(before, slave)?.master === undefined)) {
      taken.add(bond.index);
    }
  }
  for (const link of now.links) {
    const master = now.links.find(({ name }) => name === link.master);
    if (master !== undefined && taken.has(master.index)) taken.add(link.index);
  }
  for (const link of raised) {
    if (!isBond(link) && link.master === undefined && isStoodOn(link, { before, now, made, taken })) {
      taken.add(link.index);
    }
  }
  return taken;
}

interface Standing extends Span {
  readonly made: readonly Link[];
  readonly taken: ReadonlySet<number>;
}

function isStoodOn(link: Link, { before, now, made, taken }: Standing): boolean {
  // The `link` of a veth is its other end.
  const uppers = now.links.filter((upper) => upper.parent === link.name && upper.kind !== "veth");
  const isOurs = made.includes(link);
  // On what was down before nothing that is up can have stood.
  const foreign = uppers.filter((upper) => !made.includes(upper) && (isOurs || upper.up));
  const here = 1 + countLowers(link, now) + uppers.filter(({ up }) => up).length;
  const earlier = findByIndex(before, link);
  return (
    foreign.length > 0 ||
    uppers.some(({ index }) => taken.has(index)) ||
    link.master !== earlier?.master ||
    (now.listeners.get(link.index) ?? 0) > here ||
    now.entries.some(
      ({ kind, key, words, madeBy }) =>
        // A router gives any new link an address; that of a NIC is what the node is reached by.
        (madeBy === "somebody" || (madeBy === "network" && !isOurs)) &&
        words.includes(link.index) &&
        !before.entries.some((entry) => entry.kind === kind && entry.key === key),
    )
  );
}

/** How many links a link hands on to what it listens to: the kernel counts each as a listener of the link itself. */
function countLowers(link: Link, { links }: Snapshot): number {
  if (isVlan(link)) return 1;
  if (!isBond(link)) return 0;
  const slaves = links.filter(({ master }) => master === link.name);
  const { mode, active_slave } = link.driverData;
  if (!withActiveSlave.includes(mode)) return slaves.length;
  return slaves.some(({ name }) => name === active_slave) ? 1 : 0;
}

/** In these modes one slave receives, in the others all do (bond_uses_primary). */
const withActiveSlave: readonly unknown[] = ["active-backup", "balance-tlb", "balance-alb"] satisfies BondMode[];

function isVlan({ kind }: Link): boolean {
  return kind === "vlan";
}

function isBond({ kind }: Link): boolean {
  return kind === "bond";
}
