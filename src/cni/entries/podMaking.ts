import { allowIPv6, applyInPod, settle } from "../../apply/inPod.ts";
import { takeBack } from "../../apply/takeBack.ts";
import { readGranted } from "../../config/granted.ts";
import { nameTopmost } from "../../config/topmost.ts";
import { CniError, Code } from "../../error.ts";
import { type NamespaceInode, requireSame } from "../../host/podNamespace.ts";
import type { JsonObject } from "../../json.ts";
import { type Current, type Desired, findLink } from "../../model.ts";
import { snapshotBefore } from "../../observe/snapshot.ts";
import { showCommand } from "../../plan/shell.ts";
import { callIpam, type Grant, type Ipam, requestAddresses } from "../../plugins/ipam.ts";

/** What is to be made in a Pod, and what it was like before. */
export interface PodWork {
  readonly desired: Desired;
  /** What a look showed. */
  readonly seen: Current;
  /** Path of its network namespace. */
  readonly netns: string;
  /** Which one it was when it was looked at. */
  readonly inode: NamespaceInode;
  readonly ipam: Ipam | undefined;
}

/** What was made in a Pod. */
export interface Made {
  readonly grant: Grant | undefined;
  readonly now: Current;
}

/**
 * Makes the links, asks the IPAM plugin for their addresses, as a DHCP client needs the link for that, and gives them to the
 * topmost link; `finish` is the last step. Whatever fails, also that, is undone: the links, and what the IPAM plugin gave.
 *
 * An IPAM plugin takes its time: where the Pod is gone by then, its path may lead to another Pod, which is left alone.
 *
 * Throws what failed, with what could not be undone; code 3 where the Pod is gone.
 */
export async function makeInPod<T>(work: PodWork, finish: (made: Made) => T): Promise<T> {
  const { desired, seen, netns, inode, ipam } = work;
  const site = { netns };
  const requirePod = () => requireSame(netns, inode);
  await requirePod();
  const before = await snapshotBefore(desired, seen, site);
  const { now } = await applyInPod(desired, { before, now: seen }, site);
  let grant: Grant | undefined;
  let wanted = desired;
  try {
    if (ipam === undefined) return finish({ grant, now });
    grant = await requestAddresses(ipam);
    await requirePod();
    wanted = { ...desired, ...readGranted(grant.result, { link: nameTopmost(desired) }) };
    await allowIPv6(wanted, { now }, netns);
    const addressed = await applyInPod(wanted, { before, now }, site);
    const settled = await settle(wanted, addressed, site);
    await requirePod();
    return finish({ grant, now: settled });
  } catch (cause) {
    throw await undoAll(cause, {
      ipam: grant && ipam,
      restore: async () => {
        await requirePod();
        return (await takeBack(wanted, before, site)).left;
      },
    });
  }
}

/** Takes all back, and returns the error that says why, and what is left if anything is. */
async function undoAll(
  cause: unknown,
  { ipam, restore }: { ipam: Ipam | undefined; restore: () => Promise<readonly string[]> },
): Promise<unknown> {
  const faults: string[] = [];
  try {
    if (ipam) await callIpam(ipam, "DEL");
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  }
  try {
    faults.push(...(await restore()).map((line) => `${showCommand(line)} is left to do in the Pod`));
  } catch (error) {
    // With the Pod all went that was in it.
    const isGone = error instanceof CniError && error.code === Code.noNamespace;
    if (!isGone) faults.push(error instanceof Error ? error.message : String(error));
  }
  if (faults.length === 0 || !(cause instanceof CniError)) return cause;
  const { code, message, details } = cause;
  return new CniError(code, `${message}; undoing failed too, DEL will do it: ${faults.join("; ")}`, { details, cause });
}

/** The links of a config as they are in the Pod, in the order in which they were made: the bond, then the VLANs. */
export function listMade({ bond, vlans }: Desired, now: Current) {
  return [...(bond ? [bond.name] : []), ...vlans.map(({ name }) => name)].flatMap((name) => findLink(now, name) ?? []);
}

/** The IPAM plugin of an entry, for the link that it gives addresses to. */
export function describeIpam(
  desired: Desired,
  { path, body, netns }: { path: string; body: JsonObject; netns?: string | undefined },
): Ipam | undefined {
  return desired.ipam === undefined
    ? undefined
    : { type: desired.ipam, path, ifName: nameTopmost(desired), netns, config: body };
}
