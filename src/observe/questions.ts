import { findAltNameFault, isIndexName } from "../config/linkNames.ts";
import { type Desired, loopback, stackedKinds, type VlanEntry } from "../model.ts";
import { aboutLoopback } from "./start.ts";

/**
 * What a look at the host is for: `links` is enough to see that all is in place, and what is missing; `addresses` also tells those
 * of the NICs. `use`, before something is changed, also tells who uses the NICs, and of the VLANs of others, which are all the
 * node's. Where rules are wanted, any look tells the NICs' addresses, the rules, and the routes of their table.
 */
export type Depth = "links" | "addresses" | "use";

/**
 * The lines for `ip -details -json -force -batch -` that show what a config is about: its NICs, its bond, its VLANs, and the
 * given VLANs of others. The number of lines follows the config, not the host.
 *
 * The loopback device answers always: its answer tells that `ip` works and came that far. It is asked again after
 * `link show master`, at which `ip` leaves the batch where the bond isn't there, and after NICs called `if2` and the like,
 * which `ip` takes for an index where they aren't there, to leave the batch when that link has another name.
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
  if (desired.bond) names.add(desired.bond.name);
  const odd = desired.interfaces.filter(isIndexName);
  const nics = desired.interfaces.filter((name) => !isIndexName(name));
  const [rule] = desired.rules ?? [];
  const lines = ofUse
    ? askAboutUse([...desired.interfaces, desired.bond?.name ?? []].flat())
    : nics.map(depth === "addresses" || rule ? askAboutAddresses : askAboutLink);
  lines.push(...[...names].map(askAboutLink));
  if (ofUse) lines.push(...stackedKinds.map((kind) => `link show type ${kind}`), "nexthop show", allRoutes);
  if (rule) lines.push("rule show", `route show table ${rule.table}`);
  lines.push(aboutLoopback);
  if (odd.length > 0) lines.push(...odd.map(askAboutLink), aboutLoopback);
  if (desired.bond) lines.push(`link show master ${desired.bond.name}`, aboutLoopback);
  return lines;
}

/**
 * Tells of each further piece of the output of `ip` whether it is the end of what `ip` says to the lines: it writes each answer at
 * once, and the last one is the loopback device's. Each piece is looked at once, as all together may be many megabytes.
 */
export function watchForEnd(lines: readonly string[]): (piece: string) => boolean {
  let awaited = lines.filter((line) => line === allAddresses || line.endsWith(` dev ${loopback}`)).length;
  let rest = "";
  return (piece) => {
    const text = rest + piece;
    awaited -= countLoopback(text);
    rest = text.slice(1 - answerOfLoopback.length);
    return awaited <= 0 && piece.endsWith("\n");
  };
}

/** Whether `ip` came as far as to tell of each name whether there is a link: the loopback device answered after them. */
export function isEnough(stdout: string, lines: readonly string[]): boolean {
  return countLoopback(stdout) > (lines[0] === aboutLoopback ? 1 : 0);
}

function countLoopback(stdout: string): number {
  return stdout.split(answerOfLoopback).length - 1;
}

/** The kernel walks over all links for each NIC that addresses are asked of; no bond has that many NICs. */
const mostOneByOne = 64;

const allAddresses = "address show";

/** About all links where there are many. */
function askAboutUse(nics: readonly string[]): string[] {
  return nics.length > mostOneByOne ? [allAddresses] : nics.map(askAboutAddresses);
}

const answerOfLoopback = `"ifname":"${loopback}"`;

/** With `dev NIC`, `ip` would leave out the routes for which the NIC is one of several ways. */
const allRoutes = "route show table all";

function askAboutLink(name: string): string {
  return `link show dev ${name}`;
}

function askAboutAddresses(nic: string): string {
  return `address show dev ${nic}`;
}
