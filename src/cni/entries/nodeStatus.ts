import { CniError, Code } from "../../error.ts";
import { findIp } from "../../host/ip.ts";
import { type Driver, hasNetAdmin, isAvailable } from "../../host/proc.ts";
import type { Current, Desired } from "../../model.ts";
import { planLinks } from "../../plan/links.ts";

// Runtimes take a node out of service on STATUS's word, so what can't be told for sure counts as working.

/** Throws code 50 where no ADD of this config can work on this node: no `ip`, no rights, no driver. */
export async function checkNode(desired: Desired): Promise<void> {
  if (findIp() === undefined) refuse("there is no 'ip' on this node: install the package iproute2");
  if (!(await hasNetAdmin())) refuse("ifacer may not change the network: run it as root with CAP_NET_ADMIN");
  for (const driver of neededDrivers(desired)) {
    if (await isAvailable(driver)) continue;
    refuse(`the kernel has no ${driver} driver: install the package that brings it, then 'modprobe ${driver}'`);
  }
}

/** Throws code 50 where a NIC of the config is not among what was seen of the node. */
export function checkInterfaces(desired: Desired, seen: Current): void {
  const { conflicts } = planLinks(desired, seen);
  const missing = conflicts.filter(({ reason }) => reason === "missing");
  if (missing.length > 0) refuse(missing.map(({ message }) => message).join(", "));
}

function refuse(reason: string): never {
  throw new CniError(Code.notAvailable, reason);
}

function neededDrivers(desired: Desired): Driver[] {
  return [...(desired.bond ? ["bonding" as const] : []), ...(desired.vlans.length > 0 ? ["8021q" as const] : [])];
}
