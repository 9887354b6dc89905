import { currentVlanValue } from "../config/vlanOptions.ts";
import {
  type Change,
  type Conflict,
  type Current,
  type Desired,
  type DesiredVlan,
  type Drift,
  findLink,
  type Link,
  type Plan,
} from "../model.ts";
import { isUnused } from "./bond.ts";
import { describeLink, inTheWay } from "./conflict.ts";
import { findParentDown } from "./enslave.ts";
import { findMTUConflicts } from "./mtu.ts";
import { quoteCommand } from "./shell.ts";

/** Plans one VLAN: the link below it up, the link itself, its long name, its up flag. */
export function planVlan(vlan: DesiredVlan, desired: Desired, current: Current): Plan {
  const parent = findLink(current, vlan.parent);
  const existing = findLink(current, vlan.name) ?? (vlan.shortName ? findLink(current, vlan.shortName) : undefined);
  const conflicts = [
    ...(parent ? findParentConflicts(vlan, parent) : []),
    ...(parent && !parent.up && parent.name !== desired.bond?.name
      ? findParentDown(parent).map((reason) => inTheWay(parent.name, reason))
      : []),
    ...(existing
      ? findExistingConflicts(vlan, existing, parent)
      : [
          ...findDuplicateConflicts(vlan, desired, current),
          ...(parent && !isToBeConfigured(parent, desired, current) ? findMTUConflicts(desired, [parent]) : []),
        ]),
  ];
  if (conflicts.length > 0) return { changes: [], conflicts, drift: [] };
  return {
    changes: [...raiseParent(vlan, parent, desired), ...planLink(vlan, existing, parent, desired)],
    conflicts: [],
    drift: existing ? findVlanDrift(vlan, existing, parent, desired) : [],
  };
}

function raiseParent(vlan: DesiredVlan, parent: Link | undefined, desired: Desired): Change[] {
  // The desired bond is raised by its own plan.
  if (parent === undefined || parent.up || vlan.parent === desired.bond?.name) return [];
  return [{ type: "raise", name: parent.name }];
}

function planLink(vlan: DesiredVlan, existing: Link | undefined, parent: Link | undefined, desired: Desired): Change[] {
  const name = existing?.name ?? vlan.shortName ?? vlan.name;
  const changes: Change[] = [];
  if (existing === undefined) {
    const { id, protocol, settings } = vlan;
    changes.push({
      type: "addVlan",
      name,
      parent: parent?.name ?? vlan.parent,
      id,
      protocol,
      mtu: desired.mtu,
      settings,
    });
  }
  if (vlan.shortName && !existing?.altNames.includes(vlan.name)) {
    changes.push({ type: "addAltName", name, altName: vlan.name });
  }
  if (!existing?.up) changes.push({ type: "raise", name });
  return changes;
}

function findParentConflicts(vlan: DesiredVlan, parent: Link): Conflict[] {
  const { name, kind, master, masterKind } = parent;
  if (kind === "ipvlan") {
    const advice = "a VLAN works on a macvlan, a veth or an SR-IOV interface";
    return [inTheWay(name, `${name} is an ipvlan, on which the kernel makes no VLANs: ${advice}`)];
  }
  // A VRF only routes; a bond or a bridge takes the frames before the VLAN sees them.
  if (master === undefined || masterKind === "vrf") return [];
  return [
    inTheWay(
      name,
      `${name} belongs to the ${masterKind ?? "link"} ${master}, a VLAN on it would get no frames: list ${master} in interfaces instead, which puts VLAN ${vlan.id} on that`,
    ),
  ];
}

function findExistingConflicts(vlan: DesiredVlan, existing: Link, parent: Link | undefined): Conflict[] {
  const wanted = `a VLAN with id ${vlan.id} and protocol ${vlan.protocol} on ${parent?.name ?? vlan.parent}`;
  const right =
    parent !== undefined &&
    existing.parent === parent.name &&
    existing.vlan?.id === vlan.id &&
    existing.vlan.protocol === vlan.protocol;
  if (right) return [];
  const name = describeName(vlan, existing);
  const advice = `set vlan.name to another name, or remove it with ${quoteCommand(`link delete dev ${existing.name}`)} when nothing uses it`;
  return [inTheWay(existing.name, `${name} is ${describeLink(existing)}, wanted is ${wanted}: ${advice}`)];
}

/** By what name a link is in the way, and how that is the wanted VLAN's. */
function describeName({ name, shortName }: DesiredVlan, existing: Link): string {
  if (existing.name === name) return name;
  if (existing.altNames.includes(name)) return `${existing.name}, which has the altname ${name},`;
  return `${shortName}, the short name for ${name},`;
}

/** Links that the config itself names do not count as duplicates. */
function findDuplicateConflicts(vlan: DesiredVlan, desired: Desired, current: Current): Conflict[] {
  const own = new Set(desired.vlans.flatMap(({ name, shortName }) => [name, shortName]));
  const parent = findLink(current, vlan.parent)?.name;
  return current.vlans.flatMap((entry) => {
    const link = findLink(current, entry.name);
    if (entry.id !== vlan.id || own.has(entry.name) || link?.altNames.some((name) => own.has(name))) return [];
    if (entry.parent === parent && (link?.vlan?.protocol ?? vlan.protocol) === vlan.protocol) {
      const message = `${parent} has VLAN ${vlan.id} already, as ${entry.name}: set vlan.name to ${entry.name}, or remove that link when nothing uses it`;
      return [inTheWay(entry.name, message)];
    }
    if (desired.allowDuplicateVlanID) return [];
    const message = `VLAN ${vlan.id} is there already, as ${entry.name} on ${entry.parent}: use another vlanID, or set duplicateVlanID to allow`;
    return [inTheWay(entry.name, message)];
  });
}

/** Whether the parent gets its MTU in this plan. */
function isToBeConfigured(parent: Link, { bond }: Desired, current: Current): boolean {
  return bond !== undefined && findLink(current, bond.name) === parent && isUnused(parent, current);
}

function findVlanDrift(vlan: DesiredVlan, existing: Link, parent: Link | undefined, desired: Desired): Drift[] {
  const link = existing.name;
  const mtu = desired.mtu ?? parent?.mtu ?? existing.mtu;
  const options = vlan.settings.flatMap(({ name, value }) => {
    const seen = currentVlanValue(existing.driverData, name);
    return seen === value ? [] : [{ link, what: name, current: seen ?? "not set", desired: value }];
  });
  return [
    ...options,
    ...(existing.mtu === mtu ? [] : [{ link, what: "mtu", current: String(existing.mtu), desired: String(mtu) }]),
  ];
}
