import { contains, parseSubnet, type Subnet, writeSubnet } from "../config/addresses.ts";
import { findAltNameFault, fitsLinkName, shortenVlanName } from "../config/linkNames.ts";
import { matches } from "../config/patterns.ts";
import type { Rules, SelectKind } from "../config/select.ts";
import type { Hardware, Link, VlanProtocol } from "../model.ts";

/** A link of the node that may be chosen, and all that the rules may ask of it. */
export interface Candidate {
  readonly link: Link;
  readonly kind: SelectKind;
  readonly hardware: Hardware;
  readonly carrier: boolean;
  /** `10.0.1.7/24` */
  readonly addresses: readonly string[];
  /** The link with a default route that is this one or stands on it; `undefined`: there is none. */
  readonly defaultRoute: string | undefined;
  /** It has this config's VLAN already, as ifacer made it. */
  readonly hasVlan: boolean;
  /** How the node's policy denies it, in words. */
  readonly denial: string | undefined;
}

/** What a config makes, as far as choosing has to know it. */
export interface OwnLinks {
  /** The bond, by its own name where it is there. */
  readonly bond?: string | undefined;
  readonly vlan?: OwnVlan | undefined;
}

/** The VLAN that a config makes on each NIC, or on the bond. */
export interface OwnVlan {
  readonly id: number;
  readonly protocol: VlanProtocol;
  /** `undefined`: it follows from the NIC's. */
  readonly name?: string | undefined;
}

/** The own name of the config's VLAN on a NIC. */
export function nameVlan(nic: string, { id, name = `${nic}.${id}` }: OwnVlan): string {
  return fitsLinkName(name) ? name : shortenVlanName(name, id);
}

/** What is said of one candidate. */
export interface Verdict {
  readonly candidate: Candidate;
  readonly chosen: boolean;
  /** Why, or why not, in words that follow its name and a colon. */
  readonly reason: string;
  /** Only its link is missing: it may come when the candidate is set up. */
  readonly pending: boolean;
}

/** The chosen ones in their order, and a verdict for each candidate in the order in which they were looked at. */
export interface Choice {
  readonly chosen: readonly Candidate[];
  readonly verdicts: readonly Verdict[];
}

/**
 * Chooses among the links of a node by rule. Pure: the same candidates in any order give the same choice.
 *
 * A NIC that is in the config's own bond stays chosen before all rules, so that the next ADD and CHECK come to the same list; of
 * those that meet the rules, one that has the config's VLAN already is taken before the others.
 */
export function choose(rules: Rules, candidates: readonly Candidate[], own: OwnLinks = {}): Choice {
  const inOrder = candidates.toSorted((one, other) => compare(one, other, rules));
  const isOwn = ({ link }: Candidate) => own.bond !== undefined && link.master === own.bond;
  let left = rules.count === undefined ? Number.POSITIVE_INFINITY : rules.count - candidates.filter(isOwn).length;
  const judge = (candidate: Candidate): Verdict => {
    if (isOwn(candidate)) return { candidate, chosen: true, reason: `it is a slave of ${own.bond}`, pending: false };
    const never = findHindrance(candidate, rules, own);
    if (never !== undefined) return { candidate, chosen: false, reason: never, pending: false };
    const faults = findFaults(candidate, rules);
    const link = findLinkFaults(candidate, rules);
    if (faults.length + link.length > 0) {
      const pending = faults.length === 0 && !candidate.carrier && left > 0;
      return { candidate, chosen: false, reason: [...faults, ...link].join(", "), pending };
    }
    if (left <= 0) {
      return { candidate, chosen: false, reason: `count is ${rules.count}, and others come before it`, pending: false };
    }
    left--;
    return { candidate, chosen: true, reason: "it fits all rules", pending: false };
  };
  const inTurn = [...inOrder.filter(({ hasVlan }) => hasVlan), ...inOrder.filter(({ hasVlan }) => !hasVlan)];
  const judged = new Map(inTurn.map((candidate) => [candidate, judge(candidate)]));
  const verdicts = inOrder.flatMap((candidate) => judged.get(candidate) ?? []);
  return { chosen: verdicts.filter(({ chosen }) => chosen).map(({ candidate }) => candidate), verdicts };
}

/** Whether as many are chosen as have to be. */
export function isEnough({ atLeast }: Rules, { chosen }: Choice): boolean {
  return chosen.length >= atLeast;
}

/** The names of the chosen ones, as a config would list them. */
export function listNames({ chosen }: Choice): readonly string[] {
  return chosen.map(({ link }) => link.name);
}

/** Why there are too few, in words: a message, and a line for each candidate. */
export function describeTooFew({ atLeast }: Rules, { chosen, verdicts }: Choice): { message: string; details: string } {
  const pending = verdicts.filter((verdict) => verdict.pending).map(({ candidate }) => candidate.link.name);
  const found = chosen.length === 0 ? "none fits" : `${chosen.length} ${chosen.length === 1 ? "fits" : "fit"}`;
  const hope = pending.length > 0 ? `, and of ${pending.join(", ")} only the link is missing` : "";
  const nics = verdicts.length === 0 ? "this node has no NIC" : `of the NICs of this node ${found}${hope}`;
  return {
    message: `${nics}, select wants at least ${atLeast}: 'ifacer nics -f net.yaml' shows why`,
    details: verdicts.map(describeVerdict).join("\n"),
  };
}

