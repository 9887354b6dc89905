import { type IpSite, runIp } from "../host/ip.ts";
import type { Desired, Link } from "../model.ts";
import { listOwnNames, type Snapshot, snapshotNow } from "../observe/snapshot.ts";
import { showCommand } from "../plan/shell.ts";
import { describeMoved } from "./failure.ts";
import { isSafeLine, writeLines } from "./lines.ts";
import { type Restoring, restoreEntries } from "./restoreEntries.ts";
import { findByIndex } from "./taken.ts";

/** How often is tried: some things can be put back only once others are there again. */
const rounds = 3;

/**
 * Puts back what the node lost while links were replaced: addresses, routes, neighbours and nexthop objects of theirs and of what
 * stands on them, slaves of others, and the up or down state of what stands on them, which follows that of the link below.
 *
 * Returns what is to be told: what can't be put back. Throws code 102 or 103 where `ip` can't look.
 */
export async function putBack(desired: Desired, before: Snapshot, site: IpSite): Promise<readonly string[]> {
  // The config's own links are as it wants them.
  const own = listOwnNames(desired);
  const others = before.links.filter(({ name }) => !own.includes(name));
  const planNow = async (): Promise<Restoring> => {
    const now = await snapshotNow(before, { isConcerned: () => false, site });
    const { lines, moved } = restoreEntries({ before, now }, new Set());
    return { lines: [...others.flatMap((link) => restoreState(link, { before, now })), ...lines], moved };
  };
  let { lines, moved } = await planNow();
  for (let round = 1; round <= rounds && lines.length > 0; round++) {
    const safe = lines.filter(isSafeLine);
    if (safe.length > 0) await runIp(["-force", "-batch", "-"], safe, site);
    ({ lines, moved } = await planNow());
  }
  return [
    ...(moved.length > 0 ? [describeMoved(moved)] : []),
    ...(lines.length > 0 ? [`could not put back all that was lost, run: ${lines.map(showCommand).join("; ")}`] : []),
  ];
}

/** A VLAN goes down and up with the bond below, whatever it was before. A slave that somebody else added may have been left out. */
function restoreState(earlier: Link, { before, now }: { before: Snapshot; now: Snapshot }): string[] {
  const link = findByIndex(now, earlier);
  const bond = before.links.find(({ kind, name }) => kind === "bond" && name === earlier.master);
  const master = bond && before.remade?.includes(bond.index) ? findByIndex(now, bond) : undefined;
  if (link && master && link.master === undefined) {
    return writeLines({ type: "enslave", nic: link.name, bond: master.name });
  }
  if (link?.kind !== "vlan" || link.up === earlier.up) return [];
  return [`link set dev ${link.name} ${earlier.up ? "up" : "down"}`];
}
