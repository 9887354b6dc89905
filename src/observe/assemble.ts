import type { Current, VlanEntry } from "../model.ts";
import { findSharedNICs } from "./multicast.ts";
import type { Sight } from "./parse.ts";

/** Puts together what `ip` showed and what the kernel's tables in /proc tell: `multicast` is the text of /proc/net/dev_mcast. */
export function assemble(
  { links, addresses, routes }: Sight,
  { vlans, multicast }: { vlans: readonly VlanEntry[]; multicast: string },
): Current {
  const shared = findSharedNICs(multicast);
  const uses = [...addresses].map(
    ([nic, own]) => [nic, { addresses: own, routes: routes.get(nic) ?? [], sharedElsewhere: shared.has(nic) }] as const,
  );
  return { links, vlans, uses: new Map(uses) };
}
