/** One sentence for the documentation on each option of the bonding driver, by its name. Apart from the table, which every Pod's start loads. */
export const bondOptionDocs: Readonly<Record<string, string>> = {
  miimon:
    "How often the driver looks whether each slave has carrier; 0 turns it off, and 100 is ifacer's default where no arp_interval is given (the driver's own is 0, which never fails over).",
  updelay: "How long a slave must have had carrier before it is used.",
  downdelay: "How long a slave must have been without carrier before it is given up.",
  peer_notif_delay: "Time between the announcements that follow a failover (see num_grat_arp); 0 is one miimon.",
  use_carrier:
    "Whether miimon asks the NIC's driver for its carrier (1) or reads the MII registers (0, which kernels from 6.18 on refuse).",
  arp_interval:
    "How often the driver asks the targets whether they are reachable through a slave, instead of looking at carrier; excludes miimon.",
  arp_ip_target: "The IPv4 addresses that arp_interval asks for.",
  ns_ip6_target: "The IPv6 addresses that arp_interval asks for, by neighbour solicitation.",
  arp_validate:
    "On which slaves only answers of the targets count as a sign of life, and whether other traffic is left out of account.",
  arp_all_targets:
    "Whether one reachable target is enough for a slave to count as up, or all must be; works with arp_validate in mode active-backup.",
  arp_missed_max: "How many arp_intervals without an answer take a slave down.",
  active_slave:
    "The slave to use first; the driver takes it only for a slave that is up and has carrier, and forgets it at the next failover.",
  primary: "The slave to use whenever it is up.",
  primary_reselect:
    "When the primary becomes active again after it came back: always, only if it is faster than the active slave, or only when that one fails.",
  fail_over_mac:
    "Whether all slaves get the bond's MAC (none), the bond takes the active slave's (active), or a slave gets it when it becomes active (follow).",
  xmit_hash_policy:
    "Which header fields choose the slave for a packet (in mode balance-tlb only with tlb_dynamic_lb=0); vlan+srcmac needs kernel 5.12.",
  resend_igmp: "How many IGMP membership reports follow a failover, 200 ms apart.",
  num_grat_arp:
    "How many gratuitous ARPs and unsolicited neighbour advertisements follow a failover in mode active-backup (in 802.3ad with broadcast_neighbor).",
  all_slaves_active: "Whether frames that arrive on inactive slaves are delivered rather than dropped.",
  min_links: "How many slaves must be up before the bond has carrier.",
  lp_interval: "How often each slave's switch gets a learning packet.",
  packets_per_slave: "How many packets go out on one slave before the next one's turn; 0 chooses at random.",
  tlb_dynamic_lb:
    "Whether flows are moved between slaves by their load (1) or stay where xmit_hash_policy puts them (0).",
  lacp_active: "Whether LACP frames are sent regularly, or only in answer to the partner's.",
  lacp_rate: "How often the partner is asked to send LACP frames: every 30 s (slow) or every second (fast).",
  ad_select: "Which aggregator carries the traffic, and when that is chosen anew; actor_port_prio needs kernel 6.18.",
  ad_actor_sys_prio: "The system priority in LACP frames.",
  ad_actor_system: "The system MAC in LACP frames; all zeros stands for the bond's own.",
  ad_user_port_key: "The upper ten bits of the port key in LACP frames.",
  coupled_control: "Whether collecting and distributing are one state of the LACP machine (on) or two (off).",
  broadcast_neighbor:
    "Whether ARP and neighbour discovery packets go out on every active slave, for switches that don't share what they learn.",
  lacp_strict:
    "Whether only slaves that LACP has agreed on count for min_links, so that a bond without a partner has no carrier.",
};

/** The same for each option of a VLAN link. */
export const vlanOptionDocs: Readonly<Record<string, string>> = {
  reorder_hdr: "Whether packet capture on the VLAN sees frames without their tag.",
  gvrp: "Whether the VLAN is announced to the switch by GVRP.",
  mvrp: "Whether the VLAN is announced to the switch by MVRP.",
  loose_binding: "Whether the VLAN keeps its own up or down state rather than its parent's.",
  bridge_binding: "Whether the VLAN of a bridge has carrier only while a port of the bridge with this VLAN id has.",
  "ingress-qos-map":
    "Which packet priority (TO) a received frame with a tag's priority (FROM) gets; 0 where not mapped.",
  "egress-qos-map": "Which tag priority (TO) a sent packet of a priority (FROM) gets; 0 where not mapped.",
};
