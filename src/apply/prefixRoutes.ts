import { networkOf, parseSubnet, writeSubnet } from "../config/addresses.ts";
import type { Link } from "../model.ts";
import { type Entry, wordAfter } from "../observe/entries.ts";
import type { Snapshot } from "../observe/snapshot.ts";
import { writeDestination } from "../plan/addresses.ts";

/**
 * Finds out which routes the kernel makes again by itself: those of the table `local`, and with each address the one to its
 * network. `proto kernel` does not tell: NetworkManager gives addresses `noprefixroute`, and makes these routes in the kernel's
 * name with metrics of its own. Those nobody else puts back.
 */
export function findKernelRoutes({ links, entries }: Snapshot): (route: Entry) => boolean {
  const addresses = entries.filter(({ kind }) => kind === "address");
  const seen = new Set(addresses.map(indexOf));
  const made = listMade(addresses);
  const byIndex = new Map(links.map((link) => [link.index, link]));
  return (route) => {
    const { kind, madeBy, words } = route;
    if (kind !== "route" || madeBy !== "kernel") return false;
    const [type, destination] = words;
    if (type !== "unicast" || wordAfter(route, "table") === "local") return true;
    const index = indexOf(route);
    // The kernel's own is on the link of its address: one that leads elsewhere is here for its source alone.
    if (index === undefined || words.includes("via") || words.includes("nexthop")) return false;
    // Where no address of the link was looked at, nothing is known of what comes with them.
    if (!seen.has(index)) return true;
    const metric = String(wordAfter(route, "metric") ?? 0);
    return (
      isKernelsTable(wordAfter(route, "table"), byIndex.get(index)) &&
      // IPv6 makes this one for each link that is up (addrconf_add_linklocal).
      ((destination === "fe80::/64" && metric === metricOfIPv6) || made.has(`${index} ${destination} ${metric}`))
    );
  };
}

/** IP6_RT_PRIO_ADDRCONF */
const metricOfIPv6 = "256";

/** The routes that come with addresses, as `INDEX DESTINATION METRIC`. */
function listMade(addresses: readonly Entry[]): ReadonlySet<string> {
  const made = new Set<string>();
  const networks = new Set<string>();
  for (const address of addresses) {
    const { words } = address;
    const [first] = words;
    const isPeer = words[1] === "peer";
    const subnet = parseSubnet(String(isPeer ? words[2] : first));
    if (subnet === undefined) continue;
    const isIPv4 = subnet.family === "4";
    const network = `${indexOf(address)} ${writeDestination(writeSubnet(networkOf(subnet)))}`;
    // Of IPv4 the first one of a network decides, the others are secondary (fib_add_ifaddr).
    const isSecondary = isIPv4 && networks.has(network);
    networks.add(network);
    if (isSecondary || words.includes("noprefixroute") || (isIPv4 && subnet.prefixLength === 32 && !isPeer)) continue;
    made.add(`${network} ${wordAfter(address, "metric") ?? (isIPv4 ? "0" : metricOfIPv6)}`);
  }
  return made;
}

/** A link of a VRF has its routes in that one's table. */
function isKernelsTable(table: string | number | undefined, link: Link | undefined): boolean {
  return table === undefined || table === "main" || link?.masterKind === "vrf";
}

function indexOf({ words }: Entry): number | undefined {
  return words.find((word) => typeof word === "number");
}
