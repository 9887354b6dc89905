import type { Current, DesiredVlan } from "../../model.ts";
import { findShadows, findSharing } from "../../plan/shadow.ts";
import type { NodeLink } from "../read/nodeLinks.ts";
import { type Around, placeOf } from "./around.ts";

/**
 * Whether a VLAN of the node takes the frames of VLANs in Pods, which ADD refuses: it was made later than they were. All of
 * these VLANs are one problem, of which a few are named.
 */
export function findShadowed(shadow: NodeLink, around: Around): string[] {
  if (shadow.namespace !== undefined || shadow.vlan === undefined) return [];
  const nic = around.named.get(placeOf({ name: shadow.parent ?? "", namespace: undefined }));
  const node = asCurrent([shadow, ...(nic ? [nic] : [])]);
  const hit = (around.vlansInPods.get(shadow.vlan.id) ?? []).filter((vlan) => isShadowed(vlan, node, around));
  if (hit.length === 0) return [];
  const named = hit.slice(0, 3).map(({ name, namespace }) => `${name} in ${namespace}`);
  const more = hit.length > named.length ? ` and ${hit.length - named.length} more` : "";
  return [
    `${shadow.name} takes all frames of VLANs in Pods, up or down: ${named.join(", ")}${more}; remove it when nothing uses it, or put these Pods' macvlans on it`,
  ];
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
