import type { Desired } from "../model.ts";

/** The own name of the link that a Pod's addresses go to: the VLAN, else the bond. */
export function nameTopmost({ vlans, bond }: Desired): string {
  const [vlan] = vlans;
  return vlan ? (vlan.shortName ?? vlan.name) : (bond?.name ?? "");
}

/**
 * The names of the links that a Pod's traffic goes through, as the config knows them: those that ifacer makes, and the interfaces
 * that VLANs are on, which may be somebody's bond. The slaves of a bond belong to it.
 */
export function listTopmostAndBelow({ vlans, bond, interfaces }: Desired): readonly string[] {
  const made = [...(bond ? [bond.name] : []), ...vlans.map((vlan) => vlan.shortName ?? vlan.name)];
  return made.length === 0 ? [] : [...new Set([...(bond ? [] : interfaces), ...made])];
}
