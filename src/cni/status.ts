import { CniError, Code } from "../error.ts";
import { findIp } from "../host/ip.ts";
import { type Driver, hasNetAdmin, isAvailable } from "../host/proc.ts";
import type { Desired } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { plan } from "../plan/plan.ts";

/**
 * Throws code 50 where an ADD of this config can't work on this node now. Reads only.
 *
 * Runtimes take a node out of service on this word, so what can't be told for sure counts as working.
 */
export function checkStatus(desired: Desired): void {
  const reason = findObstacle(desired);
  if (reason) throw new CniError(Code.notAvailable, reason);
}

function findObstacle(desired: Desired): string | undefined {
  if (findIp() === undefined) return "there is no 'ip' on this node: install the package iproute2";
  if (!hasNetAdmin()) return "ifacer may not change the network: run it as root with CAP_NET_ADMIN";
  const driver = neededDrivers(desired).find((needed) => !isAvailable(needed));
  if (driver)
    return `the kernel has no ${driver} driver: install the package that brings it, then 'modprobe ${driver}'`;
  const { conflicts } = plan(desired, observe(desired, { depth: "links" }));
  const missing = conflicts.filter(({ reason }) => reason === "missing");
  return missing.length > 0 ? missing.map(({ message }) => message).join(", ") : undefined;
}

function neededDrivers(desired: Desired): Driver[] {
  return [...(desired.bond ? ["bonding" as const] : []), ...(desired.vlans.length > 0 ? ["8021q" as const] : [])];
}