/** `ens192: chosen, it fits all rules`. */
export function describeVerdict({ candidate, chosen, reason }: Verdict): string {
  return `${candidate.link.name}: ${chosen ? "chosen" : "not chosen"}, ${reason}`;
}

/** The first of the networks that a candidate has an address in, by its number from 0; `undefined`: none. */
export function findNetwork({ addresses }: Candidate, networks: readonly Subnet[]): number | undefined {
  const own = addresses.flatMap((text) => parseSubnet(text) ?? []);
  const found = networks.findIndex((network) => own.some((address) => contains(network, address)));
  return found === -1 ? undefined : found;
}

/** By the networks that the rules list, then PCI address, then name with its numbers as numbers: the same on every boot. */
function compare(one: Candidate, other: Candidate, { networks }: Rules): number {
  const place = (candidate: Candidate) => findNetwork(candidate, networks ?? []) ?? Number.MAX_SAFE_INTEGER;
  return (
    (networks ? place(one) - place(other) : 0) ||
    compareAddresses(one.hardware.pciAddress, other.hardware.pciAddress) ||
    compareNames(one.link.name, other.link.name)
  );
}

/** Domain, bus, device and function as numbers; what has none comes last. */
function compareAddresses(one: string | undefined, other: string | undefined): number {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  const numbers = (address: string) => address.split(/[:.]/).map((part) => Number.parseInt(part, 16));
  const theirs = numbers(other);
  return (
    numbers(one)
      .map((number, index) => number - (theirs[index] ?? 0))
      .find((difference) => difference !== 0) ?? 0
  );
}

/** `eth2` comes before `eth10`. The bytes decide where that leaves it open, so that no locale does. */
function compareNames(one: string, other: string): number {
  const parts = (name: string) => name.match(/\d+|\D+/g) ?? [];
  const theirs = parts(other);
  for (const [index, part] of parts(one).entries()) {
    const their = theirs[index] ?? "";
    if (part === their) continue;
    const difference = Number(part) - Number(their);
    if (difference !== 0 && their !== "" && !Number.isNaN(difference)) return difference;
    return part < their ? -1 : 1;
  }
  return one === other ? 0 : -1;
}

/** Why a link must not be chosen, whatever the rules say. */
function findHindrance(
  { link, kind, defaultRoute, denial }: Candidate,
  rules: Rules,
  own: OwnLinks,
): string | undefined {
  const { name, master, masterKind } = link;
  const fault = findAltNameFault(name);
  if (fault) return `its name ${fault}`;
  if (name === own.bond) return "it is the bond that the config makes";
  if (own.vlan && link.vlan?.id === own.vlan.id && link.vlan.protocol === own.vlan.protocol) {
    return `it is itself a VLAN with id ${own.vlan.id}`;
  }
  if (defaultRoute === name) return "it has a default route of the node";
  if (defaultRoute !== undefined) return `${defaultRoute}, which stands on it, has a default route of the node`;
  if (denial !== undefined) return `the node's policy forbids it, ${denial}`;
  if (master !== undefined) return `it belongs to ${master}${masterKind ? ` (a ${masterKind})` : ""}`;
  if (!rules.kinds.includes(kind)) return `it is a ${kind}, wanted is ${listSome(rules.kinds)}`;
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(link.mac)) return "it has no Ethernet address";
  return undefined;
}

/** What of the rules a link does not meet, but for what its link tells. */
function findFaults(candidate: Candidate, rules: Rules): string[] {
  const { link, hardware } = candidate;
  const faults: string[] = [];
  const { names, networks, drivers, devices, numa } = rules;
  const own = [link.name, ...link.altNames];
  if (names && !names.some((pattern) => own.some((name) => matches(pattern, name)))) {
    faults.push(`its name is not like ${listSome(names)}`);
  }
  if (networks && findNetwork(candidate, networks) === undefined) {
    faults.push(`it has no address in ${listSome(networks.map(writeSubnet))}`);
  }
  const driver = hardware.driver ?? link.kind;
  if (drivers && !drivers.some((name) => name === driver)) {
    faults.push(`its driver is ${driver ?? "unknown"}, wanted is ${listSome(drivers)}`);
  }
  const ids = hardware.pciIDs;
  if (devices && !devices.some((device) => ids !== undefined && matches(device, ids))) {
    faults.push(`${ids ? `its PCI ids are ${ids}` : "it is no PCI device"}, wanted is ${listSome(devices)}`);
  }
  if (numa !== undefined && hardware.numaNode !== numa) {
    const where =
      hardware.numaNode === undefined ? "no NUMA node that the kernel knows" : `NUMA node ${hardware.numaNode}`;
    faults.push(`it is on ${where}, wanted is ${numa}`);
  }
  return faults;
}

/** Nobody reads more of a list. */
const most = 8;

function listSome(words: readonly string[]): string {
  const more = words.length > most ? [`${words.length - most} more`] : [];
  return [...words.slice(0, most), ...more].join(" or ");
}

/** What of the rules about its link a NIC does not meet as it is now. */
function findLinkFaults({ link, carrier, hardware }: Candidate, { linkUp, minSpeed }: Rules): string[] {
  if (!linkUp && minSpeed === undefined) return [];
  if (!link.up) return ["it is down, so that its link can't be told"];
  if (!carrier) return ["it has no link"];
  const { speed } = hardware;
  if (minSpeed === undefined || (speed !== undefined && speed >= minSpeed)) return [];
  return [`${speed === undefined ? "its speed is unknown" : `its link has ${speed} Mb/s`}, wanted are ${minSpeed}`];
}
