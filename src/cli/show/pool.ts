import { writeSubnet } from "../../config/addresses.ts";
import type { PoolEntry } from "../../pool/entry.ts";
import type { Layout } from "../../pool/layout.ts";
import { type Line, line } from "./screen.ts";

/** `attaches each Pod to ens1, ens2 by ipvlan, addresses by blocks of 192.168.0.0/16`. */
export function describePool({ plugin, nics, masterNets, ipam }: PoolEntry): string {
  const networks = masterNets.map(writeSubnet).join(", ");
  const where =
    "interfaces" in nics
      ? nics.interfaces.join(", ")
      : networks === ""
        ? "all NICs with an IPv4 address that may be chosen"
        : `the NICs in ${networks}`;
  const giver =
    ipam.kind === "none"
      ? "without addresses"
      : ipam.kind === "blocks"
        ? `addresses by blocks of ${writeSubnet(ipam.plan.blocks.subnet)}`
        : `addresses from the IPAM plugin ${ipam.type}`;
  return `attaches each Pod to ${where} by ${plugin.type}, ${giver}`;
}

/** What a Pod gets on this node, a line for each interface. */
export function showAttached({ attached }: Layout): Line[] {
  return attached.map(({ master, blocks }, place) => {
    const from = blocks ? `, an address of ${writeSubnet(blocks.podCIDR)} in ${writeSubnet(blocks.vlanCIDR)}` : "";
    return line(1, `in each Pod: CNI_IFNAME-${place} on ${master.name}${from}`);
  });
}

/** The same, as `-o json` prints it. */
export function listAttached(layout: Layout | undefined): readonly unknown[] {
  return (layout?.attached ?? []).map(({ master, blocks }) => ({
    master: master.name,
    host: blocks?.host ?? null,
    vlanCIDR: blocks ? writeSubnet(blocks.vlanCIDR) : null,
    podCIDR: blocks ? writeSubnet(blocks.podCIDR) : null,
  }));
}
