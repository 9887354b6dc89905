import { readFileSync, writeFileSync } from "node:fs";
import { CniError, Code } from "../error.ts";
import { isThere } from "./file.ts";

/** Where the sysctls of links are. */
const sysctls = "/proc/sys/net/ipv6/conf";

/**
 * Makes a link of this network namespace deaf to router advertisements. Where the node does not forward IPv6 it takes them on every
 * link (`accept_ra` is 1), so that who can send raw packets on the other end would give it addresses and a default route.
 *
 * Throws code 103 where the sysctl can't be set.
 */
export async function ignoreAdvertisements(link: string, folder = sysctls): Promise<void> {
  const path = `${folder}/${link}/accept_ra`;
  try {
    if (await takesAdvertisements(link, folder)) writeFileSync(path, "0\n", { flag: "r+" });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(
      Code.ipFailed,
      `${path} can't be set to 0, without which the Pod could give the node routes by router advertisements: ${reason}`,
      { cause },
    );
  }
}

/** Whether a link of this network namespace may take router advertisements. Throws what the system says. */
export async function takesAdvertisements(link: string, folder = sysctls): Promise<boolean> {
  const path = `${folder}/${link}/accept_ra`;
  // A kernel without IPv6 has none, nor has a link that is gone.
  return (await isThere(path)) && readFileSync(path, "utf8").trim() !== "0";
}
