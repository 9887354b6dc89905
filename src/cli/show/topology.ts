import { quoteCommand } from "../../plan/shell.ts";
import { isStacked, type NodeLink } from "../read/nodeLinks.ts";
import { type Around, findLower, indexLinks, placeOf } from "./around.ts";
import { findShadowed } from "./shadowed.ts";

/** A link, and what stands on it. */
export interface Node {
  readonly link: NodeLink;
  readonly problems: readonly string[];
  readonly children: readonly Node[];
}

/** NICs side by side that belong to one bond, or one by itself; what stands on them hangs below. */
export interface Group {
  readonly nics: readonly Node[];
  /** The bond of these NICs, if any. */
  readonly bond: Node | undefined;
}

/**
 * Orders the links of a node: NICs, the bond of several of them, the VLANs and what stands on those, down to the links in Pods.
 * NICs without anything on them come last; links that are of no interest here (loopback, veth, bridges) are left out. Pure.
 */
export function arrange(links: readonly NodeLink[]): Group[] {
  const around = indexLinks(links);
  const bonds = links.filter(({ kind, namespace }) => kind === "bond" && namespace === undefined);
  const grouped = bonds.map((bond): Group => {
    const slaves = around.slaves.get(placeOf(bond)) ?? [];
    return { nics: slaves.map((slave) => makeNode(slave, around)), bond: makeNode(bond, around) };
  });
  const roots = links.filter((link) => isRoot(link, around));
  const alone = roots.map((link): Group => ({ nics: [makeNode(link, around)], bond: undefined }));
  const isUsed = ({ nics: [nic] }: Group) => nic !== undefined && nic.children.length > 0;
  const unused = alone.filter((group) => !isUsed(group) && group.nics.some(({ link }) => link.kind === undefined));
  return [...grouped, ...alone.filter(isUsed), ...unused];
}

/** NICs, and whatever else bears a VLAN, a macvlan or an ipvlan; in Pods what stands on no link that is shown. */
function isRoot(link: NodeLink, around: Around): boolean {
  if (link.namespace !== undefined) return findLower(link, around) === undefined;
  const master = around.named.get(placeOf({ name: link.master ?? "", namespace: undefined }));
  if (link.name === "lo" || link.kind === "bond" || master?.kind === "bond") return false;
  return link.parent === undefined && !isStacked(link) && link.kind !== "vlan";
}

function makeNode(link: NodeLink, around: Around): Node {
  const children = around.uppers.get(placeOf(link)) ?? [];
  return { link, problems: findProblems(link, around), children: children.map((child) => makeNode(child, around)) };
}

/** What is wrong with a link, in words: what is the matter and, where it is not plain, what to do. */
export function findProblems(link: NodeLink, around: Around): string[] {
  const { namespace, parent = "", master = "" } = link;
  const lower = around.named.get(placeOf({ name: parent, namespace }));
  const bond = around.named.get(placeOf({ name: master, namespace }));
  return [
    ...(bond?.kind === "bond" ? findSlaveProblems(link, bond) : []),
    ...(link.kind === "bond" ? findBondProblems(link, around.slaves.get(placeOf(link)) ?? []) : []),
    ...(link.kind === "vlan" && lower ? findVlanProblems(link, lower) : []),
    ...findShadowed(link, around),
  ];
}

function findSlaveProblems(slave: NodeLink, bond: NodeLink): string[] {
  const down = slave.up
    ? slave.carrier && slave.slave?.linkUp !== false
      ? []
      : [`the slave ${slave.name} has no link: look at its cable and the switch port`]
    : [`the slave ${slave.name} is down: ${adviseToRaise(slave)}`];
  return [...down, ...describeMTUs(slave, bond)];
}

function findBondProblems(bond: NodeLink, slaves: readonly NodeLink[]): string[] {
  const { name, driverData } = bond;
  const legs = slaves.filter((slave) => slave.up && slave.carrier && slave.slave?.linkUp !== false).length;
  if (slaves.length === 0)
    return [`${name} has no slave: nobody uses it, or an ADD was cut off and the next one completes it`];
  const problems: string[] = [];
  if (!bond.up) problems.push(`${name} is down: ${adviseToRaise(bond)}`);
  if (slaves.length === 1)
    problems.push(`${name} has one slave only, ${slaves[0]?.name}: nothing takes over if it fails`);
  else if (legs === 0) problems.push(`none of the slaves of ${name} works`);
  else if (legs === 1) problems.push(`${name} has one slave that works: nothing takes over if it fails`);
  if (!isOn(driverData["miimon"]) && !isOn(driverData["arp_interval"])) {
    problems.push(`nothing watches the links of ${name}, it never fails over: set miimon=100`);
  }
  const partner = (driverData["ad_info"] as { partner_mac?: unknown } | undefined)?.partner_mac;
  if (driverData["mode"] === "802.3ad" && legs > 0 && partner === "00:00:00:00:00:00") {
    problems.push(`no switch answers the LACP of ${name}: the ports must be one LACP channel`);
  }
  return problems;
}

function findVlanProblems(vlan: NodeLink, lower: NodeLink): string[] {
  const down = vlan.up ? [] : [`${vlan.name} is down: ${adviseToRaise(vlan)}`];
  return [...down, ...describeMTUs(vlan, lower)];
}

/** No ADD comes again for a Pod that runs. */
function adviseToRaise({ name, namespace }: NodeLink): string {
  const words = `link set dev ${name} up`;
  return namespace === undefined
    ? `${quoteCommand(words)}, or let ADD do it`
    : `${quoteCommand(`-n ${namespace} ${words}`)}, or delete the Pod`;
}

function describeMTUs(link: NodeLink, other: NodeLink): string[] {
  return link.mtu === other.mtu ? [] : [`${link.name} has the MTU ${link.mtu}, ${other.name} has ${other.mtu}`];
}

function isOn(value: unknown): boolean {
  return typeof value === "number" && value > 0;
}
