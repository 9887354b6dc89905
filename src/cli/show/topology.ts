import { quoteForShell } from "../../plan/shell.ts";
import { groupBy } from "../read/groups.ts";
import type { NodeLink } from "../read/nodeLinks.ts";
import { isStacked } from "../read/nodeLinks.ts";

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
 * Orders the links of a node: NICs, the bond of several of them, the VLANs and what stands on those. NICs without anything on
 * them come last; links that are of no interest here (loopback, veth, bridges) are left out. Pure.
 */
export function arrange(links: readonly NodeLink[]): Group[] {
  const around = indexLinks(links);
  const bonds = links.filter(({ kind }) => kind === "bond");
  const names = new Set(bonds.map(({ name }) => name));
  const grouped = bonds.map((bond): Group => {
    const slaves = bond.namespace === undefined ? (around.slaves.get(bond.name) ?? []) : [];
    return { nics: slaves.map((slave) => makeNode(slave, around)), bond: makeNode(bond, around) };
  });
  const roots = links.filter((link) => isRoot(link) && !names.has(link.master ?? ""));
  const alone = roots.map((link): Group => ({ nics: [makeNode(link, around)], bond: undefined }));
  const isUsed = ({ nics: [nic] }: Group) => nic !== undefined && nic.children.length > 0;
  const unused = alone.filter((group) => !isUsed(group) && group.nics.some(({ link }) => link.kind === undefined));
  return [...grouped, ...alone.filter(isUsed), ...unused];
}

/** Who is around a link, so that none is looked for among thousands. */
interface Around {
  /** The links of the node by their name. */
  readonly named: ReadonlyMap<string, NodeLink>;
  /** Those of the node by their master's name. */
  readonly slaves: ReadonlyMap<string, readonly NodeLink[]>;
  /** VLANs and what Pods have, by the name of the link below. */
  readonly uppers: ReadonlyMap<string, readonly NodeLink[]>;
  /** Those in Pods, which know the index of the link below only, by that. */
  readonly inPods: ReadonlyMap<number, readonly NodeLink[]>;
}

export function indexLinks(links: readonly NodeLink[]): Around {
  const here = links.filter(({ namespace }) => namespace === undefined);
  const standing = links.filter((link) => link.kind === "vlan" || isStacked(link));
  return {
    named: new Map(here.map((link) => [link.name, link])),
    slaves: groupBy(here, ({ master }) => master),
    uppers: groupBy(standing, ({ namespace, parent }) => (namespace === undefined ? parent : undefined)),
    inPods: groupBy(standing, ({ namespace, parentIndex }) => (namespace === undefined ? undefined : parentIndex)),
  };
}

/** NICs, and whatever else bears a VLAN, a macvlan or an ipvlan. */
function isRoot(link: NodeLink): boolean {
  if (link.namespace !== undefined || link.name === "lo" || link.kind === "bond") return false;
  return link.parent === undefined && !isStacked(link) && link.kind !== "vlan";
}

function makeNode(link: NodeLink, around: Around): Node {
  const isHere = link.namespace === undefined;
  const children = isHere ? [...(around.uppers.get(link.name) ?? []), ...(around.inPods.get(link.index) ?? [])] : [];
  return { link, problems: findProblems(link, around), children: children.map((child) => makeNode(child, around)) };
}

/** What is wrong with a link, in words: what is the matter and, where it is not plain, what to do. */
export function findProblems(link: NodeLink, { named, slaves }: Around): string[] {
  const lower = named.get(link.parent ?? "");
  const master = named.get(link.master ?? "");
  return [
    ...(master?.kind === "bond" ? findSlaveProblems(link, master) : []),
    ...(link.kind === "bond" ? findBondProblems(link, slaves.get(link.name) ?? []) : []),
    ...(link.kind === "vlan" && lower ? findVlanProblems(link, lower) : []),
  ];
}

function findSlaveProblems(slave: NodeLink, bond: NodeLink): string[] {
  const down = slave.up
    ? slave.carrier && slave.slave?.linkUp !== false
      ? []
      : [`the slave ${slave.name} has no link: look at its cable and the switch port`]
    : [`the slave ${slave.name} is down: 'ip link set dev ${quoteForShell(slave.name)} up', or let ADD do it`];
  return [...down, ...describeMTUs(slave, bond)];
}

function findBondProblems(bond: NodeLink, slaves: readonly NodeLink[]): string[] {
  const { name, driverData } = bond;
  const legs = slaves.filter((slave) => slave.up && slave.carrier && slave.slave?.linkUp !== false).length;
  if (slaves.length === 0)
    return [`${name} has no slave: nobody uses it, or an ADD was cut off and the next one completes it`];
  const problems: string[] = [];
  if (!bond.up) problems.push(`${name} is down: 'ip link set dev ${quoteForShell(name)} up', or let ADD do it`);
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
  const down = vlan.up
    ? []
    : [`${vlan.name} is down: 'ip link set dev ${quoteForShell(vlan.name)} up', or let ADD do it`];
  return [...down, ...describeMTUs(vlan, lower)];
}

function describeMTUs(link: NodeLink, other: NodeLink): string[] {
  return link.mtu === other.mtu ? [] : [`${link.name} has the MTU ${link.mtu}, ${other.name} has ${other.mtu}`];
}

function isOn(value: unknown): boolean {
  return typeof value === "number" && value > 0;
}
