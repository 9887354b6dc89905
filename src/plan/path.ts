import type { Change, Conflict, Current, Desired, DesiredEnd, Drift, Link, Plan } from "../model.ts";
import { describeLink, inTheWay } from "./conflict.ts";

const nothing: Plan = { changes: [], conflicts: [], drift: [] };

/** Plans a Pod's end or the node's end of a pair, the MAC of the Pod's interface, and neighbours: what the routes need. */
export function planEnd({ place, path }: Desired, current: Current): Plan {
  if (path === undefined) return nothing;
  const parts = [
    ...(path.end ? [planOneEnd(path.end, { place, current })] : []),
    ...(path.mac ? [planMAC(path.mac, current)] : []),
  ];
  const neighbours = path.neighbours
    .filter(({ link, address, mac }) => !hasNeighbour(current, { link, address, mac }))
    .map((neighbour): Change => ({ type: "addNeighbour", neighbour }));
  return {
    changes: [...parts.flatMap(({ changes }) => changes), ...neighbours],
    conflicts: parts.flatMap(({ conflicts }) => conflicts),
    drift: parts.flatMap(({ drift }) => drift),
  };
}

/** Plans to take away the routes that have moved to a table of their own, to which rules lead by then. */
export function planLeaving({ path }: Desired, current: Current): Plan {
  if (path === undefined) return nothing;
  const leaving = path.leaving
    .filter(({ link, words }) =>
      current.uses.get(link)?.routes.some((route) => route.words.join(" ") === words.join(" ")),
    )
    .map((route): Change => ({ type: "removeRoute", ...route }));
  return { ...nothing, changes: leaving };
}

function planOneEnd(end: DesiredEnd, { place, current }: Pick<Desired, "place"> & { current: Current }): Plan {
  const { name, alias, peer } = end;
  const link = current.links.find((candidate) => candidate.name === name);
  const raise: Change = { type: "raise", name };
  // In a Pod: the node's plan makes it.
  if (link === undefined) {
    return {
      ...nothing,
      changes: [peer ? { ...end, type: "addPair", peer } : { type: "setAlias", name, alias }, raise],
    };
  }
  if (!isEnd(link, end)) return { ...nothing, conflicts: [refuseOther(link, place)] };
  return {
    changes: [
      ...(link.alias === alias ? [] : [{ type: "setAlias", name, alias } as const]),
      ...(link.up ? [] : [raise]),
    ],
    conflicts: [],
    drift: findDrift(link, end),
  };
}

/** Whether a link is this end, and not another of its name. */
export function isEnd({ kind, mac }: Link, end: Pick<DesiredEnd, "mac">): boolean {
  return kind === "veth" && mac === end.mac;
}

function findDrift({ name, mtu }: Link, end: DesiredEnd): Drift[] {
  return mtu === end.mtu ? [] : [{ link: name, what: "mtu", current: String(mtu), desired: String(end.mtu) }];
}

function refuseOther(link: Link, place: Desired["place"]): Conflict {
  const { name } = link;
  const message =
    place === "pod"
      ? `the Pod has a ${name} already that is not of this node path but ${describeLink(link)}, Spiderpool's coordinator makes one: use nodePath or the other, not both`
      : `${name} is there already and is not this Pod's end but ${describeLink(link)} with the MAC ${link.mac}: remove it with 'ip link delete dev ${name}' if nobody uses it`;
  return inTheWay(name, message);
}

function planMAC({ link: name, mac }: { link: string; mac: string }, current: Current): Plan {
  const link = current.links.find((candidate) => candidate.name === name);
  if (link?.mac === mac) return nothing;
  if (link?.kind !== "ipvlan" && link?.kind !== "ipvtap") {
    return { ...nothing, changes: [{ type: "setMAC", name, mac }] };
  }
  const message = `macPrefix gives ${name} a MAC of its own, but it is an ${link.kind}, which shares that of its parent: leave macPrefix out`;
  return { ...nothing, conflicts: [inTheWay(name, message)] };
}

function hasNeighbour({ neighbours = [] }: Current, wanted: { link: string; address: string; mac: string }): boolean {
  return neighbours.some(
    ({ link, address, mac }) => link === wanted.link && address === wanted.address && mac === wanted.mac,
  );
}
