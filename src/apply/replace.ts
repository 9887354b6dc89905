import type { IpSite } from "../host/ip.ts";
import type { Conflict, Current, Desired, Link, Plan } from "../model.ts";
import { type Snapshot, snapshotNow } from "../observe/snapshot.ts";
import { lookElsewhere } from "../observe/uppersElsewhere.ts";
import { inTheWay } from "../plan/conflict.ts";
import { type Apart, findLost, followsSlave, listAbove, listApart, planReplacement } from "../plan/replace.ts";
import { alias, writeEmptying } from "./lines.ts";
import type { Preparation } from "./locked.ts";

/** What replacing would do, and who would notice. */
export interface ReplacementWork extends Preparation, Plan {
  /** What would be interrupted, for how long, and who stands on it, a sentence each; empty where nothing is replaced. */
  readonly interrupted: readonly string[];
}

/**
 * Prepares a replacement: what is to be done, who stands on it, and all that the node has to get back.
 *
 * What stands on the links in Pods is a conflict unless `withPods` is set: a Pod's link on a VLAN that is made anew is lost, one on a bond
 * or on another VLAN of it is interrupted.
 *
 * @param seen what a look of the depth `use` showed
 *
 * Throws code 102 or 103 where `ip` can't look.
 */
export async function prepareReplacement(
  desired: Desired,
  seen: Current,
  { withPods, site }: { withPods: boolean; site: IpSite },
): Promise<ReplacementWork> {
  const { changes, conflicts, drift, apart } = planReplacement(desired, seen, alias);
  const remade = listApart(apart);
  if (remade.length === 0) return { changes, conflicts, drift, lead: [], before: undefined, interrupted: [] };
  const nobody = { isConcerned: () => false, site };
  const all = await snapshotNow({ links: [], entries: [], strangers: new Map() }, nobody);
  const stack = [...pick(remade, all.links), ...listAbove([...remade, ...apart.slaves], all.links)];
  const pods = await findStanding(stack, { strangers: all.strangers, apart });
  const concerned = { links: findConcerned(desired, all.links, stack), entries: [], strangers: new Map() };
  const { entries } = await snapshotNow(concerned, nobody);
  return {
    changes,
    conflicts: [...conflicts, ...findLost(apart.vlans, all.links), ...(withPods ? [] : pods.map(refuse))],
    drift,
    lead: writeLead(apart),
    before: { ...concerned, entries, remade: remade.map(({ index }) => index) },
    interrupted: describe(desired, { stack, apart, pods }),
  };
}

/** VLANs go first, while the bond below them has its MAC. */
export function writeLead({ bond, slaves, vlans }: Apart): string[] {
  return [
    ...vlans.map(({ name }) => `link delete dev ${name}`),
    ...(bond
      ? writeEmptying(
          bond.name,
          slaves.map(({ name }) => name),
        )
      : []),
    // It takes its MAC only so, and gets the option back with the mode.
    ...(bond && followsSlave(bond) ? [`link set dev ${bond.name} type bond fail_over_mac none`] : []),
  ];
}

/** Links as a further look showed them. */
function pick(links: readonly Link[], all: readonly Link[]): readonly Link[] {
  return all.filter(({ index }) => links.some((link) => link.index === index));
}

/** Of all links of the node the config's, the slaves of its bond, and the stack. */
function findConcerned(
  { interfaces, bond, vlans }: Desired,
  all: readonly Link[],
  stack: readonly Link[],
): readonly Link[] {
  const names = new Set([
    ...interfaces,
    ...(bond ? [bond.name] : []),
    ...vlans.flatMap(({ name, shortName }) => [name, shortName ?? name]),
    ...stack.map(({ name }) => name),
  ]);
  return all.filter(
    ({ name, altNames, master }) =>
      names.has(name) || altNames.some((altName) => names.has(altName)) || (bond && master === bond.name),
  );
}

interface Standing {
  /** The link of the node below. */
  readonly on: Link;
  /** Who stands there, a sentence without its end. */
  readonly who: string;
  /** It goes with the link below, and is not merely interrupted. */
  readonly isLost: boolean;
}

/** Who stands on a stack in Pods: those that are seen, and those of whom only the kernel's count of listeners tells. */
async function findStanding(
  stack: readonly Link[],
  { strangers, apart }: { strangers: Snapshot["strangers"]; apart: Apart },
): Promise<Standing[]> {
  // The NICs of a bond go down with it. What they listen to for the bond is no sign of anybody else.
  const links = [...stack, ...apart.slaves];
  const { standing, unseen } = await lookElsewhere(new Set(links.map(({ index }) => index)));
  const goes = ({ index }: Link) => apart.vlans.some((link) => link.index === index);
  return links.flatMap((on): Standing[] => {
    const seen = standing.get(on.index) ?? [];
    const hidden = seen.length === 0 && stack.includes(on) && strangers.has(on.index);
    return [
      ...seen.map((who) => `${who} stands on it`),
      ...(hidden ? ["something that can't be seen from here stands on it"] : []),
      ...unseen.map((path) => `the network namespace ${path} can't be looked into`),
    ].map((who) => ({ on, who, isLost: goes(on) }));
  });
}

function refuse({ on, who, isLost }: Standing): Conflict {
  const fate = isLost ? "removed, with all that stands on it" : "interrupted";
  return inTheWay(on.name, `${on.name} would be ${fate}, and ${who}: move its Pod away first, or say --with-pods`);
}

/** What an operator has to expect. */
function describe(
  desired: Desired,
  { stack, apart, pods }: { stack: readonly Link[]; apart: Apart; pods: readonly Standing[] },
): string[] {
  const { bond, vlans } = apart;
  const remade = new Set(listApart(apart).map(({ index }) => index));
  // The two come from different looks.
  const above = stack.filter(({ index }) => !remade.has(index)).map(({ name }) => name);
  const lacp = desired.bond?.mode === "802.3ad" ? ", and until the switch has negotiated LACP with it" : "";
  return [
    ...(bond
      ? [
          `${bond.name} is set down, emptied and filled again: nothing goes through it until its NICs have their link again, 1 to 5 s for most${lacp}`,
          ...(above.length > 0 ? [`${above.join(", ")} on it: kept, interrupted as long`] : []),
        ]
      : []),
    ...(bond && desired.mtu !== undefined && desired.mtu < bond.mtu
      ? [`the MTU of ${bond.name} and of all on it, also in Pods, is lowered from ${bond.mtu} to ${desired.mtu}`]
      : []),
    ...vlans.map(
      ({ name }) => `${name} is removed and made anew: milliseconds${bond ? ", then as long as the bond" : ""}`,
    ),
    "addresses, routes and neighbours of the node on these links are put back; of a VLAN that is made anew a MAC, an MTU, altnames and options that the config does not name, sysctls and queueing disciplines are not",
    ...(bond && pods.some(({ isLost }) => !isLost)
      ? [
          "VLANs that are in Pods go down and up with the bond, by which they lose their IPv6 addresses and their routes: make these Pods anew",
        ]
      : []),
    ...pods.map(
      ({ who, on, isLost }) =>
        `${on.name}: ${who}, ${isLost ? "and is lost: its Pod has to be made anew" : "and is interrupted"}`,
    ),
  ];
}
