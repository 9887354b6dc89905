import { takeBack } from "../../apply/carryOut.ts";
import { allowIPv6, applyInPod, settle } from "../../apply/inPod.ts";
import type { Site } from "../../apply/site.ts";
import { readGranted } from "../../config/granted.ts";
import { nameTopmost } from "../../config/topmost.ts";
import { CniError } from "../../error.ts";
import type { JsonObject } from "../../json.ts";
import { type Current, type Desired, findLink } from "../../model.ts";
import { callIpam, type Grant, type Ipam, requestAddresses } from "../../plugins/ipam.ts";

/** What is to be made in a Pod, and what it was like before. */
export interface PodWork {
  readonly desired: Desired;
  readonly before: Current;
  readonly site: Extract<Site, { place: "pod" }>;
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
 * Throws what failed, with what could not be undone.
 */
export async function makeInPod<T>(work: PodWork, finish: (made: Made) => T): Promise<T> {
  const { desired, before, site, ipam } = work;
  const { now } = await applyInPod(desired, { before, now: before }, site);
  let grant: Grant | undefined;
  let wanted = desired;
  try {
    if (ipam === undefined) return finish({ grant, now });
    grant = await requestAddresses(ipam);
    wanted = { ...desired, ...readGranted(grant.result, { link: nameTopmost(desired) }) };
    await allowIPv6(wanted, { now }, site.netns);
    const addressed = await applyInPod(wanted, { before, now }, site);
    return finish({ grant, now: await settle(wanted, addressed, site) });
  } catch (cause) {
    throw await undoAll(cause, { work: { ...work, desired: wanted }, granted: grant !== undefined });
  }
}

/** Takes all back, and returns the error that says why, and what is left if anything is. */
async function undoAll(cause: unknown, { work, granted }: { work: PodWork; granted: boolean }): Promise<unknown> {
  const { desired, before, site, ipam } = work;
  const left: string[] = [];
  const attempt = async (step: () => Promise<readonly string[]>) => {
    try {
      left.push(...(await step()));
    } catch (error) {
      left.push(error instanceof Error ? error.message : String(error));
    }
  };
  if (ipam && granted) {
    await attempt(async () => {
      await callIpam(ipam, "DEL");
      return [];
    });
  }
  await attempt(async () => (await takeBack(desired, { before, changes: [], site })).map((line) => `left: ip ${line}`));
  if (left.length === 0 || !(cause instanceof CniError)) return cause;
  const { code, message, details } = cause;
  return new CniError(code, `${message}; undoing failed too, DEL will do it: ${left.join("; ")}`, { details, cause });
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
