import { findAltNameFault } from "../config/linkNames.ts";
import { type Desired, loopback, stackedKinds, type VlanEntry } from "../model.ts";
import { aboutLoopback } from "./start.ts";

/**
 * What a look at the host is for: `links` is enough to see that all is in place, and what is missing. `use`, before something is
 * changed, also tells who uses the NICs, and of the VLANs of others, which are all the node's.
 */
export type Depth = "links" | "use";

/**
 * The lines for `ip -details -json -force -batch -` that show what a config is about: its NICs, its bond, its VLANs, and the
 * given VLANs of others. The number of lines follows the config, not the host.
 *
 * The loopback device answers always: its answer tells that `ip` works and came that far. It is asked again after
 * `link show master`, at which `ip` leaves the batch where the bond isn't there.
 *
 * Addresses come first: after a `link show` an `address show` of the same batch shows none.
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
  const ofUse = depth === "use" && desired.bond !== undefined;
  const nics = desired.interfaces;
  const aboutNICs = !ofUse
    ? nics.map(askAboutLink)
    : nics.length > mostOneByOne
      ? [allAddresses]
      : nics.map(askAboutAddresses);
  const lines = [...aboutNICs, ...[...names].map(askAboutLink)];
  if (ofUse) lines.push(...stackedKinds.map((kind) => `link show type ${kind}`), allRoutes);
  if (desired.bond) lines.push(askAboutLink(desired.bond.name));
  lines.push(aboutLoopback);
  if (desired.bond) lines.push(`link show master ${desired.bond.name}`, aboutLoopback);
  return lines;
}

/** Whether this is all that `ip` says to the lines: it writes each answer at once, and the last one is the loopback device's. */
export function isWhole(stdout: string, lines: readonly string[]): boolean {
  const asked = lines.filter((line) => line === allAddresses || line.endsWith(` dev ${loopback}`)).length;
  return stdout.endsWith("\n") && countLoopback(stdout) >= asked;
}

/** Whether `ip` came as far as to tell of each name whether there is a link: the loopback device answered after them. */
export function isEnough(stdout: string, lines: readonly string[]): boolean {
  return countLoopback(stdout) > (lines[0] === aboutLoopback ? 1 : 0);
}

function countLoopback(stdout: string): number {
  return stdout.split(`"ifname":"${loopback}"`).length - 1;
}

/** The kernel walks over all links for each NIC that addresses are asked of; no bond has that many NICs. */
const mostOneByOne = 64;

const allAddresses = "address show";

/** With `dev NIC`, `ip` would leave out the routes for which the NIC is one of several ways. */
const allRoutes = "route show table all";

function askAboutLink(name: string): string {
  return `link show dev ${name}`;
}

function askAboutAddresses(nic: string): string {
  return `address show dev ${nic}`;
}
