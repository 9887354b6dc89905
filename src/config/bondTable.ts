import type { BondMode } from "../model.ts";
import type { Option } from "./options.ts";

/**
 * What comes of an option where it is out of place: the driver refuses it, the driver takes and ignores it but ifacer
 * refuses it, or it is taken, does nothing and is warned of.
 */
export type OutOfPlace = "driver-refuses" | "ifacer-refuses" | "no-effect";

/** An option of the bonding driver: drivers/net/bonding/bond_options.c and bond_netlink.c, Documentation/networking/bonding.rst. */
export interface BondOption extends Option {
  /** The modes in which the option works; not given: all. */
  readonly modes?: { readonly only: readonly BondMode[]; readonly elsewhere: OutOfPlace };
  /** Works only while the other option is not 0; the value `unless` always works. */
  readonly needs?: {
    readonly option: "miimon" | "arp_interval";
    readonly otherwise: OutOfPlace;
    readonly unless?: string;
  };
  /** The driver rounds the value down to a multiple of this option's. */
  readonly multipleOf?: "miimon";
  /** Whether `ip link add` may set it, or only `ip link set` once the slaves are there and up. */
  readonly set: "creation" | "enslaved";
  /** When an existing bond takes another value: always, only while it is down, or only while it has no slaves. */
  readonly changeable: "live" | "down" | "empty";
  /** The first kernel that has it, where that is later than 5.0. Older ones ignore it or `ip` does not know it. */
  readonly sinceKernel?: string;
}

const most31Bits = 2147483647;

const withArp = { only: ["balance-rr", "active-backup", "balance-xor", "broadcast"] } as const;
const withPrimary = { only: ["active-backup", "balance-tlb", "balance-alb"] } as const;
const withLacp = { only: ["802.3ad"] } as const;
const withLearning = { only: ["balance-tlb", "balance-alb"] } as const;

