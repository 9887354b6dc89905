import { networkOf, parseAddress, parseSubnet, writeAddress, writeSubnet } from "../../config/addresses.ts";
import { nameTopmost } from "../../config/topmost.ts";
import { JsonObject, member } from "../../json.ts";
import { type Current, type Desired, findLink } from "../../model.ts";
import { routeLeads } from "../../plan/addresses.ts";
import { convertResult, listOf } from "../../protocol/result.ts";

interface Added {
  readonly seen: Current;
  readonly prevResult: JsonObject | undefined;
}

/** What the result of ADD names and the Pod does not have any more: addresses of the topmost link, and routes of all. */
export function findLost(desired: Desired, { seen, prevResult }: Added): string[] {
  if (prevResult === undefined) return [];
  const result = convertResult(prevResult, "1.1.0");
  const name = nameTopmost(desired);
  const link = findLink(seen, name);
  // The namespace may have another path by now, the node's links have none.
  const place = listOf(result, "interfaces").findIndex(
    (entry) => text(entry, "name") === name && text(entry, "sandbox") !== "",
  );
  const addresses = link ? (seen.uses.get(link.name)?.addresses ?? []) : [];
  const lost = listOf(result, "ips").flatMap((ip) => {
    const subnet = parseSubnet(text(ip, "address"));
    if (subnet === undefined || !(ip instanceof JsonObject) || member(ip, "interface") !== place) return [];
    const local = writeAddress(subnet);
    const there = addresses.some((other) => other.local === local && other.prefixLength === subnet.prefixLength);
    return there ? [] : [`${name} does not have the address ${writeSubnet(subnet)}`];
  });
  return [...lost, ...findLostRoutes(result, seen)];
}

/** The routes that a result of the shape of 1.x names and the Pod does not have any more. */
export function findLostRoutes(result: JsonObject, pod: Current): string[] {
  return listOf(result, "routes").flatMap((route) => findLostRoute(route, pod));
}

/** A route counts as there in any table, as plugins behind ifacer may move routes to others. */
function findLostRoute(route: unknown, { uses }: Current): string[] {
  const subnet = parseSubnet(text(route, "dst"));
  if (subnet === undefined) return [];
  const destination = writeSubnet(networkOf(subnet));
  const address = parseAddress(text(route, "gw"));
  // The unspecified one means that the destination is on the link.
  const gateway = address && address.value !== 0n ? writeAddress(address) : undefined;
  const there = [...uses.values()].some(({ routes }) =>
    routes.some((other) => routeLeads(other, { destination, gateway })),
  );
  return there ? [] : [`the route ${destination}${gateway ? ` via ${gateway}` : ""} is missing`];
}

function text(entry: unknown, key: string): string {
  const value = entry instanceof JsonObject ? member(entry, key) : undefined;
  return typeof value === "string" ? value : "";
}
