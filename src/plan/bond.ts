import { currentBondValue, isSetAfterEnslaving, namesSlave } from "../config/bondOptions.ts";
import {
  type BondMode,
  type Change,
  type Conflict,
  type Current,
  type Desired,
  type DesiredBond,
  type Drift,
  findLink,
  isBondMode,
  type Link,
  type Plan,
} from "../model.ts";
import { findCompletionConflicts } from "./complete.ts";
import { describeLink, inTheWay } from "./conflict.ts";
import { findEnslaveConflicts, findParentDown } from "./enslave.ts";
import { findMTUConflicts, findSlaveMTUConflicts } from "./mtu.ts";

/**
 * Plans a bond: the link, its slaves one by one in the listed order, and the up flag. All its slaves have to be on the host.
 *
 * A bond that is empty and down is nobody's (the bonding module makes such a `bond0` when it loads, an ADD that was killed
 * leaves one): it is made the wanted one. Any other bond is only completed.
 */
export function planBond(asked: DesiredBond, desired: Desired, current: Current): Plan {
  const bond = { ...asked, settings: asked.settings.map((setting) => nameReally(setting, current)) };
  const nics = bond.slaves.flatMap((name) => findLink(current, name) ?? []);
  const existing = findLink(current, bond.name);
  const planning = { bond, nics, desired, current };
  if (existing === undefined) return planNewBond(planning);
  const fault = findBondConflict(existing, planning);
  if (fault) return { changes: [], conflicts: [fault], drift: [] };
  return isUnused(existing, current) ? planUnusedBond(existing, planning) : planUsedBond(existing, planning);
}

/** Whether a bond is empty and down: what it is like now is then of no importance. */
export function isUnused(bond: Link, current: Current): boolean {
  return !bond.up && !current.links.some((link) => link.master === bond.name);
}

interface Planning {
  readonly bond: DesiredBond;
  /** The slaves, in the listed order. */
  readonly nics: readonly Link[];
  readonly desired: Desired;
  readonly current: Current;
}

type Setting = DesiredBond["settings"][number];

/** A NIC may be given by an altname, but what is read back is its own name. */
function nameReally(setting: Setting, current: Current): Setting {
  return namesSlave(setting.name)
    ? { ...setting, value: findLink(current, setting.value)?.name ?? setting.value }
    : setting;
}

function planNewBond(planning: Planning): Plan {
  const { bond } = planning;
  return {
    changes: [
      { type: "addBond", ...describeGoal(planning, { mode: bond.mode ?? "balance-rr" }) },
      ...fillAndRaise(bond.name, planning),
      ...setLate(bond.name, bond.settings.filter(isLate)),
    ],
    conflicts: findNewSlaveConflicts(planning),
    drift: [],
  };
}

function planUnusedBond(existing: Link, planning: Planning): Plan {
  const { name } = existing;
  const goal = { ...describeGoal(planning, { mode: planning.bond.mode ?? readMode(existing) }), name };
  const right = isAsDescribed(existing, goal);
  // An empty bond does not tell which slave it would prefer, so that this is set again in any case.
  const late = planning.bond.settings.filter((setting) => isLate(setting) || (right && namesSlave(setting.name)));
  return {
    changes: [
      ...(right ? [] : [{ type: "configureBond", ...goal } as const]),
      ...fillAndRaise(name, planning),
      ...setLate(name, late),
    ],
    conflicts: findNewSlaveConflicts(planning),
    drift: [],
  };
}

function planUsedBond(existing: Link, planning: Planning): Plan {
  const { nics, desired, current } = planning;
  const joining = nics.filter((nic) => nic.master !== existing.name);
  const down = nics.filter((nic) => nic.master === existing.name && !nic.up);
  return {
    changes: [
      ...joining.map((nic) => enslave(nic, existing.name)),
      ...[...down, ...(existing.up ? [] : [existing])].map(({ name }) => ({ type: "raise", name }) as const),
    ],
    conflicts: [
      ...joining.flatMap((nic) => findEnslaveConflicts(nic, { desired, current })),
      ...down.flatMap((nic) => findParentDown(nic).map((reason) => inTheWay(nic.name, reason))),
      ...findSlaveMTUConflicts(existing, joining),
      ...findCompletionConflicts(existing, { nics, changed: [...joining, ...down], desired, current }),
    ],
    drift: findBondDrift(existing, planning),
  };
}

