import { type Current, type Desired, findLink, type Link } from "../model.ts";
import { plan } from "./plan.ts";

/**
 * The links that are there and are what the config describes, topmost first: what a DEL may remove of a Pod. A link that merely
 * has the name of one is somebody else's.
 */
export function findOwn(desired: Desired, current: Current): readonly Link[] {
  const names = [...desired.vlans.map(({ name, shortName }) => shortName ?? name), desired.bond?.name];
  return names.flatMap((name) => {
    const link = name === undefined ? undefined : findLink(current, name);
    return link && isAsDescribed(link, desired, current) ? [link] : [];
  });
}

/** It is what it should be if a plan of it alone finds nothing in its way. */
function isAsDescribed(link: Link, desired: Desired, current: Current): boolean {
  const vlans = desired.vlans.filter(({ name, shortName }) => [name, shortName].includes(link.name));
  const bond = desired.bond?.name === link.name ? desired.bond : undefined;
  // The slaves of a bond and the parent of a VLAN may be gone by now.
  const alone = { ...desired, interfaces: [], bond: bond && { ...bond, slaves: [] }, vlans };
  return !plan(alone, current).conflicts.some((conflict) => conflict.link === link.name);
}
