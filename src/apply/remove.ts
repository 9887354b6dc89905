import { CniError, Code } from "../error.ts";
import { runIp } from "../host/ip.ts";
import type { Current, Desired } from "../model.ts";
import { findOwn } from "../plan/own.ts";
import { lookAt, type Site } from "./site.ts";

/**
 * Removes the links of a config that are there and are what it describes, topmost first. That they are gone is what was wanted.
 *
 * @param seen what a look at the place showed
 *
 * Throws code 103 where they can't be removed or looked at.
 */
export async function removeOwn(asked: Desired, { site, seen }: { site: Site; seen: Current }): Promise<void> {
  // Routes don't matter, and a Pod may have very many.
  const desired = { ...asked, ipam: undefined };
  const own = findOwn(desired, seen);
  if (own.length === 0) return;
  const { command, status, stderr } = await runIp(
    ["-force", "-batch", "-"],
    own.map(({ name }) => `link delete dev ${name}`),
    site,
  );
  const left = findOwn(desired, await lookAt(site, desired, "links"));
  if (left.length === 0) return;
  throw new CniError(
    Code.ipFailed,
    `${left.map(({ name }) => name).join(", ")} can't be removed: ${stderr.split("\n")[0] || `ip ended with status ${status}`}`,
    { details: `command: ${command}, exit status ${status}\nstderr: ${stderr}` },
  );
}
