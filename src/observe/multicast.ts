/** The group that every IPv4 host joins, and every IPv6 node, as the Ethernet addresses that they become. */
const groupsOfAll = ["01005e000001", "333300000001"];

/**
 * The NICs through which others receive, out of /proc/net/dev_mcast: `INDEX NAME USERS GLOBAL-USERS ADDRESS` a line.
 *
 * The host joins the groups of all hosts once for each NIC. Whatever stands on the NIC and is up (VLAN, macvlan, ipvlan)
 * joins once more through it, also where it lives in another network namespace (net/core/dev_addr_lists.c, dev_mc_sync).
 */
export function findSharedNICs(text: string): ReadonlySet<string> {
  const shared = new Set<string>();
  if (text === "") return shared;
  for (const line of text.split("\n")) {
    const [, name, users, address] = /^\d+\s+(\S+)\s+(\d+)\s+\d+\s+([0-9a-f]+)$/.exec(line) ?? [];
    if (name && Number(users) > 1 && groupsOfAll.includes(address ?? "")) shared.add(name);
  }
  return shared;
}
