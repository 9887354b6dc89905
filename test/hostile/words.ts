/** What a line for ip may look like, told independently of the code that writes it: word by word. */

// Neither what ends a word on a batch line, nor ip's comments, quotes and options, nor what the kernel refuses.
const name = String.raw`(?!\.{1,2}(?= |$))(?![-'"])(?:(?![#%\\/:\s\p{Cc}\p{Cs}\ufffd]).)+`;
const number = String.raw`(?:0|[1-9]\d{0,9})`;
const mac = "[0-9a-f]{2}(?::[0-9a-f]{2}){5}";
const mode = "(?:balance-rr|active-backup|balance-xor|broadcast|802\\.3ad|balance-tlb|balance-alb)";
const ipv4List = String.raw`\d{1,3}(?:\.\d{1,3}){3}(?:,\d{1,3}(?:\.\d{1,3}){3})*`;
const ipv6List = "[0-9a-f:.]{2,45}(?:,[0-9a-f:.]{2,45})*";
const bondOption = [
  `(?:active_slave|primary) ${name}`,
  `arp_ip_target ${ipv4List}`,
  `ns_ip6_target ${ipv6List}`,
  `ad_actor_system ${mac}`,
  `[a-z0-9_]+ (?:${number}|[a-z][a-z0-9_+]*)`,
].join("|");
const flag = "(?:reorder_hdr|gvrp|mvrp|loose_binding|bridge_binding) (?:on|off)";
const map = `(?:ingress|egress)-qos-map(?: ${number}:${number})+`;

const lines = [
  `link add name ${name} mtu ${number} address ${mac} type bond mode ${mode}(?: (?:${bondOption}))*`,
  `link add link ${name} name ${name}(?: mtu ${number})? type vlan protocol 802\\.1(?:Q|ad) id ${number}(?: (?:${flag}|${map}))*`,
  `link set dev ${name} alias ifacer`,
  `link set dev ${name} (?:up|down|nomaster)`,
  `link set dev ${name}(?: down)? master ${name}`,
  `link set dev ${name} mtu ${number} address ${mac}`,
  `link set dev ${name} (?:mtu ${number}|address ${mac})`,
  `link set dev ${name} type bond(?: mode ${mode})?(?: (?:${bondOption}))*`,
  `link set dev ${name} type vlan ${map}`,
  `link property (?:add|del) dev ${name} altname ${name}`,
  `link delete dev ${name}`,
  `(?:link|address) show dev ${name}`,
  `route show table all(?: dev ${name})?`,
  `link show type [a-z0-9]+`,
  "nexthop show",
  `link show master ${name}`,
];

const line = new RegExp(`^(?:${lines.join("|")})$`, "u");

/** Whether ip would read the line as one command of those that ifacer may give, with every name a name. */
export function isSafeLine(text: string): boolean {
  return line.test(text) && /^[^\n\r\0]*$/.test(text);
}
