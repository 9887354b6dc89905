import type { Current, Use } from "../model.ts";

/** In milliseconds; a link that is raised joins its groups within a few. */
const pause = 100;

/**
 * Looks once more where somebody who can't be seen seems to receive through a NIC: links and groups are not read in one
 * moment, and of a NIC that a network service raises in between the own group looks like a stranger's. Shared is what is
 * both times.
 */
export async function confirm(seen: Current, look: () => Promise<Current>): Promise<Current> {
  await Bun.sleep(pause);
  const again = await look();
  const uses = [...again.uses].map(([nic, use]): [string, Use] => [
    nic,
    { ...use, sharedElsewhere: use.sharedElsewhere && (seen.uses.get(nic)?.sharedElsewhere ?? true) },
  ]);
  return { ...again, uses: new Map(uses) };
}
