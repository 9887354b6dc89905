import { type IpRun, runIp } from "../host/ip.ts";
import { inNamespace } from "../host/netns.ts";
import type { Current, Desired } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { observePod } from "../observe/pod.ts";
import type { Depth } from "../observe/questions.ts";

/** Where a plan is carried out: on the node with the lock held, or in a Pod, for which a runtime makes one call at a time. */
export type Site =
  | { readonly place: "node"; readonly lock: number }
  | { readonly place: "pod"; readonly netns: string };

/** Looks at what the config is about, where it is. Throws as `observe` and `observePod` do. */
export function lookAt(site: Site, desired: Desired, depth: Depth): Promise<Current> {
  return site.place === "pod" ? observePod(site.netns) : observe(desired, { depth });
}

/** Gives `ip` lines that change something there. */
export function runAt(site: Site, options: readonly string[], lines: readonly string[]): Promise<IpRun> {
  const batch = [...options, "-batch", "-"];
  return site.place === "pod"
    ? runIp([...inNamespace(site.netns), ...batch], lines)
    : runIp(batch, lines, { lock: site.lock });
}
