import { CniError } from "../error.ts";
import { ignoreAdvertisements } from "../host/advertisements.ts";
import { type Current, type Desired, loopback } from "../model.ts";
import { snapshotBefore } from "../observe/snapshot.ts";
import { plan } from "../plan/plan.ts";
import { showCommand } from "../plan/shell.ts";
import { carryOut } from "./carryOut.ts";
import { enableIPv6 } from "./inPod.ts";
import type { Site } from "./site.ts";
import { takeBack } from "./takeBack.ts";

/** What one place is to have, what a look at it showed, and where it is. */
export interface PlaceWork {
  readonly desired: Desired;
  readonly seen: Current;
  readonly site: Site;
}

/**
 * Makes several places what is wanted of them, one after the other. Where one fails, that and those before are made what they were.
 *
 * A pair of links belongs to one Pod, for which a runtime makes one call at a time, so that no lock is needed.
 *
 * Throws code 105 (conflict), 102 or 103 (`ip`).
 */
export async function applyPlaces(places: readonly PlaceWork[]): Promise<void> {
  const done: (() => Promise<readonly string[]>)[] = [];
  for (const { desired, seen, site } of places) {
    const { changes } = plan(desired, seen);
    const before = await snapshotBefore(desired, seen, site);
    try {
      if (changes.length > 0) {
        await enableFamily(desired, seen, site);
        await carryOut(desired, { before, changes, site });
        done.push(async () => (await takeBack(desired, before, site)).left);
      }
      // Before the Pod's end goes up; also of an end that a killed ADD has made.
      if (site.netns === undefined && desired.path?.end) await ignoreAdvertisements(desired.path.end.name);
    } catch (cause) {
      throw await undoAll(cause, done.reverse());
    }
  }
}

/**
 * A Pod's end can't have routes of IPv6 where the Pod's sysctls forbid it, as those of a Pod with IPv4 alone may. That the loopback
 * device has its address shows that they don't.
 */
async function enableFamily({ routes, path }: Desired, { uses }: Current, { netns }: Site): Promise<void> {
  const end = path?.end?.name;
  if (netns === undefined || end === undefined) return;
  const isWanted = routes.some(({ link, destination }) => link === end && destination.includes(":"));
  const isAllowed = [end, loopback].some((link) => uses.get(link)?.addresses.some(({ family }) => family === "inet6"));
  if (isWanted && !isAllowed) await enableIPv6([end], netns);
}

/** Takes back what was done in the places before, and returns the error that says why, and what is left if anything is. */
async function undoAll(cause: unknown, undoings: readonly (() => Promise<readonly string[]>)[]): Promise<unknown> {
  const faults: string[] = [];
  for (const undo of undoings) {
    try {
      faults.push(...(await undo()).map(showCommand));
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (faults.length === 0 || !(cause instanceof CniError)) return cause;
  const { code, message, details } = cause;
  return new CniError(code, `${message}; left on the node, DEL will remove it: ${faults.join("; ")}`, {
    details,
    cause,
  });
}
