import type { Problem, Setting } from "../model.ts";
import { type Option, parseOptions, readJsonValue, rowOf } from "./options.ts";

/** An option of the VLAN driver: net/8021q/vlan_netlink.c, ip-link(8). */
export interface VlanOption extends Option {
  /** `flags` of `ip -d -j link` names it, in capitals, where it is on. */
  readonly flag: boolean;
}

const flag = { rule: { kind: "switch", off: "off", on: "on" }, flag: true } as const;

/** The largest priority of a packet inside the kernel (skb->priority), and of a VLAN tag (PCP, 3 bits). */
const mostPacket = 4294967295;
const mostTag = 7;

/** Every option of a VLAN link but its id and protocol. Adding an option is adding a row, and a sentence in `optionDocs.ts`. */
export const vlanOptions: readonly VlanOption[] = [
  {
    name: "reorder_hdr",
    ...flag,
    default: "on",
  },
  { name: "gvrp", ...flag, default: "off" },
  { name: "mvrp", ...flag, default: "off" },
  {
    name: "loose_binding",
    ...flag,
    default: "off",
  },
  {
    name: "bridge_binding",
    ...flag,
    default: "off",
  },
  {
    name: "ingress-qos-map",
    jsonName: "ingress_qos",
    flag: false,
    rule: { kind: "priorities", mostFrom: mostTag, mostTo: mostPacket },
    default: undefined,
  },
  {
    name: "egress-qos-map",
    jsonName: "egress_qos",
    flag: false,
    rule: { kind: "priorities", mostFrom: mostPacket, mostTo: mostTag },
    default: undefined,
  },
];

export interface VlanReading {
  /** In the order of the table, each value in its canonical form. */
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Options of the driver that have keys of their own in the config. */
const misplaced = { id: "set vlanID", protocol: "set vlan.protocol" };

/** Reads `vlan.options`, `k=v;k=v`. Maps are written `0:1,2:3`, or as `ip` has them, `0:1 2:3`. */
export function parseVlanOptions(text: string, context: { readonly path: string }): VlanReading {
  const { settings, problems } = parseOptions(text, vlanOptions, { ...context, misplaced });
  return { settings, problems, warnings: [] };
}

/** The words that set a VLAN option on an `ip link add|set ... type vlan` line. */
export function vlanOptionWords({ name, value }: Setting): readonly string[] {
  const { rule } = rowOf(vlanOptions, name);
  return rule.kind === "priorities" ? [name, ...value.split(",")] : [name, value];
}

/**
 * What an existing VLAN has for an option, comparable with a `Setting`'s value, out of `linkinfo.info_data` of
 * `ip -d -j link`; `undefined` where it has no such map.
 */
export function currentVlanValue(infoData: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const row = rowOf(vlanOptions, name);
  if (!row.flag) return readJsonValue(row, infoData);
  // The kernel leaves the flags out where none is set (vlan_fill_info).
  const flags = infoData["flags"] ?? [];
  return Array.isArray(flags) && flags.includes(name.toUpperCase()) ? "on" : "off";
}
