import {
  type BondMode,
  bondModes,
  type Desired,
  type DesiredBond,
  type DesiredProbe,
  type DesiredVlan,
  type Problem,
  type Setting,
} from "../model.ts";
import { parseBondOptions } from "./bondOptions.ts";
import {
  findAltNameFault,
  findLinkNameFault,
  findServiceFault,
  fitsLinkName,
  indexFault,
  isIndexName,
  shortenVlanName,
} from "./linkNames.ts";
import type { Config } from "./schema.ts";
import { parseValue, quote } from "./values.ts";
import { parseVlanOptions } from "./vlanOptions.ts";

/** Name of a bond whose config gives none, as the plugin that ifacer replaces has it. */
const defaultBondName = "sp_bond0";

/** That a config is about links in a Pod, and what the runtime calls the Pod's interface (CNI_IFNAME). */
export interface InPod {
  readonly ifName: string;
}

/** A config that is right in its types: what it asks of the host, and all that is wrong or doubtful in its values. */
export interface Reading {
  readonly desired: Desired;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Works out what a config asks the host to have. Every problem and warning is found, none stops the search.
 *
 * One interface: its VLAN. Several with `bond`: the bond of all, and the VLAN on it. Several without: a VLAN on each.
 *
 * @param pod the links are a Pod's own: their names follow from the config and CNI_IFNAME alone, so that DEL finds them
 */
export function desire(config: Config, pod?: InPod): Reading {
  const problems: Problem[] = [...findInterfaceProblems(config.interfaces)];
  const warnings: Problem[] = [...findInterfaceWarnings(config.interfaces)];
  const bond = desireBond(config, { pod, problems, warnings });
  const vlans = desireVlans(config, { pod, bond, problems, warnings });
  const desired: Desired = {
    place: pod ? "pod" : "node",
    interfaces: config.interfaces,
    bond,
    vlans,
    mtu: config.mtu,
    // In a Pod only the kernel's own rule holds: one VLAN for each parent, protocol and id.
    allowDuplicateVlanID: pod !== undefined || config.duplicateVlanID === "allow",
    allowInUse: config.allowInUse ?? false,
    ...(config.removeUnused && { removeUnused: true }),
    probe: desireProbe(config, { pod, problems, warnings }),
    addresses: [],
    routes: [],
  };
  if (!asksForAnything(desired)) {
    warnings.push({
      path: "interfaces",
      message: "nothing is made: there is no vlanID, and no bond of two or more interfaces",
    });
  }
  return { desired, problems, warnings };
}

/** Whether there is any link that the config wants made or kept right. */
export function asksForAnything(desired: Desired): boolean {
  return desired.bond !== undefined || desired.vlans.length > 0;
}

interface Findings {
  readonly pod: InPod | undefined;
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

function findInterfaceProblems(interfaces: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, name] of interfaces.entries()) {
    const path = `interfaces[${index}]`;
    const fault = findAltNameFault(name);
    if (fault) problems.push({ path, message: `the name ${JSON.stringify(name)} ${fault}` });
    else if (seen.has(name)) problems.push({ path, message: `${name} is listed twice` });
    seen.add(name);
  }
  return problems;
}

/** Names that are right for the kernel: the NIC is there already, so that it is the admin who knows. */
function findInterfaceWarnings(interfaces: readonly string[]): Problem[] {
  return interfaces.flatMap((name, index) => {
    const fault = findAltNameFault(name) === undefined ? findServiceFault(name) : undefined;
    return fault ? [{ path: `interfaces[${index}]`, message: `the name ${JSON.stringify(name)} ${fault}` }] : [];
  });
}

function desireBond(config: Config, { pod, problems, warnings }: Findings): DesiredBond | undefined {
  if (config.bond === undefined) return undefined;
  if (config.interfaces.length === 1) {
    warnings.push({ path: "bond", message: `the bond is ignored: ${config.interfaces[0]} is the only interface` });
    return undefined;
  }
  const name = config.bond.name ?? pod?.ifName ?? defaultBondName;
  const fault = findLinkNameFault(name);
  if (fault) problems.push({ path: "bond.name", message: `the name ${JSON.stringify(name)} ${fault}` });
  else if (config.interfaces.includes(name)) {
    problems.push({ path: "bond.name", message: `${name} is also one of the interfaces` });
  }
  const mode = typeof config.bond.mode === "number" ? bondModes[config.bond.mode] : config.bond.mode;
  const settings = desireBondSettings(config, mode, { pod, problems, warnings });
  return { name, mode, settings, slaves: config.interfaces };
}

function desireBondSettings(config: Config, mode: BondMode | undefined, findings: Findings): readonly Setting[] {
  const { settings, problems, warnings } = parseBondOptions(config.bond?.options ?? "", {
    mode: mode ?? bondModes[0],
    interfaces: config.interfaces,
    path: "bond.options",
  });
  findings.problems.push(...problems);
  findings.warnings.push(...warnings);
  return settings;
}

