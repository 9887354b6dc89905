import { currentBondValue } from "../config/bondOptions.ts";
import { bondOptions } from "../config/bondTable.ts";
import { currentVlanValue } from "../config/vlanOptions.ts";
import {
  type Change,
  type Conflict,
  type Current,
  type Desired,
  type DesiredVlan,
  findLink,
  type Link,
  type Plan,
} from "../model.ts";
import { isUnused } from "./bond.ts";
import { findCompletionConflicts } from "./complete.ts";
import { describeLink, inTheWay } from "./conflict.ts";
import { findSlaveMTUConflicts } from "./mtu.ts";
import { plan } from "./plan.ts";
import { quoteCommand } from "./shell.ts";

/** How links that are there become the wanted ones. */
export interface Replacement extends Plan {
  /** What is taken apart before the changes; without any link the plan is the one that ADD carries out. */
  readonly apart: Apart;
}

/** What is taken apart. */
export interface Apart {
  /** Set down and emptied. It stays, with all that stands on it. */
  readonly bond: Link | undefined;
  /** The slaves that it lets go. */
  readonly slaves: readonly Link[];
  /** Removed, and made anew with their index. */
  readonly vlans: readonly Link[];
}

/** The links of ours that are taken apart. */
export function listApart({ bond, vlans }: Apart): readonly Link[] {
  return [...(bond ? [bond] : []), ...vlans];
}

/**
 * Plans what ADD refuses: a bond gets what the driver takes only from one without slaves, and a VLAN what only a new link has.
 *
 * The bond stays the link that it is: it is set down and emptied, and then it is the empty bond that any plan makes the wanted one.
 * So all that stands on it stays, and it keeps its index and its MAC. A VLAN is removed and made anew with its index.
 *
 * Pure. What is replaced has ifacer's alias; else it is a conflict.
 *
 * @param alias what the links of ifacer's have
 */
export function planReplacement(desired: Desired, current: Current, alias: string): Replacement {
  const bond = findBond(desired, current);
  const vlans = desired.vlans.flatMap((vlan) => findVlan(vlan, current) ?? []);
  const slaves = bond ? current.links.filter(({ master }) => master === bond.name) : [];
  const apart = { bond, slaves, vlans };
  const remade = listApart(apart);
  if (remade.length === 0) return { ...plan(desired, current), apart };
  const { changes, conflicts, drift } = plan(desired, takeApart(current, apart));
  // Those that somebody else added belong to it as before.
  const others = slaves.filter(
    ({ name }) => !changes.some((change) => change.type === "enslave" && change.nic === name),
  );
  const again = others.map(({ name }): Change => ({ type: "enslave", nic: name, bond: bond?.name ?? "" }));
  return {
    changes: changes.flatMap((change) => {
      const isRaised = change.type === "raise" && change.name === bond?.name;
      return [...(isRaised ? again : []), keep(change, remade, desired)];
    }),
    conflicts: [
      ...remade.flatMap((link) => findObstacles(link, { vlans, alias })),
      ...(bond ? findJoiningConflicts(bond, desired, current) : []),
      ...conflicts,
    ],
    drift,
    apart,
  };
}

/** What a bond in use is not completed with does not get into it by way of another mode either. */
function findJoiningConflicts(bond: Link, desired: Desired, current: Current): Conflict[] {
  const nics = (desired.bond?.slaves ?? []).flatMap((name) => findLink(current, name) ?? []);
  const joining = nics.filter(({ master }) => master !== bond.name);
  const mode = desired.bond?.mode ?? bond.driverData["mode"];
  const wanted = { ...bond, mtu: desired.mtu ?? bond.mtu, driverData: { ...bond.driverData, mode } };
  return [
    ...findCompletionConflicts(wanted, { nics, changed: joining, desired, current }),
    ...findSlaveMTUConflicts(wanted, joining),
  ];
}

/** Links of the node that would go with VLANs that are made anew: whatever has one of them below. */
export function findLost(vlans: readonly Link[], links: readonly Link[]): Conflict[] {
  return vlans.flatMap((vlan) =>
    listAbove([vlan], links).map((upper) =>
      inTheWay(
        vlan.name,
        `${vlan.name} would be made anew, and ${upper.name} on top of it would be lost: remove that first`,
      ),
    ),
  );
}

