import type { Desired, Link } from "../model.ts";
import { listOwnNames, type Snapshot } from "../observe/snapshot.ts";
import { isEnd } from "../plan/path.ts";
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
export function findMade(desired: Desired, span: { before: Links; now: Links }): readonly Link[] {
  return findAppeared(desired, span).filter(
    (link) =>
      isOwnEnd(desired, link) ||
      (link.kind === (link.name === desired.bond?.name ? "bond" : "vlan") &&
        (link.alias === (desired.alias ?? alias) || (link.alias === undefined && !link.up))),
  );
}

/** Whether a link is the end of a pair that the plan of a node path wants: its MAC tells, before it has any alias. */
export function isOwnEnd({ path }: Desired, link: Link): boolean {
  return path?.end !== undefined && link.name === path.end.name && isEnd(link, path.end);
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
  if (desired.place === "pod" || desired.path) return new Set();
  const made = findMade(desired, { before, now });
  const raised = now.links.filter((link) => link.up && findByIndex(before, link)?.up === false);
  const taken = new Set<number>();
  const news = listNews({ before, now });
  const byName = new Map(now.links.map((link) => [link.name, link]));
  // From the top: a VLAN that is taken takes the bond with it, and that its slaves.
  for (const link of [...made.filter(isVlan), ...made.filter((link) => !isVlan(link)), ...raised.filter(isBond)]) {
    if (isStoodOn(link, { before, now, made, taken, news })) taken.add(link.index);
  }
  // What a VLAN that is taken stands on belongs to it, whoever made that.
  for (const vlan of made.filter((link) => taken.has(link.index))) {
    const parent = byName.get(vlan.parent ?? "");
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
    const master = byName.get(link.master ?? "");
    if (master !== undefined && taken.has(master.index)) taken.add(link.index);
  }
  for (const link of raised) {
    if (!isBond(link) && link.master === undefined && isStoodOn(link, { before, now, made, taken, news })) {
      taken.add(link.index);
    }
  }
  return taken;
}

/** What has to do with a link now and was not there before, by the link's index. */
interface News {
  /** The links that somebody gave an address, a route or the like. */
  readonly bySomebody: ReadonlySet<number>;
  /** Those that the network did. */
  readonly byNetwork: ReadonlySet<number>;
}

/** In one pass, as a node may have 100,000 routes. */
function listNews({ before, now }: Span): News {
  const earlier = new Set(before.entries.map(({ kind, key }) => `${kind} ${key}`));
  const news = { kernel: new Set<number>(), network: new Set<number>(), somebody: new Set<number>() };
  for (const { kind, key, words, madeBy } of now.entries) {
    if (earlier.has(`${kind} ${key}`)) continue;
    for (const word of words) if (typeof word === "number") news[madeBy].add(word);
  }
  return { bySomebody: news.somebody, byNetwork: news.network };
}

interface Standing extends Span {
  readonly made: readonly Link[];
  readonly taken: ReadonlySet<number>;
  readonly news: News;
}

function isStoodOn(link: Link, { before, now, made, taken, news }: Standing): boolean {
  // The `link` of a veth is its other end.
  const uppers = now.links.filter((upper) => upper.parent === link.name && upper.kind !== "veth");
  const isOurs = made.includes(link);
  // On what was down before nothing that is up can have stood.
  const foreign = uppers.filter((upper) => !made.includes(upper) && (isOurs || upper.up));
  const earlier = findByIndex(before, link);
  return (
    foreign.length > 0 ||
    uppers.some(({ index }) => taken.has(index)) ||
    link.master !== earlier?.master ||
    now.strangers.has(link.index) ||
    news.bySomebody.has(link.index) ||
    // A router gives any new link an address; that of a NIC is what the node is reached by.
    (!isOurs && news.byNetwork.has(link.index))
  );
}

function isVlan({ kind }: Link): boolean {
  return kind === "vlan";
}

function isBond({ kind }: Link): boolean {
  return kind === "bond";
}
