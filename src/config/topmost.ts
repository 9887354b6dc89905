import type { Desired } from "../model.ts";

/** The own name of the link that a Pod's addresses go to: the VLAN, else the bond. */
export function nameTopmost({ vlans, bond }: Desired): string {
  const [vlan] = vlans;
  return vlan ? (vlan.shortName ?? vlan.name) : (bond?.name ?? "");
}
