import type { Current, VlanEntry } from "../model.ts";
import type { IpOutput } from "./parse.ts";

/** Puts together what `ip` showed and what the kernel's tables in /proc tell. */
export function assemble(
  { links, addresses, routes, nexthops, rules }: IpOutput,
  { vlans, isShared }: { vlans: readonly VlanEntry[]; isShared: (nic: string) => boolean },
): Current {
  const uses = [...addresses].map(([nic, own]) => {
    const use = { addresses: own, routes: routes.get(nic) ?? [], nexthops: nexthops.get(nic) ?? [] };
    return [nic, { ...use, sharedElsewhere: isShared(nic) }] as const;
  });
  return { links, vlans, uses: new Map(uses), ...(rules.length > 0 && { rules }) };
}
