import { isOwnAlias } from "../../apply/lines.ts";
import type { NodeLink } from "../read/nodeLinks.ts";
import type { Line } from "./screen.ts";
import type { Group, Node } from "./topology.ts";

/** Draws the groups as trees, with an empty line between those that have something on their NICs. */
export function drawTrees(groups: readonly Group[]): Line[] {
  return groups.flatMap((group, index) => {
    const before = groups[index - 1];
    const apart = before !== undefined && (isTree(group) || isTree(before));
    return [...(apart ? [{ lead: "", hang: "", text: "" }] : []), ...drawGroup(group)];
  });
}

function isTree({ nics, bond }: Group): boolean {
  return bond !== undefined || nics.some(({ children }) => children.length > 0);
}

/** The NICs one below the other, what stands on the last one below it: the bond of them all. */
function drawGroup({ nics, bond }: Group): Line[] {
  if (bond && nics.length === 0) return drawNode(bond, { lead: "", below: "" });
  return nics.flatMap((nic, index) => {
    const children = [...nic.children, ...(bond && index === nics.length - 1 ? [bond] : [])];
    return drawNode({ ...nic, children }, { lead: "", below: "" });
  });
}

function drawNode({ link, problems, children }: Node, { lead, below }: { lead: string; below: string }): Line[] {
  const hang = `${below}${children.length > 0 ? "│ " : "  "}  `;
  return [
    { lead, hang, text: describeNode(link) },
    ...problems.map((problem): Line => ({ lead: hang, hang: `${hang}  `, text: `! ${problem}`, colour: "red" })),
    ...children.flatMap((child, index) => {
      const last = index === children.length - 1;
      return drawNode(child, { lead: `${below}${last ? "└─ " : "├─ "}`, below: `${below}${last ? "   " : "│  "}` });
    }),
  ];
}

/** `bond0: bond active-backup, up, ...`: all there is to know of a link in one line. */
export function describeNode(link: NodeLink): string {
  const facts = [describeKind(link), describeState(link), ...describeBond(link), `MTU ${link.mtu}`];
  if (link.slave) facts.push(`${describeRole(link.slave)} ${link.master}`);
  else if (link.master) facts.push(`belongs to the ${link.masterKind ?? "link"} ${link.master}`);
  if (link.slave && link.slave.failures > 0) facts.push(`link failures ${link.slave.failures}`);
  if (isOwnAlias(link.alias)) facts.push("made by ifacer");
  else if (link.kind === "bond" || link.kind === "vlan") facts.push("not made by ifacer");
  const also = link.altNames.length > 0 ? ` (also ${link.altNames.join(", ")})` : "";
  return `${link.name}${also}: ${facts.join(", ")}`;
}

/** A slave that is down may still be called active by the driver. */
function describeRole({ active, linkUp }: NonNullable<NodeLink["slave"]>): string {
  if (!linkUp) return "failed slave of";
  return active ? "active in" : "backup in";
}

function describeKind(link: NodeLink): string {
  const place = link.namespace === undefined ? "" : ` in the Pod's namespace ${link.namespace}`;
  if (link.kind === undefined) return `NIC${place}`;
  if (link.vlan)
    return `VLAN ${link.vlan.id}${link.vlan.protocol === "802.1Q" ? "" : ` ${link.vlan.protocol}`}${place}`;
  const mode = link.driverData["mode"];
  return `${link.kind}${typeof mode === "string" ? ` ${mode}` : ""}${place}`;
}

/** Whether it is up, and whether anybody is at the other end. */
export function describeState({ up, carrier }: NodeLink): string {
  if (!up) return "down";
  return carrier ? "up" : "up without link";
}

function describeBond({ kind, driverData }: NodeLink): string[] {
  if (kind !== "bond") return [];
  const { miimon, arp_interval: arp, active_slave: active } = driverData as Record<string, unknown>;
  const watch =
    typeof miimon === "number" && miimon > 0
      ? [`miimon ${miimon} ms`]
      : typeof arp === "number" && arp > 0
        ? [`arp_interval ${arp} ms`]
        : ["no link monitoring"];
  return [...(typeof active === "string" ? [`active slave ${active}`] : []), ...watch];
}
