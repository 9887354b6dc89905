import type { Current, DesiredVlan } from "../../model.ts";
import { findShadows, findSharing } from "../../plan/shadow.ts";
import type { NodeLink } from "../read/nodeLinks.ts";
import { type Around, findLower, placeOf } from "./around.ts";

/**
 * Whether a VLAN on a NIC of the node, in a Pod or not, takes the frames of VLANs in Pods, which ADD refuses: it was made later
 * than they were. All of these VLANs are one problem, of which a few are named.
 */
export function findShadowed(shadow: NodeLink, around: Around): string[] {
  const hit = listShadowed(shadow, around);
  if (hit.length === 0) return [];
  const named = hit.slice(0, 3).map(({ name, namespace }) => `${name} in ${namespace}`);
  const more = hit.length > named.length ? ` and ${hit.length - named.length} more` : "";
  const advice =
    shadow.namespace === undefined
      ? "remove it when nothing uses it, or put these Pods' macvlans on it"
      : "delete one Pod or the other, and use another id";
  return [`${shadow.name} takes all frames of VLANs in Pods, up or down: ${named.join(", ")}${more}; ${advice}`];
}

/** The VLANs in Pods whose frames a VLAN on a NIC of the node takes. */
function listShadowed(shadow: NodeLink, around: Around): NodeLink[] {
  const nic = findLower(shadow, around);
  if (shadow.vlan === undefined || nic === undefined || nic.namespace !== undefined) return [];
  const node = asCurrent([{ ...shadow, parent: nic.name }, nic]);
  return (around.vlansInPods.get(shadow.vlan.id) ?? []).filter((vlan) => isShadowed(vlan, node, around));
}

/**
 * Why a VLAN must not be made on a link of the node, not even for a moment: running Pods have it themselves. `undefined`: it may.
 */
export function refuseToShadow(
  parent: NodeLink,
  { id, protocol }: { id: number; protocol: string },
  around: Around,
): string | undefined {
  const vlan = { ...parent, index: 0, name: "", kind: "vlan", parent: parent.name, vlan: { id, protocol } };
  const [first, ...others] = listShadowed(vlan, around);
  if (first === undefined) return undefined;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  return `VLAN ${id} can't be asked in on ${parent.name}: its link would silence the VLAN ${first.name} in Pod ${first.namespace}${more}, whose frames it takes: ask from within such a Pod`;
}

function isShadowed(vlan: NodeLink, node: Current, { named, slaves }: Around): boolean {
  const place = placeOf({ name: vlan.parent ?? "", namespace: vlan.namespace });
  const parent = named.get(place);
  const below = slaves.get(place) ?? (parent ? [parent] : []);
  const wanted = { interfaces: below.map(({ name }) => name), vlans: [describe(vlan)] };
  return findShadows(wanted, findSharing(wanted, asCurrent(below)), node).length > 0;
}

function describe({ name, parent = "", vlan }: NodeLink): DesiredVlan {
  const protocol = vlan?.protocol === "802.1ad" ? "802.1ad" : "802.1Q";
  return { name, shortName: undefined, parent, id: vlan?.id ?? 0, protocol, settings: [] };
}

function asCurrent(links: readonly NodeLink[]): Current {
  return { links, vlans: [], uses: new Map() };
}