function fillAndRaise(name: string, { nics }: Planning): Change[] {
  return [...nics.map((nic) => enslave(nic, name)), { type: "raise", name }];
}

function enslave(nic: Link, bond: string): Change {
  return { type: "enslave", nic: nic.name, bond };
}

function isLate({ name }: Setting): boolean {
  return isSetAfterEnslaving(name);
}

/** One change each: that the driver refuses one must not keep another from being set. `active_slave` is refused most easily. */
function setLate(name: string, settings: readonly Setting[]): Change[] {
  return [...settings.filter((setting) => !isLate(setting)), ...settings.filter(isLate)].map((setting) => ({
    type: "setBondOptions",
    name,
    settings: [setting],
  }));
}

function findNewSlaveConflicts({ nics, desired, current }: Planning): Conflict[] {
  return [
    ...findMTUConflicts(desired, nics),
    ...nics.flatMap((nic) => findEnslaveConflicts(nic, { desired, current })),
  ];
}

type BondGoal = Omit<Extract<Change, { type: "addBond" }>, "type">;

/**
 * A bond that ifacer makes takes the first NIC's MAC (a random one is rewritten by udev later) and the smallest MTU of the
 * NICs (one of 1500 would drag 9000-byte NICs down with it).
 */
function describeGoal({ bond, nics, desired }: Planning, { mode }: { mode: BondMode }): BondGoal {
  return {
    name: bond.name,
    mode,
    mac: nics[0]?.mac ?? "",
    mtu: desired.mtu ?? Math.min(...nics.map((nic) => nic.mtu)),
    settings: bond.settings.filter((setting) => !isLate(setting)),
  };
}

function isAsDescribed(existing: Link, goal: BondGoal): boolean {
  return (
    readMode(existing) === goal.mode &&
    existing.mac === goal.mac &&
    existing.mtu === goal.mtu &&
    goal.settings.every(({ name, value }) => namesSlave(name) || currentBondValue(existing.driverData, name) === value)
  );
}

function readMode(bond: Link): BondMode {
  const mode = bond.driverData["mode"];
  return isBondMode(mode) ? mode : "balance-rr";
}

function findBondConflict(existing: Link, { bond, current }: Planning): Conflict | undefined {
  const { name } = bond;
  if (existing.kind !== "bond") {
    return inTheWay(
      name,
      `${name} is ${describeLink(existing)}, wanted is a bond: remove it or give bond.name another name`,
    );
  }
  const mode = readMode(existing);
  if (bond.mode !== undefined && bond.mode !== mode && !isUnused(existing, current)) {
    return inTheWay(
      name,
      `the bond ${name} has the mode ${mode}, wanted is ${bond.mode}: change bond.mode, or remove the bond when nothing uses it`,
    );
  }
  return undefined;
}

function findBondDrift(existing: Link, { bond, nics, desired, current }: Planning): Drift[] {
  const link = existing.name;
  const extra = current.links
    .filter((other) => other.master === link && !nics.includes(other))
    .map((other) => other.name);
  const options = bond.settings.flatMap(({ name, value }) => {
    const seen = currentBondValue(existing.driverData, name);
    return seen === value ? [] : [{ link, what: name, current: seen ?? "not set", desired: value }];
  });
  const mtu = desired.mtu !== undefined && desired.mtu !== existing.mtu;
  return [
    ...options,
    ...(mtu ? [{ link, what: "mtu", current: String(existing.mtu), desired: String(desired.mtu) }] : []),
    ...(extra.length > 0 ? [{ link, what: "other slaves", current: extra.join(","), desired: "none" }] : []),
  ];
}
