import type { VlanEntry } from "../model.ts";

/**
 * Reads /proc/net/vlan/config: two lines of heading, then `NAME | ID | PARENT` for each VLAN of the network namespace
 * (net/8021q/vlanproc.c). A name may itself hold a `|`.
 */
export function parseVlanConfig(text: string): VlanEntry[] {
  const entries: VlanEntry[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, name, id, parent] = /^(\S+)\s*\|\s(\d+)\s+\|\s(\S+)$/.exec(line) ?? [];
    if (name && id && parent) entries.push({ name, id: Number(id), parent });
  }
  return entries;
}
