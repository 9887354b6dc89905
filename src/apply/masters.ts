import { writeSubnet } from "../config/addresses.ts";
import { CniError, Code } from "../error.ts";
import type { Current } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { describeTooFew, isEnough, listNames } from "../plan/choose.ts";
import type { Policy } from "../policy/schema.ts";
import type { PoolEntry } from "../pool/entry.ts";
import { desireMasters } from "../pool/layout.ts";
import { chooseNics } from "./chooseNics.ts";

/** The NICs of an entry, and what a look showed of them. */
export interface SeenMasters {
  /** As the config names them, or as they were chosen. */
  readonly names: readonly string[];
  readonly seen: Current;
}

/**
 * Finds the NICs of an entry, and looks at them with their addresses, the node's rules and the routes of the entry's table.
 *
 * @param policy the node's policy; `undefined`: there is none
 *
 * Throws code 100 where too few can be chosen, 102 (no `ip`) or 103 (`ip` can't look).
 */
export async function findMasters(entry: PoolEntry, policy: Policy | undefined): Promise<SeenMasters> {
  const names = await chooseNames(entry, policy);
  return { names, seen: await observe(desireMasters(entry, names), { depth: "addresses" }) };
}

async function chooseNames({ nics, masterNets }: PoolEntry, policy: Policy | undefined): Promise<readonly string[]> {
  if ("interfaces" in nics) return nics.interfaces;
  const { rules, bySelect } = nics;
  const choice = await chooseNics(rules, { policy });
  if (isEnough(rules, choice)) return listNames(choice);
  const { message, details } = describeTooFew(rules, choice);
  const networks = masterNets.map(writeSubnet).join(", ");
  const own = networks === "" ? "an IPv4 address" : `an address in ${networks} (masterNets)`;
  const said = bySelect ? message : `no NIC of this node that may be chosen has ${own}`;
  throw new CniError(Code.missingInterface, said, { details });
}