function desireProbe({ probe }: Config, { pod, problems, warnings }: Findings): DesiredProbe | undefined {
  if (probe === undefined) return undefined;
  if (pod) warnings.push({ path: "probe", message: "is ignored: it is asked once for a node, on the node's links" });
  const given = probe.addresses ?? [];
  const addresses = given.slice(0, mostProbed).flatMap((text, index) => {
    const family = text.includes(":") ? "IPv6" : "IPv4";
    const parsed = parseValue({ kind: "addresses", family, most: 1 }, text);
    if ("value" in parsed) return [parsed.value];
    problems.push({ path: `probe.addresses[${index}]`, message: `${quote(text)} is no address of a host` });
    return [];
  });
  if (given.length === 0)
    problems.push({ path: "probe.addresses", message: "is missing, allowed an array of IP addresses" });
  if (given.length > mostProbed) {
    problems.push({ path: "probe.addresses", message: `got ${given.length} addresses, allowed up to ${mostProbed}` });
  }
  return { addresses, timeout: probe.timeout ?? 3, onSilence: probe.onSilence ?? "fail" };
}

/** More are asked by `ifacer probe`. */
const mostProbed = 16;

interface VlanContext extends Findings {
  readonly bond: DesiredBond | undefined;
}

function desireVlans(config: Config, { pod, bond, problems, warnings }: VlanContext): readonly DesiredVlan[] {
  const settings = desireVlanSettings(config, { pod, problems, warnings });
  const id = config.vlanID ?? 0;
  if (id === 0) {
    if (config.vlan) warnings.push({ path: "vlan", message: "is ignored: vlanID is 0 or not given" });
    return [];
  }
  const parents = bond ? [bond.name] : config.interfaces;
  problems.push(...findVlanNameProblems(config, { parents, bond, pod }));
  return parents.map((parent) => {
    const name = config.vlan?.name ?? nameInPod({ parents, bond, pod }) ?? `${parent}.${id}`;
    const shortName = fitsLinkName(name) ? undefined : shortenVlanName(name, id);
    if (shortName && findAltNameFault(name) === undefined) {
      warnings.push({
        path: "vlanID",
        message: `${name} is too long for a link's own name: the VLAN is made as ${shortName} and has the long name as altname, which older builds of macvlan and ipvlan don't find as master; give them ${shortName}, or set vlan.name`,
      });
    }
    return { name, shortName, parent, id, protocol: config.vlan?.protocol ?? "802.1Q", settings };
  });
}

/**
 * The name of a Pod's VLAN that is an interface of its own for the runtime, as Multus expects it; `undefined`: it stands on the
 * runtime's interface, on a bond, or is one of several.
 */
function nameInPod({ parents, bond, pod }: Naming): string | undefined {
  return parents.length === 1 && bond === undefined && parents[0] !== pod?.ifName ? pod?.ifName : undefined;
}

/** What the names of VLANs follow from. */
interface Naming {
  readonly parents: readonly string[];
  readonly bond: DesiredBond | undefined;
  readonly pod: InPod | undefined;
}

function desireVlanSettings({ vlan }: Config, findings: Findings): readonly Setting[] {
  if (vlan?.options === undefined) return [];
  const { settings, problems, warnings } = parseVlanOptions(vlan.options, { path: "vlan.options" });
  findings.problems.push(...problems);
  findings.warnings.push(...warnings);
  return settings;
}

function findVlanNameProblems(config: Config, naming: Naming): Problem[] {
  const { parents } = naming;
  const name = config.vlan?.name ?? nameInPod(naming);
  // The Pod's author chooses it as well, in an annotation.
  const path = config.vlan?.name === undefined ? "CNI_IFNAME" : "vlan.name";
  if (name === undefined) return findDerivedNameProblems(config, parents);
  const fault = findLinkNameFault(name);
  if (fault) return [{ path, message: `the name ${JSON.stringify(name)} ${fault}` }];
  if (parents.length > 1) {
    return [{ path, message: `${name} can't name the VLANs of ${parents.length} interfaces: leave it out` }];
  }
  if (config.interfaces.includes(name) || parents.includes(name)) {
    return [{ path, message: `${name} is also the name of a link below` }];
  }
  return [];
}

function findDerivedNameProblems(config: Config, parents: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  for (const [index, parent] of parents.entries()) {
    if (findAltNameFault(parent)) continue;
    const name = `${parent}.${config.vlanID}`;
    const own = isIndexName(name) ? indexFault : fitsLinkName(name) ? findServiceFault(name) : undefined;
    const fault = findAltNameFault(name) ?? (own && `${own}: set vlan.name`);
    if (fault) problems.push({ path: `interfaces[${index}]`, message: `the VLAN's name ${name} ${fault}` });
  }
  return problems;
}
