import type { IpSite } from "../host/ip.ts";
import type { Current, Desired } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { observePod } from "../observe/pod.ts";
import type { Depth } from "../observe/questions.ts";

/** Where a plan is carried out: on the node with the lock held, or in a Pod, for which a runtime makes one call at a time. */
export type Site = IpSite;

/** Looks at what the config is about, where it is. Throws as `observe` and `observePod` do. */
export async function lookAt(site: Site, desired: Desired, depth: Depth): Promise<Current> {
  if (desired.path) return (await import("../observe/path.ts")).observeAgain(desired, site);
  const { netns } = site;
  return netns === undefined
    ? observe(desired, { depth })
    : observePod(netns, { routes: desired.routes.length > 0 || desired.ipam !== undefined });
}
