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

/** Every option of the bonding driver but the mode and those of single slaves. Adding an option is adding a row. */
export const bondOptions: readonly BondOption[] = [
  {
    name: "miimon",
    rule: { kind: "number", min: 0, max: most31Bits, unit: "ms" },
    default: "100",
    set: "creation",
    changeable: "live",
    doc: "How often the driver looks whether each slave has carrier; 0 turns it off, and 100 is ifacer's default where no arp_interval is given (the driver's own is 0, which never fails over).",
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
    doc: "How long a slave must have had carrier before it is used.",
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
    doc: "How long a slave must have been without carrier before it is given up.",
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
    doc: "Time between the announcements that follow a failover (see num_grat_arp); 0 is one miimon.",
  },
  {
    name: "use_carrier",
    rule: { kind: "switch", off: "0", on: "1" },
    default: "1",
    set: "creation",
    changeable: "live",
    doc: "Whether miimon asks the NIC's driver for its carrier (1) or reads the MII registers (0, which kernels from 6.18 on refuse).",
  },
  {
    name: "arp_interval",
    rule: { kind: "number", min: 0, max: most31Bits, unit: "ms" },
    default: "0",
    modes: { ...withArp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    doc: "How often the driver asks the targets whether they are reachable through a slave, instead of looking at carrier; excludes miimon.",
  },
  {
    name: "arp_ip_target",
    rule: { kind: "addresses", family: "IPv4", most: 16 },
    default: undefined,
    modes: { ...withArp, elsewhere: "ifacer-refuses" },
    needs: { option: "arp_interval", otherwise: "no-effect" },
    set: "creation",
    changeable: "live",
    doc: "The IPv4 addresses that arp_interval asks for.",
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
    doc: "The IPv6 addresses that arp_interval asks for, by neighbour solicitation.",
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
    doc: "On which slaves only answers of the targets count as a sign of life, and whether other traffic is left out of account.",
  },
  {
    name: "arp_all_targets",
    rule: { kind: "choice", words: ["any", "all"] },
    default: "any",
    modes: { ...withArp, elsewhere: "ifacer-refuses" },
    needs: { option: "arp_interval", otherwise: "no-effect", unless: "any" },
    set: "creation",
    changeable: "live",
    doc: "Whether one reachable target is enough for a slave to count as up, or all must be; works with arp_validate in mode active-backup.",
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
    doc: "How many arp_intervals without an answer take a slave down.",
  },
  {
    name: "active_slave",
    rule: { kind: "interface" },
    default: undefined,
    modes: { ...withPrimary, elsewhere: "driver-refuses" },
    set: "enslaved",
    changeable: "live",
    doc: "The slave to use first; the driver takes it only for a slave that is up and has carrier, and forgets it at the next failover.",
  },
  {
    name: "primary",
    rule: { kind: "interface" },
    default: undefined,
    modes: { ...withPrimary, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    doc: "The slave to use whenever it is up.",
  },
  {
    name: "primary_reselect",
    rule: { kind: "choice", words: ["always", "better", "failure"] },
    default: "always",
    modes: { ...withPrimary, elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
    doc: "When the primary becomes active again after it came back: always, only if it is faster than the active slave, or only when that one fails.",
  },
  {
    name: "fail_over_mac",
    rule: { kind: "choice", words: ["none", "active", "follow"] },
    default: "none",
    modes: { only: ["active-backup"], elsewhere: "no-effect" },
    set: "creation",
    changeable: "empty",
    doc: "Whether all slaves get the bond's MAC (none), the bond takes the active slave's (active), or a slave gets it when it becomes active (follow).",
  },
  {
    name: "xmit_hash_policy",
    rule: { kind: "choice", words: ["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"] },
    default: "layer2",
    modes: { only: ["balance-xor", "802.3ad", "balance-tlb"], elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
    doc: "Which header fields choose the slave for a packet (in mode balance-tlb only with tlb_dynamic_lb=0); vlan+srcmac needs kernel 5.12.",
  },
  {
    name: "resend_igmp",
    rule: { kind: "number", min: 0, max: 255 },
    default: "1",
    modes: { only: ["balance-rr", ...withPrimary.only], elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
    doc: "How many IGMP membership reports follow a failover, 200 ms apart.",
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
    doc: "How many gratuitous ARPs and unsolicited neighbour advertisements follow a failover in mode active-backup (in 802.3ad with broadcast_neighbor).",
  },
  {
    name: "all_slaves_active",
    rule: { kind: "switch", off: "0", on: "1" },
    default: "0",
    set: "creation",
    changeable: "live",
    doc: "Whether frames that arrive on inactive slaves are delivered rather than dropped.",
  },
  {
    name: "min_links",
    rule: { kind: "number", min: 0, max: most31Bits },
    default: "0",
    modes: { ...withLacp, elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
    doc: "How many slaves must be up before the bond has carrier.",
  },
  {
    name: "lp_interval",
    rule: { kind: "number", min: 1, max: most31Bits, unit: "s" },
    default: "1",
    modes: { ...withLearning, elsewhere: "no-effect" },
    set: "creation",
    changeable: "live",
    doc: "How often each slave's switch gets a learning packet.",
  },
  {
    name: "packets_per_slave",
    rule: { kind: "number", min: 0, max: 65535 },
    default: "1",
    modes: { only: ["balance-rr"], elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    doc: "How many packets go out on one slave before the next one's turn; 0 chooses at random.",
  },
  {
    name: "tlb_dynamic_lb",
    rule: { kind: "switch", off: "0", on: "1" },
    default: "1",
    modes: { ...withLearning, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
    doc: "Whether flows are moved between slaves by their load (1) or stay where xmit_hash_policy puts them (0).",
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
    doc: "Whether LACP frames are sent regularly, or only in answer to the partner's.",
  },
  {
    name: "lacp_rate",
    jsonName: "ad_lacp_rate",
    rule: { kind: "choice", words: ["slow", "fast"] },
    default: "slow",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
    doc: "How often the partner is asked to send LACP frames: every 30 s (slow) or every second (fast).",
  },
  {
    name: "ad_select",
    rule: { kind: "choice", words: ["stable", "bandwidth", "count", "actor_port_prio"] },
    default: "stable",
    modes: { ...withLacp, elsewhere: "ifacer-refuses" },
    set: "creation",
    changeable: "down",
    doc: "Which aggregator carries the traffic, and when that is chosen anew; actor_port_prio needs kernel 6.18.",
  },
  {
    name: "ad_actor_sys_prio",
    rule: { kind: "number", min: 1, max: 65535 },
    default: "65535",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    doc: "The system priority in LACP frames.",
  },
  {
    name: "ad_actor_system",
    rule: { kind: "mac" },
    default: "00:00:00:00:00:00",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    doc: "The system MAC in LACP frames; all zeros stands for the bond's own.",
  },
  {
    name: "ad_user_port_key",
    rule: { kind: "number", min: 0, max: 1023 },
    default: "0",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
    doc: "The upper ten bits of the port key in LACP frames.",
  },
  {
    name: "coupled_control",
    rule: { kind: "switch", off: "off", on: "on" },
    default: "on",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "down",
    sinceKernel: "6.9",
    doc: "Whether collecting and distributing are one state of the LACP machine (on) or two (off).",
  },
  {
    name: "broadcast_neighbor",
    rule: { kind: "switch", off: "off", on: "on" },
    default: "off",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    sinceKernel: "6.17",
    doc: "Whether ARP and neighbour discovery packets go out on every active slave, for switches that don't share what they learn.",
  },
  {
    name: "lacp_strict",
    rule: { kind: "switch", off: "off", on: "on" },
    default: "off",
    modes: { ...withLacp, elsewhere: "driver-refuses" },
    set: "creation",
    changeable: "live",
    sinceKernel: "7.2",
    doc: "Whether only slaves that LACP has agreed on count for min_links, so that a bond without a partner has no carrier.",
  },
];
