import type { Current } from "../model.ts";
import type { PoolEntry } from "../pool/entry.ts";
import { desireMasters } from "../pool/layout.ts";
import { observe } from "./observe.ts";

/** The NICs of an entry, and what a look showed of them. */
export interface SeenMasters {
  /** As the config names them, or as they were chosen. */
  readonly names: readonly string[];
  readonly seen: Current;
}

/**
 * Finds the NICs of an entry, and looks at them with their addresses, the node's rules and the routes of the entry's table.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` can't look).
 */
export async function observeMasters(entry: PoolEntry): Promise<SeenMasters> {
  const names = entry.interfaces ?? [];
  return { names, seen: await observe(desireMasters(entry, names), { depth: "addresses" }) };
}