/** Every option of the bonding driver but the mode and those of single slaves. Adding an option is adding a row, and a sentence in `optionDocs.ts`. */
export const bondOptions: readonly BondOption[] = [
  {
    name: "miimon",
    rule: { kind: "number", min: 0, max: most31Bits, unit: "ms" },
    default: "100",
    set: "creation",
    changeable: "live",
  },
  {
    name: "updelay",
    aliases: ["up_delay"],
    rule: { kind: "number", min: 0, max: most31Bits, unit: "ms" },
    default: "0",
    needs: { option: "miimon", otherwise: "driver-refuses" },
    multipleOf: "miimon",
    set: "creation",
    changeable: "live",
  },
  {
    name: "downdelay",
    aliases: ["down_delay"],
    rule: { kind: "number", min: 0, max: most31Bits, unit: "ms" },
    default: "0",
    needs: { option: "miimon", otherwise: "driver-refuses" },
    multipleOf: "miimon",
    set: "creation",
    changeable: "live",
  },
  {
    name: "peer_notif_delay",
    aliases: ["peer_notify_delay"],
    ipName: "peer_notify_delay",
    rule: { kind: "number", min: 0, max: 300000, unit: "ms" },
    default: "0",
    needs: { option: "miimon", otherwise: "driver-refuses" },
    multipleOf: "miimon",
    set: "creation",
    changeable: "live",
    sinceKernel: "5.3",
  },
  {
    name: "use_carrier",
    rule: { kind: "switch", off: "0", on: "1" },
    default: "1",
    set: "creation",
    changeable: "live",
  },
  {
    name: "arp_interval",
    rule: { kind: "number", min: 0, max: most31Bits, unit: "ms" },
    default: "0",
    modes: { ...withArp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "arp_ip_target",
    rule: { kind: "addresses", family: "IPv4", most: 16 },
    default: undefined,
    modes: { ...withArp, elsewhere: "ifacer-refuses" },
    needs: { option: "arp_interval", otherwise: "no-effect" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "ns_ip6_target",
    rule: { kind: "addresses", family: "IPv6", most: 16 },
    default: undefined,
    modes: { ...withArp, elsewhere: "ifacer-refuses" },
    needs: { option: "arp_interval", otherwise: "no-effect" },
    set: "creation",
    changeable: "live",
    sinceKernel: "5.18",
  },
  {
    name: "arp_validate",
    rule: {
      kind: "choice",
      words: ["none", "active", "backup", "all", "filter", "filter_active", "filter_backup"],
    },
    default: "none",
    modes: { ...withArp, elsewhere: "driver-refuses" },
    needs: { option: "arp_interval", otherwise: "driver-refuses", unless: "none" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "arp_all_targets",
    rule: { kind: "choice", words: ["any", "all"] },
    default: "any",
    modes: { ...withArp, elsewhere: "ifacer-refuses" },
    needs: { option: "arp_interval", otherwise: "no-effect", unless: "any" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "arp_missed_max",
    aliases: ["missed_max"],
    rule: { kind: "number", min: 1, max: 255 },
    default: "2",
    modes: { ...withArp, elsewhere: "driver-refuses" },
    needs: { option: "arp_interval", otherwise: "no-effect", unless: "2" },
    set: "creation",
    changeable: "live",
    sinceKernel: "5.17",
  },
  {
    name: "active_slave",
    rule: { kind: "interface" },
    default: undefined,
    modes: { ...withPrimary, elsewhere: "driver-refuses" },
    set: "enslaved",
    changeable: "live",
  },
  {
    name: "primary",
    rule: { kind: "interface" },
    default: undefined,
    modes: { ...withPrimary, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "primary_reselect",
    rule: { kind: "choice", words: ["always", "better", "failure"] },
    default: "always",
    modes: { ...withPrimary, elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "fail_over_mac",
    rule: { kind: "choice", words: ["none", "active", "follow"] },
    default: "none",
    modes: { only: ["active-backup"], elsewhere: "no-effect" },
    set: "creation",
    changeable: "empty",
  },
  {
    name: "xmit_hash_policy",
    rule: { kind: "choice", words: ["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"] },
    default: "layer2",
    modes: { only: ["balance-xor", "802.3ad", "balance-tlb"], elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "resend_igmp",
    rule: { kind: "number", min: 0, max: 255 },
    default: "1",
    modes: { only: ["balance-rr", ...withPrimary.only], elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "num_grat_arp",
    aliases: ["num_unsol_na"],
    jsonName: "num_peer_notif",
    rule: { kind: "number", min: 0, max: 255 },
    default: "1",
    modes: { only: ["active-backup", "802.3ad"], elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "all_slaves_active",
    rule: { kind: "switch", off: "0", on: "1" },
    default: "0",
    set: "creation",
    changeable: "live",
  },
  {
    name: "min_links",
    rule: { kind: "number", min: 0, max: most31Bits },
    default: "0",
    modes: { ...withLacp, elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "lp_interval",
    rule: { kind: "number", min: 1, max: most31Bits, unit: "s" },
    default: "1",
    modes: { ...withLearning, elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "packets_per_slave",
    rule: { kind: "number", min: 0, max: 65535 },
    default: "1",
    modes: { only: ["balance-rr"], elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "tlb_dynamic_lb",
    rule: { kind: "switch", off: "0", on: "1" },
    default: "1",
    modes: { ...withLearning, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
  },
  {
    name: "lacp_active",
    jsonName: "ad_lacp_active",
    rule: { kind: "switch", off: "off", on: "on" },
    default: "on",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
    sinceKernel: "5.15",
  },
  {
    name: "lacp_rate",
    jsonName: "ad_lacp_rate",
    rule: { kind: "choice", words: ["slow", "fast"] },
    default: "slow",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
  },
  {
    name: "ad_select",
    rule: { kind: "choice", words: ["stable", "bandwidth", "count", "actor_port_prio"] },
    default: "stable",
    modes: { ...withLacp, elsewhere: "ifacer-refuses" },
    set: "creation",
    changeable: "down",
  },
  {
    name: "ad_actor_sys_prio",
    rule: { kind: "number", min: 1, max: 65535 },
    default: "65535",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "ad_actor_system",
    rule: { kind: "mac" },
    default: "00:00:00:00:00:00",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
  },
  {
    name: "ad_user_port_key",
    rule: { kind: "number", min: 0, max: 1023 },
    default: "0",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
  },
  {
    name: "coupled_control",
    rule: { kind: "switch", off: "off", on: "on" },
    default: "on",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
    sinceKernel: "6.9",
  },
  {
    name: "broadcast_neighbor",
    rule: { kind: "switch", off: "off", on: "on" },
    default: "off",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    sinceKernel: "6.17",
  },
  {
    name: "lacp_strict",
    rule: { kind: "switch", off: "off", on: "on" },
    default: "off",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    sinceKernel: "7.2",
  },
];
