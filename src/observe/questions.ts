import { findAltNameFault } from "../config/names.ts";
import type { Desired, VlanEntry } from "../model.ts";

/** What a look at the host is for: `links` is enough to see that all is in place, `use` also tells who uses the NICs. */
export type Depth = "links" | "use";

/**
 * The lines for `ip -details -json -force -batch -` that show what a config is about: its NICs, its bond, its VLANs, and the
 * given VLANs of others. The number of lines follows the config, not the host.
 *
 * The loopback device answers always: its answer tells that `ip` works and came that far. `link show master` comes last,
 * as `ip` leaves the batch at that line where the bond isn't there.
 */
export function askAbout(desired: Desired, { vlans, depth }: { vlans: readonly VlanEntry[]; depth: Depth }): string[] {
  const names = new Set<string>();
  for (const vlan of desired.vlans) {
    names.add(vlan.name);
    if (vlan.shortName) names.add(vlan.shortName);
  }
  for (const vlan of vlans) {
    if (findAltNameFault(vlan.name) === undefined) names.add(vlan.name);
  }
  const nics =
    depth === "use" && desired.bond ? desired.interfaces.flatMap(askAboutUse) : desired.interfaces.map(askAboutLink);
  const lines = [...nics, ...[...names].map(askAboutLink)];
  if (depth === "use" && desired.bond) lines.push(...stackedKinds.map((kind) => `link show type ${kind}`));
  if (desired.bond) lines.push(askAboutLink(desired.bond.name));
  lines.push(askAboutLink(loopback));
  if (desired.bond) lines.push(`link show master ${desired.bond.name}`);
  return lines;
}

/** The one link that every network namespace has. */
export const loopback = "lo";

/** Kinds of link that stand on a NIC without being its master. VLANs are known from /proc/net/vlan/config. */
const stackedKinds = ["macvlan", "macvtap", "ipvlan", "ipvtap"];

function askAboutLink(name: string): string {
  return `link show dev ${name}`;
}

function askAboutUse(nic: string): string[] {
  return [`address show dev ${nic}`, `route show table all dev ${nic}`];
}
