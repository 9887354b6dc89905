import type { VlanEntry } from "../model.ts";
import { escapeControls } from "./json.ts";

/**
 * Reads /proc/net/vlan/config: two lines of heading, then `NAME | ID | PARENT` for each VLAN of the network namespace
 * (net/8021q/vlanproc.c). A name may itself hold a `|`.
 */
export function parseVlanConfig(text: string): VlanEntry[] {
  return escapeControls(text)
    .split("\n")
    .flatMap((line) => {
      const [, name, id, parent] = /^(\S+)\s*\|\s(\d+)\s+\|\s(\S+)$/.exec(line) ?? [];
      return name && id && parent ? [{ name, id: Number(id), parent }] : [];
    });
}
