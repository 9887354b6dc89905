import type { Conflict, Link } from "../model.ts";

/** A conflict with a link that is on the host. `message`: what is there, what was wanted, what to do. */
export function inTheWay(link: string, message: string): Conflict {
  return { reason: "inTheWay", link, message };
}

/** What a link is, in words: `a bond`, `a VLAN with id 100 on ens192`, `a NIC`. */
export function describeLink(link: Link): string {
  if (link.vlan) {
    return `a VLAN with id ${link.vlan.id} and protocol ${link.vlan.protocol} on ${link.parent ?? "a link in another namespace"}`;
  }
  return link.kind === undefined ? "a NIC" : `a link of kind ${link.kind}`;
}
