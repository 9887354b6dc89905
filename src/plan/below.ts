import type { Link } from "../model.ts";

/** What a link is made of among these, as far down as there is: the slaves of a bond or bridge, the link below a VLAN. */
export function listBelow(link: Link, links: readonly Link[]): readonly Link[] {
  const found = new Set([link]);
  for (const upper of found) {
    for (const lower of links) if (lower.master === upper.name || lower.name === upper.parent) found.add(lower);
  }
  found.delete(link);
  return [...found];
}
