import type { Current } from "../src/model.ts";
import { readAddressEntry } from "../src/observe/entries.ts";
import type { Snapshot } from "../src/observe/snapshot.ts";

/** What undoing knows of a place where nothing was seen but what planning sees. */
export function snapshotOf({ links, uses }: Current): Snapshot {
  const entries = links.flatMap(({ name, index }) =>
    (uses.get(name)?.addresses ?? []).map((address) => readAddressEntry(address, index)),
  );
  return { links, entries, strangers: new Map() };
}
