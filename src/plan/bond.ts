import { currentBondValue, isSetAfterEnslaving } from "../config/bondOptions.ts";
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
import { describeLink, inTheWay } from "./conflict.ts";
import { findEnslaveConflicts } from "./enslave.ts";

/**
 * Plans a bond: the link, its slaves one by one in the listed order, and the up flag. All its slaves have to be on the host.
 *
 * A bond that is empty and down is nobody's (the bonding module makes such a `bond0` when it loads, an ADD that was killed
 * leaves one): it is made the wanted one. Any other bond is only completed.
 */
export function planBond(bond: DesiredBond, desired: Desired, current: Current): Plan {
  const nics = bond.slaves.flatMap((name) => findLink(current, name) ?? []);
  const existing = findLink(current, bond.name);
  if (existing === undefined) return planNewBond(bond, nics, { desired, current });
  const fault = findBondConflict(bond, existing, current);
  if (fault) return { changes: [], conflicts: [fault], drift: [] };
  if (isUnused(existing, current)) return planUnusedBond(bond, existing, nics, { desired, current });
  return planUsedBond(bond, existing, nics, { desired, current });
}

interface Planning {
  readonly desired: Desired;
  readonly current: Current;
}

function planNewBond(bond: DesiredBond, nics: readonly Link[], { desired, current }: Planning): Plan {
  const goal = describeGoal(bond, nics, { mode: bond.mode ?? "balance-rr", desired });
  return {
    changes: [
      { type: "addBond", ...goal },
      ...nics.map((nic) => enslave(nic, bond.name)),
      { type: "raise", name: bond.name },
      ...setLateOptions(bond),
    ],
    conflicts: [
      ...findMTUConflicts(desired, nics),
      ...nics.flatMap((nic) => findEnslaveConflicts(nic, { desired, current })),
    ],
    drift: [],
  };
}

function planUnusedBond(
  bond: DesiredBond,
  existing: Link,
  nics: readonly Link[],
  { desired, current }: Planning,
): Plan {
  const goal = describeGoal(bond, nics, { mode: bond.mode ?? readMode(existing), desired });
  return {
    changes: [
      ...(isAsDescribed(existing, goal) ? [] : [{ type: "configureBond", ...goal } as const]),
      ...nics.map((nic) => enslave(nic, bond.name)),
      { type: "raise", name: bond.name },
      ...setLateOptions(bond),
    ],
    conflicts: [
      ...findMTUConflicts(desired, nics),
      ...nics.flatMap((nic) => findEnslaveConflicts(nic, { desired, current })),
    ],
    drift: [],
  };
}

function planUsedBond(bond: DesiredBond, existing: Link, nics: readonly Link[], { desired, current }: Planning): Plan {
  const joining = nics.filter((nic) => nic.master !== existing.name);
  const down = nics.filter((nic) => nic.master === existing.name && !nic.up);
  return {
    changes: [
      ...joining.map((nic) => enslave(nic, existing.name)),
      ...[...down, ...(existing.up ? [] : [existing])].map(({ name }) => ({ type: "raise", name }) as const),
    ],
    conflicts: joining.flatMap((nic) => findEnslaveConflicts(nic, { desired, current })),
    drift: findBondDrift(bond, existing, nics, { desired, current }),
  };
}

function enslave(nic: Link, bond: string): Change {
  return { type: "enslave", nic: nic.name, bond };
}

function setLateOptions({ name, settings }: DesiredBond): Change[] {
  const late = settings.filter(({ name }) => isSetAfterEnslaving(name));
  return late.length > 0 ? [{ type: "setBondOptions", name, settings: late }] : [];
}

type BondGoal = Omit<Extract<Change, { type: "addBond" }>, "type">;

/**
 * A bond that ifacer makes takes the first NIC's MAC (a random one is rewritten by udev later) and the smallest MTU of the
 * NICs (one of 1500 would drag 9000-byte NICs down with it).
 */
function describeGoal(
  bond: DesiredBond,
  nics: readonly Link[],
  { mode, desired }: { mode: BondMode; desired: Desired },
): BondGoal {
  return {
    name: bond.name,
    mode,
    mac: nics[0]?.mac ?? "",
    mtu: desired.mtu ?? Math.min(...nics.map((nic) => nic.mtu)),
    settings: bond.settings.filter((setting) => !isSetAfterEnslaving(setting.name)),
  };
}

function isAsDescribed(existing: Link, goal: BondGoal): boolean {
  return (
    readMode(existing) === goal.mode &&
    existing.mac === goal.mac &&
    existing.mtu === goal.mtu &&
    goal.settings.every(({ name, value }) => currentBondValue(existing.driverData, name) === value)
  );
}

function isUnused(bond: Link, current: Current): boolean {
  return !bond.up && !current.links.some((link) => link.master === bond.name);
}

function readMode(bond: Link): BondMode {
  const mode = bond.driverData["mode"];
  return isBondMode(mode) ? mode : "balance-rr";
}

function findBondConflict(bond: DesiredBond, existing: Link, current: Current): Conflict | undefined {
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

function findMTUConflicts({ mtu }: Desired, nics: readonly Link[]): Conflict[] {
  if (mtu === undefined) return [];
  return nics
    .filter((nic) => nic.mtu < mtu)
    .map((nic) =>
      inTheWay(nic.name, `the MTU ${mtu} is wanted, but ${nic.name} has ${nic.mtu}: raise the NIC's or lower mtu`),
    );
}

function findBondDrift(
  bond: DesiredBond,
  existing: Link,
  nics: readonly Link[],
  { desired, current }: Planning,
): Drift[] {
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
