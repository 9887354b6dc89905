/** The group that every IPv4 host joins, and every IPv6 node, as the Ethernet addresses that they become. */
const groupsOfAll = ["01005e000001", "333300000001"];

/**
 * How many receive what is sent to all hosts through a link, by the link's index, out of /proc/net/dev_mcast: the place
 * itself, once, each link on top that is up, in whatever namespace it lives, and each link below that it hands the group on
 * to (net/core/dev_addr_lists.c, __hw_addr_sync_one). The larger number of both families.
 */
export function countListeners(text: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const line of text.split("\n")) {
    const [, index, users, address = ""] = /^(\d+)\s+\S+\s+(\d+)\s+\d+\s+([0-9a-f]+)$/.exec(line) ?? [];
    if (!groupsOfAll.includes(address)) continue;
    counts.set(Number(index), Math.max(Number(users), counts.get(Number(index)) ?? 0));
  }
  return counts;
}
