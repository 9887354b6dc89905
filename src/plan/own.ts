import { findOtherAttachment } from "../config/attachment.ts";
import type { Conflict, Current, Desired, Link } from "../model.ts";
import { inTheWay } from "./conflict.ts";
import { plan } from "./plan.ts";

/**
 * The links that are there and are what the config describes, topmost first: what a DEL may remove of a Pod. A link that merely
 * has the name of one is somebody else's, and so is one that was made for another attachment of the Pod.
 */
export function findOwn(desired: Desired, current: Current): readonly Link[] {
  const { bond, vlans } = desired;
  const parts = [
    ...vlans.map((vlan) => ({ name: vlan.shortName ?? vlan.name, bond: undefined, vlans: [vlan] })),
    // The slaves of a bond may be gone by now.
    ...(bond ? [{ name: bond.name, bond: { ...bond, slaves: [] }, vlans: [] }] : []),
  ];
  // An empty bond that is down would do for ADD whatever its mode.
  const raised = current.links.map((link) => ({ ...link, up: true }));
  return parts.flatMap(({ name, ...part }) => {
    // By its own name: an altname is what anybody in the Pod can give to any link.
    const link = current.links.find((candidate) => candidate.name === name);
    // It is what it should be if a plan of it alone, of which the parent may be gone, finds nothing in its way.
    const { conflicts } = plan({ ...desired, interfaces: [], ...part }, { ...current, links: raised });
    const isOurs = link && findOtherAttachment(link.alias, desired.alias) === undefined;
    return isOurs && !conflicts.some((conflict) => conflict.link === link.name) ? [link] : [];
  });
}

/** Links by the config's names that were made for another attachment of the Pod, whose DEL removes them: there can't be two. */
export function findOthersLinks({ bond, vlans, alias }: Desired, current: Current): Conflict[] {
  const wanted = [
    ...(bond ? [{ name: bond.name, key: "bond.name" }] : []),
    ...vlans.map(({ name, shortName }) => ({ name: shortName ?? name, key: "vlan.name" })),
  ];
  return wanted.flatMap(({ name, key }) => {
    const link = current.links.find((candidate) => candidate.name === name);
    const other = findOtherAttachment(link?.alias, alias);
    if (other === undefined) return [];
    return [inTheWay(name, `${name} was made for the interface ${other} of this Pod: set ${key} to another name`)];
  });
}
