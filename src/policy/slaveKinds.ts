import { type Conflict, type Current, type Desired, findLink, type Link } from "../model.ts";

/** Kinds of link that nobody else stands on by their nature, beside hardware, which has none but the ports of a switch chip. */
const usualKinds = ["dsa", "vlan", "dummy"];

/**
 * The listed links that must not join the bond for what they are: whoever made a veth, a bridge or a tunnel stands on it, and that
 * can't be seen from here. A bond is refused for a reason of its own.
 *
 * @param more the kinds that the node's admin adds
 */
export function findUnfitKinds(desired: Desired, current: Current, more: readonly string[]): Conflict[] {
  const { bond } = desired;
  if (bond === undefined) return [];
  const allowed = [...usualKinds, "bond", ...more];
  return desired.interfaces.flatMap((name) => {
    const link = findLink(current, name);
    if (link?.kind === undefined || link.master === bond.name || allowed.includes(link.kind) || isTap(link)) return [];
    const message = `${link.name} is ${describeKind(link.kind)}, ${whoStands(link.kind)} would be cut off: leave it out of interfaces, or have the node's admin add ${link.kind} to interfaces.slaveKinds of the policy`;
    return [{ reason: "inTheWay", link: link.name, message }];
  });
}

function isTap({ kind, driverData }: Link): boolean {
  return kind === "tun" && driverData["type"] === "tap";
}

function describeKind(kind: string): string {
  return kind === "veth" ? "one end of a veth" : `a link of kind ${kind}`;
}

function whoStands(kind: string): string {
  if (kind === "veth") return "and the other end, a Pod's for example,";
  if (kind === "bridge") return "and its ports";
  return "and who uses it as such";
}
