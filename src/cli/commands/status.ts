import { isOwnAlias } from "../../apply/lines.ts";
import { bondOptions, currentBondValue } from "../../config/bondOptions.ts";
import { hasMadeFiles } from "../../host/madeFiles.ts";
import { readHardware } from "../../host/nic.ts";
import type { Options } from "../arguments.ts";
import { UsageError } from "../arguments.ts";
import { readFiles } from "../read/files.ts";
import { describeLeftJournal } from "../read/leftJournal.ts";
import { listNodeLinks, type NodeLink } from "../read/nodeLinks.ts";
import { drawMermaid } from "../show/mermaid.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Line, line } from "../show/screen.ts";
import { arrange, type Group, type Node } from "../show/topology.ts";
import { drawTrees } from "../show/tree.ts";
import { assess, listAssessments, showAssessments } from "./assess.ts";

/** `ifacer status`: what there is on this node. */
export async function showStatus(options: Options): Promise<Report> {
  const mermaid = options.has("--mermaid");
  if (mermaid && ["--file", "--output", "--node"].some((option) => options.has(option))) {
    throw new UsageError("--mermaid draws the diagram alone: give no -f, -o or --node with it");
  }
  const { links, unseen } = await listNodeLinks();
  const groups = arrange(links);
  const notes = [describeLeftJournal() ?? []].flat();
  if (unseen > 0)
    notes.push(
      `${unseen} namespaces in /run/netns could not be looked into, what stands on the links there is not shown`,
    );
  if (mermaid) return { status: 0, text: drawMermaid(groups), json: undefined, notes };
  const unused = await findUnused();
  const compared = options.has("--file") ? await assess(readFiles(options.values("--file"))) : undefined;
  return {
    status: 0,
    text: [
      ...drawTrees(groups),
      ...(groups.length === 0 ? [line(0, "this node has no NIC, bond or VLAN")] : []),
      ...(compared ? [line(0, ""), ...showAssessments(compared)] : []),
      ...showUnused(unused),
      ...summarize(groups),
    ],
    json: versioned({ links: listLinks(groups), removeUnused: unused, ...(compared ? listAssessments(compared) : {}) }),
    notes,
  };
}

/** A link that is to go when it is unused, and why it is still there. */
interface Unused {
  readonly link: string;
  /** Whether a Pod has noted that it uses it. */
  readonly used: boolean;
  readonly reasons: readonly string[];
}

async function findUnused(): Promise<readonly Unused[]> {
  if (!(await hasMadeFiles())) return [];
  const { assessUnused, remembered } = await import("../../apply/unused.ts");
  const assessed = await assessUnused(remembered);
  return assessed.map(({ link, isNoted, reasons }) => ({ link: link.name, used: isNoted, reasons }));
}

/** That links are used is what is to be expected. */
function showUnused(unused: readonly Unused[]): Line[] {
  const lines = unused
    .filter(({ used }) => !used)
    .map(({ link, reasons }) =>
      reasons.length > 0
        ? line(0, `no Pod uses ${link} any more, it stays: ${reasons.join(", ")}`, "yellow")
        : line(0, `nobody uses ${link} any more: the next DEL or GC removes it, or 'ifacer prune'`, "yellow"),
    );
  return lines.length > 0 ? [line(0, ""), ...lines] : [];
}

function summarize(groups: readonly Group[]): Line[] {
  const count = flatten(groups).reduce((sum, { problems }) => sum + problems.length, 0);
  if (count === 0) return [];
  return [line(0, ""), line(0, `${count} ${count === 1 ? "problem" : "problems"}, marked with '!'`, "red")];
}

/** Every link once, NICs first. */
function flatten(groups: readonly Group[]): Node[] {
  const all = new Map<NodeLink, Node>();
  const visit = (node: Node): void => {
    all.set(node.link, node);
    for (const child of node.children) visit(child);
  };
  for (const { nics, bond } of groups) for (const node of [...nics, ...(bond ? [bond] : [])]) visit(node);
  return [...all.values()];
}

function listLinks(groups: readonly Group[]): unknown[] {
  const nodes = flatten(groups);
  const here = nodes.filter(({ link }) => link.namespace === undefined);
  const names = new Map(here.map(({ link }) => [link.index, link.name]));
  return nodes.map(({ link, problems }) => ({
    name: link.name,
    altNames: link.altNames,
    index: link.index,
    namespace: link.namespace ?? null,
    kind: link.kind ?? "nic",
    up: link.up,
    carrier: link.carrier,
    mtu: link.mtu,
    mac: link.mac,
    ...describeHardware(link),
    master: link.master ?? null,
    parent: findParent(link, names) ?? null,
    vlan: link.vlan ?? null,
    bond: link.kind === "bond" ? describeBond(link) : null,
    slave: link.slave ?? null,
    madeByIfacer: isOwnAlias(link.alias),
    problems,
  }));
}

function findParent({ namespace, parent, parentIndex }: NodeLink, names: ReadonlyMap<number, string>) {
  return namespace === undefined ? parent : (parent ?? names.get(parentIndex ?? 0));
}

/** What sysfs tells of a NIC of the node. */
function describeHardware({ name, kind, namespace }: NodeLink) {
  const hardware = kind === undefined && namespace === undefined ? readHardware(name) : undefined;
  return { driver: hardware?.driver ?? null, speed: hardware?.speed ?? null };
}

function describeBond({ driverData }: NodeLink): unknown {
  const { mode, active_slave: activeSlave = null, miimon = 0, arp_interval: arpInterval = 0 } = driverData;
  const values = bondOptions
    .filter(({ name }) => name !== "active_slave")
    .map(({ name }) => [name, currentBondValue(driverData, name)] as const);
  const options = Object.fromEntries(values.filter(([, value]) => value !== undefined));
  return { mode, activeSlave, miimon, arpInterval, options };
}
