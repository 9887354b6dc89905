import { CniError, Code } from "../error.ts";
import { runProgram } from "../host/program.ts";
import { findProgram } from "../host/programs.ts";
import type { Current, Desired } from "../model.ts";
import type { Snapshot } from "../observe/snapshot.ts";
import { findTentative } from "../plan/addresses.ts";
import { plan } from "../plan/plan.ts";
import { carryOut, type Done } from "./carryOut.ts";
import { refuseConflicts } from "./conflicts.ts";
import { lookAt, type Site } from "./site.ts";
import { takeBack } from "./takeBack.ts";

/** What a Pod was like before a call changed anything, and what it is like now. */
export interface PodView {
  readonly before: Snapshot;
  readonly now: Current;
}

/**
 * Makes a Pod what is wanted of it: links, addresses, routes. What fails is undone, back to `before`.
 *
 * Throws code 105 (conflict), 102 or 103 (`ip`).
 */
export async function applyInPod(desired: Desired, { before, now }: PodView, site: Site): Promise<Done> {
  const { changes, conflicts } = plan(desired, now);
  if (conflicts.length > 0) await takeBack(desired, before, site);
  refuseConflicts(conflicts);
  if (changes.length === 0) return { changes: [], refused: [], now, before };
  return carryOut(desired, { before, changes, site });
}

/** How long duplicate address detection may take, in ms. It takes 1 to 2 s (RFC 4862, section 5.4). */
const patience = 10_000;

/**
 * Waits until the addresses can be used: IPv6 ones are tentative first. Returns what the last look showed.
 *
 * Throws code 105 where somebody else has one of them, and 103 where it is not known in time.
 */
export async function settle(desired: Desired, { now }: Pick<PodView, "now">, site: Site): Promise<Current> {
  const deadline = performance.now() + patience;
  for (let seen = now; ; seen = await lookAt(site, desired, "links")) {
    refuseConflicts(plan(desired, seen).conflicts);
    const [waiting] = findTentative(desired, seen);
    if (waiting === undefined) return seen;
    if (performance.now() > deadline) {
      const { local, link } = waiting;
      throw new CniError(
        Code.ipFailed,
        `${local} of ${link} can't be used: duplicate address detection has not ended after ${patience / 1000} s`,
      );
    }
    await Bun.sleep(50);
  }
}

/**
 * Makes sure that links may have IPv6 addresses, where some are wanted. A link that is up and has an IPv6 address of its own shows
 * that it may.
 */
export async function allowIPv6(desired: Desired, { now }: Pick<PodView, "now">, netns: string): Promise<void> {
  const links = new Set(desired.addresses.filter(({ local }) => local.includes(":")).map(({ link }) => link));
  const has = (link: string) => now.uses.get(link)?.addresses.some(({ family }) => family === "inet6");
  await enableIPv6(
    [...links].filter((link) => !has(link)),
    netns,
  );
}

/**
 * Lifts the sysctl `disable_ipv6` of a Pod for some links, which forbids them IPv6 addresses and routes.
 *
 * Only who is in the namespace sees its /proc/sys. `ip netns exec` would start a program there, but takes no path.
 */
export async function enableIPv6(links: readonly string[], netns: string): Promise<void> {
  for (const link of links) {
    const path = `/proc/sys/net/ipv6/conf/${link}/disable_ipv6`;
    const [nsenter, tee] = ["nsenter", "tee"].map(findProgram);
    // Without them the kernel's words tell that IPv6 is disabled.
    if (!nsenter || !tee) return;
    // What comes of it shows when the address is added.
    await runProgram([nsenter, `--net=${netns}`, tee, path], { stdin: "0\n" });
  }
}