/** All links on top of others, one on the other. The ends of a pair stand on nothing. */
export function listAbove(below: readonly Link[], links: readonly Link[]): readonly Link[] {
  const names = new Set(below.map(({ name }) => name));
  for (let size = 0; size < names.size; ) {
    size = names.size;
    for (const { name, parent, kind } of links) if (names.has(parent ?? "") && kind !== "veth") names.add(name);
  }
  return links.filter(({ name }) => names.has(name) && below.every((link) => link.name !== name));
}

/** The bond, where it is in use and lacks what the driver takes only from an empty one or one that is down. */
function findBond({ bond }: Desired, current: Current): Link | undefined {
  const existing = bond && findLink(current, bond.name);
  if (existing?.kind !== "bond" || isUnused(existing, current)) return undefined;
  const otherMode = bond?.mode !== undefined && existing.driverData["mode"] !== bond.mode;
  const isOff = bond?.settings.some(({ name, value }) => {
    const row = bondOptions.find((option) => option.name === name);
    return row?.changeable !== "live" && currentBondValue(existing.driverData, name) !== value;
  });
  return otherMode || isOff ? existing : undefined;
}

/** The link of a VLAN's name, where it is a VLAN and another one. */
function findVlan(vlan: DesiredVlan, current: Current): Link | undefined {
  const existing = findLink(current, vlan.name) ?? (vlan.shortName ? findLink(current, vlan.shortName) : undefined);
  if (existing?.vlan === undefined) return undefined;
  const parent = findLink(current, vlan.parent)?.name ?? vlan.parent;
  const same =
    existing.parent === parent &&
    existing.vlan.id === vlan.id &&
    existing.vlan.protocol === vlan.protocol &&
    vlan.settings.every(({ name, value }) => currentVlanValue(existing.driverData, name) === value);
  return same ? undefined : existing;
}

/** The node as it is once the bond is empty and down, and the VLANs are gone. */
function takeApart(current: Current, { bond, slaves, vlans }: Apart): Current {
  const gone = new Set(vlans.map(({ name }) => name));
  const freed = new Set(slaves.map(({ name }) => name));
  const links = current.links.filter(({ name }) => !gone.has(name));
  return {
    ...current,
    links: links.map((link) => {
      if (link.name === bond?.name) return { ...link, up: false };
      return freed.has(link.name) ? { ...link, master: undefined, masterKind: undefined } : link;
    }),
    vlans: current.vlans.filter(({ name }) => !gone.has(name)),
    uses: new Map(
      [...current.uses]
        .filter(([name]) => !gone.has(name))
        // What a slave seems to share is what the bond listens to.
        .map(([name, use]) => [name, freed.has(name) ? { ...use, sharedElsewhere: false } : use]),
    ),
  };
}

/** A link that is made anew or configured anew keeps what makes it the same one to others: a VLAN its index, a bond its MAC and MTU. */
export function keep(change: Change, remade: readonly Link[], { mtu }: Pick<Desired, "mtu">): Change {
  const link = "name" in change ? remade.find(({ name }) => name === change.name) : undefined;
  if (link === undefined) return change;
  if (change.type === "configureBond") {
    const isNamed = change.settings.some(({ name }) => name === failOverMac);
    const taken = followsSlave(link) && !isNamed ? [{ name: failOverMac, value: "active" }] : [];
    return { ...change, mac: link.mac, mtu: mtu ?? link.mtu, settings: [...change.settings, ...taken] };
  }
  return change.type === "addVlan" ? { ...change, index: link.index } : change;
}

const failOverMac = "fail_over_mac";

/** Whether a bond takes no MAC, as it has that of its active slave. */
export function followsSlave({ driverData }: Link): boolean {
  return currentBondValue(driverData, failOverMac) === "active";
}

/** Why a link may not be replaced, whatever stands in Pods. */
function findObstacles(link: Link, { vlans, alias }: { vlans: readonly Link[]; alias: string }): Conflict[] {
  const { name } = link;
  if (link.alias !== alias) {
    const message = `${name} is ${describeLink(link)} that ifacer has not made, so that it is not replaced: use another name in the config, or, if it may be replaced, give it the alias with ${quoteCommand(`link set dev ${name} alias ${alias}`)}`;
    return [inTheWay(name, message)];
  }
  // A bond stays.
  if (!vlans.includes(link) || link.master === undefined) return [];
  return [inTheWay(name, `${name} would be made anew, and belongs to ${link.master}: take it out first`)];
}
