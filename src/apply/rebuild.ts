import { bondOptionWords, currentBondValue, isSetAfterEnslaving, namesSlave } from "../config/bondOptions.ts";
import { bondOptions } from "../config/bondTable.ts";
import { parseValue } from "../config/values.ts";
import { currentVlanValue, vlanOptions } from "../config/vlanOptions.ts";
import type { Link, Setting, VlanProtocol } from "../model.ts";
import { writeEmptying, writeLines } from "./lines.ts";
import { restoreBond } from "./restoreBond.ts";
import { findByIndex, type Span } from "./taken.ts";

/**
 * The lines that make links again what they were before they were taken apart: VLANs with their index, id and parent, the bond
 * with its mode, its options and its slaves in their order. What is as it was is left alone; pure.
 *
 * Addresses, routes and what NICs had are put back afterwards, as after any other ADD that failed.
 */
export function planRebuild({ before, now }: Span): string[] {
  const remade = before.links.filter(({ index }) => before.remade?.includes(index));
  const vlans = remade.filter((link) => link.vlan !== undefined && !isSameVlan(link, findByIndex(now, link)));
  const wrong = now.links.filter((link) => vlans.some(({ index, name }) => index === link.index || name === link.name));
  return [
    ...wrong.filter(({ kind }) => kind === "vlan").map(({ name }) => `link delete dev ${name}`),
    ...remade.filter(({ kind }) => kind === "bond").flatMap((bond) => rebuildBond(bond, { before, now })),
    ...vlans.flatMap((vlan) => makeVlan(vlan, { before, now })),
  ];
}

function isSameVlan(earlier: Link, link: Link | undefined): boolean {
  return (
    link !== undefined &&
    link.name === earlier.name &&
    link.vlan?.id === earlier.vlan?.id &&
    link.vlan?.protocol === earlier.vlan?.protocol &&
    link.parent === earlier.parent &&
    earlier.altNames.every((name) => link.altNames.includes(name)) &&
    Bun.deepEquals(settingsOf(earlier), settingsOf(link))
  );
}

/** What a VLAN was made with, beside its id and protocol. */
function settingsOf({ driverData }: Link): Setting[] {
  return vlanOptions.flatMap(({ name, rule }) => {
    const value = currentVlanValue(driverData, name);
    return value === undefined || "fault" in parseValue(rule, value) ? [] : [{ name, value }];
  });
}

function makeVlan(earlier: Link, { before, now }: Span): string[] {
  const { name, index, mtu, vlan, altNames, up } = earlier;
  const below = before.links.find((link) => link.name === earlier.parent);
  // It may have been renamed meanwhile.
  const parent = (below && findByIndex(now, below)?.name) ?? earlier.parent ?? "";
  const protocol: VlanProtocol = vlan?.protocol === "802.1ad" ? "802.1ad" : "802.1Q";
  const mac = below === undefined || below.mac === earlier.mac ? [] : [`link set dev ${name} address ${earlier.mac}`];
  return [
    ...writeLines({
      type: "addVlan",
      name,
      parent,
      id: vlan?.id ?? 0,
      protocol,
      mtu,
      settings: settingsOf(earlier),
      index,
    }),
    ...altNames.flatMap((altName) => writeLines({ type: "addAltName", name, altName })),
    ...mac,
    ...(up ? writeLines({ type: "raise", name }) : []),
  ];
}

function rebuildBond(earlier: Link, { before, now }: Span): string[] {
  const bond = findByIndex(now, earlier);
  // Somebody has removed it, and all that stood on it.
  if (bond === undefined) return [];
  const { name } = bond;
  const slaves = before.links.flatMap((link) => (link.master === earlier.name ? (findByIndex(now, link) ?? []) : []));
  if (isSameBond(earlier, bond) && slaves.every(({ master }) => master === name)) return [];
  const present = now.links.filter(({ master }) => master === name).map((link) => link.name);
  const late = bondOptions.flatMap(({ name: option, rule }): Setting[] => {
    const value = currentBondValue(earlier.driverData, option);
    const isLate = isSetAfterEnslaving(option) || namesSlave(option);
    return !isLate || value === undefined || "fault" in parseValue(rule, value) ? [] : [{ name: option, value }];
  });
  return [
    ...writeEmptying(name, present),
    // The last slave that leaves takes the MAC with it.
    ...restoreBond(earlier, bond, { mac: earlier.mac }),
    ...(bond.mtu === earlier.mtu ? [] : [`link set dev ${name} mtu ${earlier.mtu}`]),
    ...slaves.flatMap((slave) => writeLines({ type: "enslave", nic: slave.name, bond: name })),
    ...(earlier.up ? writeLines({ type: "raise", name }) : []),
    ...late.map((setting) => `link set dev ${name} type bond ${bondOptionWords(setting).join(" ")}`),
  ];
}

/** In the mode, and in what the driver takes only from a bond without slaves or one that is down; undoing sets the rest. */
function isSameBond(earlier: Link, bond: Link): boolean {
  const fixed = bondOptions.filter(({ changeable }) => changeable !== "live").map(({ name }) => name);
  return (
    bond.driverData["mode"] === earlier.driverData["mode"] &&
    fixed.every((name) => currentBondValue(bond.driverData, name) === currentBondValue(earlier.driverData, name))
  );
}
