import type { Current, VlanEntry } from "../model.ts";
import { type Listeners, tellWhoIsShared } from "./multicast.ts";
import type { Sight } from "./parse.ts";

/** Puts together what `ip` showed and what the kernel's tables in /proc tell; without listeners no NIC counts as shared. */
export function assemble(
  { links, addresses, routes, nexthops }: Sight,
  { vlans, listeners }: { vlans: readonly VlanEntry[]; listeners: Listeners | undefined },
): Current {
  const isShared = tellWhoIsShared(listeners, links);
  const uses = [...addresses].map(([nic, own]) => {
    const use = { addresses: own, routes: routes.get(nic) ?? [], nexthops: nexthops.get(nic) ?? [] };
    return [nic, { ...use, sharedElsewhere: isShared(nic) }] as const;
  });
  return { links, vlans, uses: new Map(uses) };
}
