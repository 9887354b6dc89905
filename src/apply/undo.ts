import { bondOptionWords, currentBondValue, isSetAfterEnslaving } from "../config/bondOptions.ts";
import { bondOptions } from "../config/bondTable.ts";
import type { Current, Desired, Link } from "../model.ts";

/**
 * The lines for `ip -force -batch -` that take back what an ADD did: the inverse of what is there now and was not before.
 * Empty where the host is as it was.
 *
 * @param foreign names of links that appeared meanwhile but are somebody else's
 */
export function writeUndoLines(
  desired: Desired,
  { before, now, foreign = [] }: { before: Current; now: Current; foreign?: readonly string[] },
): string[] {
  const own = [desired.bond?.name, ...desired.vlans.flatMap(({ name, shortName }) => [shortName ?? name])];
  const made = now.links.filter(
    (link) => own.includes(link.name) && !foreign.includes(link.name) && findByIndex(before, link) === undefined,
  );
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
    ...kept.flatMap(({ earlier }) => restoreUse(earlier.name, before, now)),
  ];
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

/** The active slave is the driver's own choice once the slaves are as they were. */
function restoreBond(earlier: Link, link: Link): string[] {
  const words = bondOptions.flatMap(({ name }) => {
    const value = currentBondValue(earlier.driverData, name);
    const same = value === undefined || value === currentBondValue(link.driverData, name);
    return same || isSetAfterEnslaving(name) ? [] : bondOptionWords({ name, value });
  });
  const mode = earlier.driverData["mode"];
  if (mode !== link.driverData["mode"]) words.unshift("mode", String(mode));
  return words.length === 0 ? [] : [`link set dev ${earlier.name} type bond ${words.join(" ")}`];
}

/** What a NIC loses while it is down: global IPv6 addresses, and all routes but those that come back with an address. */
function restoreUse(nic: string, before: Current, now: Current): string[] {
  const earlier = before.uses.get(nic);
  const use = now.uses.get(nic);
  if (earlier === undefined || use === undefined) return [];
  const addresses = new Set(use.addresses.map(({ words }) => words.join(" ")));
  const routes = new Set(use.routes.map(({ words }) => words.join(" ")));
  return [
    ...earlier.addresses
      .filter(({ scope, words }) => scope !== "link" && !addresses.has(words.join(" ")))
      .map(({ words }) => `address add ${words.join(" ")} dev ${nic}`),
    ...earlier.routes
      .filter(({ protocol, words }) => protocol !== "kernel" && !routes.has(words.join(" ")))
      .map(({ words }) => `route add ${words.join(" ")} dev ${nic}`),
  ];
}
