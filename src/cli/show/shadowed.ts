import type { Current, DesiredVlan } from "../../model.ts";
import { findShadows, findSharing } from "../../plan/shadow.ts";
import type { NodeLink } from "../read/nodeLinks.ts";

/**
 * Whether a VLAN of the node takes the frames of VLANs in Pods, which ADD refuses: it was made later than they were. All of
 * these VLANs are one problem, of which a few are named.
 */
export function findShadowed(shadow: NodeLink, links: readonly NodeLink[]): string[] {
  if (shadow.namespace !== undefined || shadow.vlan === undefined) return [];
  const node = asCurrent(
    links.filter(({ namespace, name }) => namespace === undefined && [shadow.name, shadow.parent].includes(name)),
  );
  const sameID = links.filter(({ namespace, vlan }) => namespace !== undefined && vlan?.id === shadow.vlan?.id);
  const hit = sameID.filter((link) => isShadowed(link, links, node));
  if (hit.length === 0) return [];
  const named = hit.slice(0, 3).map(({ name, namespace }) => `${name} in ${namespace}`);
  const more = hit.length > named.length ? ` and ${hit.length - named.length} more` : "";
  return [
    `${shadow.name} takes all frames of VLANs in Pods, up or down: ${named.join(", ")}${more}; remove it when nothing uses it, or put these Pods' macvlans on it`,
  ];
}

function isShadowed(vlan: NodeLink, links: readonly NodeLink[], node: Current): boolean {
  const pod = links.filter(({ namespace }) => namespace === vlan.namespace);
  const slaves = pod.filter(({ master }) => master !== undefined && master === vlan.parent).map(({ name }) => name);
  const wanted = { interfaces: slaves.length > 0 ? slaves : [vlan.parent ?? ""], vlans: [describe(vlan)] };
  return findShadows(wanted, findSharing(wanted, asCurrent(pod)), node).length > 0;
}

function describe({ name, parent = "", vlan }: NodeLink): DesiredVlan {
  const protocol = vlan?.protocol === "802.1ad" ? "802.1ad" : "802.1Q";
  return { name, shortName: undefined, parent, id: vlan?.id ?? 0, protocol, settings: [] };
}

function asCurrent(links: readonly NodeLink[]): Current {
  return { links, vlans: [], uses: new Map() };
}
