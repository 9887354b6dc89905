import { bondOptionWords, currentBondValue, isSetAfterEnslaving } from "../config/bondOptions.ts";
import { type BondOption, bondOptions } from "../config/bondTable.ts";
import { parseValue } from "../config/values.ts";
import { type Address, type Current, type Desired, isBondMode, type Link } from "../model.ts";

/** Two looks at the host, and what lies between them was done by an ADD. */
interface Span {
  readonly before: Current;
  readonly now: Current;
}

/**
 * The lines for `ip -force -batch -` that take back what an ADD did: the inverse of what is there now and was not before.
 * Empty where the host is as it was. Links of somebody else that appeared meanwhile have to be in `before`.
 */
export function writeUndoLines(desired: Desired, { before, now }: Span): string[] {
  const made = findMade(desired, { before, now });
  const kept = now.links.flatMap((link) => {
    const earlier = findByIndex(before, link);
    return earlier ? [{ earlier, link }] : [];
  });
  return [
    ...made.filter((link) => link.kind === "vlan").map(remove),
    ...kept
      .filter(({ earlier, link }) => link.master !== earlier.master)
      .map(({ link }) => `link set dev ${link.name} nomaster`),
    ...made.filter((link) => link.kind !== "vlan").map(remove),
    ...kept.flatMap(({ earlier, link }) => restore(earlier, link)),
    // A route of several ways is found under each of their NICs.
    ...new Set(kept.flatMap(({ earlier }) => restoreUse(earlier.name, before, now))),
  ];
}

/** The links that the config asks for, that are there now and were not before. */
export function findMade(desired: Desired, { before, now }: Span): readonly Link[] {
  const own = [desired.bond?.name, ...desired.vlans.flatMap(({ name, shortName }) => [shortName ?? name])];
  return now.links.filter((link) => own.includes(link.name) && findByIndex(before, link) === undefined);
}

function findByIndex(current: Current, { index }: Link): Link | undefined {
  return current.links.find((link) => link.index === index);
}

function remove({ name }: Link): string {
  return `link delete dev ${name}`;
}

function restore(earlier: Link, link: Link): string[] {
  const { name } = earlier;
  const lines = link.altNames
    .filter((altName) => !earlier.altNames.includes(altName))
    .map((altName) => `link property del dev ${name} altname ${altName}`);
  const released = link.master !== earlier.master;
  if (link.up && !earlier.up) lines.push(`link set dev ${name} down`);
  if (link.kind === "bond") lines.push(...restoreBond(earlier, link));
  if (link.mtu !== earlier.mtu) lines.push(`link set dev ${name} mtu ${earlier.mtu}`);
  // A NIC that leaves its bond gets its own MAC back from the driver.
  if (link.mac !== earlier.mac && !released) lines.push(`link set dev ${name} address ${earlier.mac}`);
  // It is also set down.
  if (earlier.up && (released || !link.up)) lines.push(`link set dev ${name} up`);
  return lines;
}

/**
 * The active slave is the driver's own choice once the slaves are as they were. What the driver would not take in the earlier
 * mode, or without the earlier monitor, goes first, while it still does.
 */
function restoreBond(earlier: Link, link: Link): string[] {
  const changed = bondOptions.flatMap((row) => {
    const value = currentBondValue(earlier.driverData, row.name);
    const now = currentBondValue(link.driverData, row.name);
    // An empty list takes the addresses away.
    if (row.rule.kind === "addresses" && value === undefined && now) return [{ row, words: [row.name, '""'] }];
    const same = value === undefined || value === now;
    return same || "fault" in parseValue(row.rule, value) || isSetAfterEnslaving(row.name)
      ? []
      : [{ row, words: bondOptionWords({ name: row.name, value }) }];
  });
  const first = changed.filter(({ row }) => isRefusedBy(earlier, row)).flatMap(({ words }) => words);
  const then = changed.filter(({ row }) => !isRefusedBy(earlier, row)).flatMap(({ words }) => words);
  const mode = earlier.driverData["mode"];
  if (isBondMode(mode) && mode !== link.driverData["mode"]) then.unshift("mode", mode);
  return [first, then]
    .filter((words) => words.length > 0)
    .map((words) => `link set dev ${earlier.name} type bond ${words.join(" ")}`);
}

/** Whether the driver refuses an option, whatever its value, in a bond's mode and with its monitor. */
function isRefusedBy({ driverData }: Link, { modes, needs }: BondOption): boolean {
  const outOfMode = modes?.elsewhere === "driver-refuses" && !modes.only.some((mode) => mode === driverData["mode"]);
  const lacking = needs?.otherwise === "driver-refuses" && currentBondValue(driverData, needs.option) === "0";
  return outOfMode || lacking;
}

/**
 * What a NIC loses while it is down: IPv6 addresses, and all routes but those that come back with an address. Lifetimes go
 * on meanwhile, so an address is known by itself.
 */
function restoreUse(nic: string, before: Current, now: Current): string[] {
  const earlier = before.uses.get(nic);
  const use = now.uses.get(nic);
  if (earlier === undefined || use === undefined) return [];
  const addresses = new Set(use.addresses.map(describeAddress));
  const routes = new Set(use.routes.map(({ words }) => words.join(" ")));
  return [
    ...earlier.addresses
      .filter((address) => !addresses.has(describeAddress(address)))
      .map(({ words }) => `address add ${words.join(" ")} dev ${nic}`),
    ...earlier.routes
      .filter(({ protocol, words }) => protocol !== "kernel" && !routes.has(words.join(" ")))
      // Of a route of several ways some may be left.
      .map(({ words }) => `route ${words.includes("nexthop") ? "replace" : "add"} ${words.join(" ")}`),
  ];
}

function describeAddress({ local, prefixLength }: Address): string {
  return `${local}/${prefixLength}`;
}
