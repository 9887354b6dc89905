import type { Desired } from "../../model.ts";
import type { JudgementHere } from "../read/chosen.ts";
import { dependsOnName, type Outlook } from "../read/outlook.ts";
import { type Line, line } from "./screen.ts";

/** The links that ifacer makes for a config, by the names that it gives them. */
export function listLinks(desired: Desired): readonly string[] {
  return [...(desired.bond ? [desired.bond.name] : []), ...desired.vlans.map(({ name }) => name)];
}

/** `eth0.3 in each Pod (where CNI_IFNAME is eth0)`. */
export function describePlace(desired: Desired, outlook: Outlook): string {
  if (desired.path) return "a way to the node in each Pod";
  const names = listLinks(desired).join(", ");
  const example = dependsOnName(outlook, desired) ? ` (where CNI_IFNAME is ${outlook.ifName})` : "";
  return `${names} in each Pod${example}`;
}

/** What an entry makes in a Pod, a line each. */
export function showInPod({ bond, vlans, ipam, path }: Desired): Line[] {
  if (path)
    return [line(1, `in each Pod: the node${path.subnets.map((subnet) => `, ${subnet}`).join("")} through veth0`)];
  const giver = ipam === undefined ? "" : `, addresses from the IPAM plugin ${ipam}`;
  return [
    ...(bond ? [`the bond ${bond.name} of ${bond.slaves.join(", ")}${vlans.length === 0 ? giver : ""}`] : []),
    ...vlans.map(({ name, id, parent }) => `the VLAN ${name} with id ${id} on ${parent}${giver}`),
  ].map((text) => line(1, `in each Pod: ${text}`));
}

/** Where an entry's links are and what they are called, as `-o json` prints it. */
export function listPlace({ desired, inPods, select, chosen }: JudgementHere): Readonly<Record<string, unknown>> {
  return {
    place: inPods ? "pod" : "node",
    ifName: inPods?.ifName ?? null,
    // Before NICs are chosen, names that follow from theirs are unknown.
    links: desired && (select === undefined || select.entry.isNamedAlike || chosen) ? listLinks(desired) : [],
  };
}
