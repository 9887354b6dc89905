import { networkOf, parseSubnet, writeSubnet } from "../config/addresses.ts";
import {
  type Address,
  type Change,
  type Conflict,
  type Current,
  type Desired,
  type DesiredAddress,
  type DesiredRoute,
  findLink,
  type Hop,
  type Plan,
  type Route,
  type RoutingRule,
} from "../model.ts";
import { inTheWay } from "./conflict.ts";
import { describeRoute } from "./describe.ts";

/** Plans the addresses of the desired links, and then the routes, which need them. */
export function planAddresses(desired: Desired, current: Current): Plan {
  const addresses = desired.addresses.map((address) => planAddress(address, current));
  const seen = groupBy(
    [...current.uses].flatMap(([nic, { routes }]) => routes.map((other) => ({ nic, other }))),
    ({ other }) => other.words[1] ?? "",
  );
  const wanted = groupBy(desired.routes, ({ destination }) => destination);
  const routes = desired.routes.map((route) =>
    planRoute(route, {
      desired,
      current,
      seen: seen.get(writeDestination(route.destination)) ?? [],
      wanted: wanted.get(route.destination) ?? [],
    }),
  );
  const parts = [...addresses, ...routes];
  return {
    // A rule comes last: until then, nothing is looked up among the routes that it leads to.
    changes: [...parts.flatMap(({ change }) => change ?? []), ...planRules(desired, current)],
    conflicts: parts.flatMap(({ conflict }) => conflict ?? []),
    drift: [],
  };
}

/** A rule of another priority does as well. Where the node's rt_tables has a name for the table, its priority tells. */
function planRules({ rules = [] }: Desired, current: Current): Change[] {
  const isThere = ({ from, table }: RoutingRule) =>
    current.rules?.some((rule) => rule.from === from && (rule.table === table || String(rule.priority) === table));
  return rules.filter((rule) => !isThere(rule)).map((rule) => ({ type: "addRule", rule }));
}

/** A route that was seen, under one of the links that it leads through. */
interface Found {
  readonly nic: string;
  readonly other: Route;
}

/** Routes go by destination, as a node may have thousands, and as many are wanted. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

interface Part {
  readonly change?: Change;
  readonly conflict?: Conflict;
}

function planAddress({ link, local, prefixLength }: DesiredAddress, current: Current): Part {
  const name = linkName(link, current);
  const address = `${local}/${prefixLength}`;
  const found = addressesOf(link, current).find((other) => `${other.local}/${other.prefixLength}` === address);
  if (found === undefined) return { change: { type: "addAddress", link: name, address } };
  if (found.detection !== "duplicate") return {};
  const message = `${address} of ${name} is in use by somebody else on the network, who answered duplicate address detection: use another address`;
  return { conflict: inTheWay(name, message) };
}

/** Addresses of the desired ones whose duplicate address detection has not ended: they can't be used yet. */
export function findTentative(desired: Desired, current: Current): readonly DesiredAddress[] {
  return desired.addresses.filter(({ link, local }) =>
    addressesOf(link, current).some((other) => other.local === local && other.detection === "tentative"),
  );
}

/** What a route is compared with: all that is wanted and was seen of its destination. */
interface Compared {
  readonly desired: Desired;
  readonly current: Current;
  readonly seen: readonly Found[];
  readonly wanted: readonly DesiredRoute[];
}

function planRoute(route: DesiredRoute, { desired, current, seen, wanted }: Compared): Part {
  const name = linkName(route.link, current);
  const further = route.further?.map(({ link, gateway }) => ({ link: linkName(link, current), gateway }));
  if (isConnected(route, desired)) return {};
  const siblings = wanted.filter((other) => hasSameKeyAs(route, other));
  const earlier = siblings.slice(0, siblings.indexOf(route));
  // Only attributes tell them apart, of which the kernel takes the first one's.
  if (!further && earlier.some(({ gateway }) => gateway === route.gateway)) return {};
  const alike = seen.filter(({ other }) => hasSameKey(route, other));
  const ways = [route.gateway, ...(route.otherGateways ?? [])].map((gateway) => ({ link: name, gateway }));
  const isThere = ({ other }: Found) =>
    further ? hasJust(other, [...ways.slice(0, 1), ...further]) : ways.some((way) => leadsBy(other, way));
  if (alike.some(isThere)) return {};
  const foreign = alike.find(({ other }) => !siblings.some(({ gateway }) => leadsBy(other, { link: name, gateway })));
  if (foreign === undefined && !(further && alike.length > 0)) {
    const isFurther = earlier.length > 0 || alike.length > 0;
    const told = further ? { ...route, further } : route;
    return { change: { type: "addRoute", link: name, route: told, ...(isFurther && { isFurther }) } };
  }
  const { nic, other } = foreign ?? alike[0] ?? { nic: name, other: { words: [] } };
  const message = `the route ${describeRoute(route)} is wanted, but ${route.destination} leads elsewhere already ('ip route' shows: ${other.words.join(" ")}): leave it out, or give it another priority`;
  return { conflict: inTheWay(nic, message) };
}

/** Whether the kernel makes the route by itself with an address of the link: that to the address' own network. */
function isConnected({ link, destination, gateway, attributes }: DesiredRoute, { addresses }: Desired): boolean {
  if (gateway !== undefined || attributes.some(({ name }) => name === "table" || name === "metric")) return false;
  return addresses.some(
    (address) => address.link === link && address.prefixLength < 32 && connectedBy(address) === destination,
  );
}

/** The destination of an IPv4 address' own network; those of IPv6 have a metric of their own (256). */
function connectedBy({ local, prefixLength }: DesiredAddress): string | undefined {
  const subnet = parseSubnet(`${local}/${prefixLength}`);
  return subnet?.family === "4" ? writeSubnet(networkOf(subnet)) : undefined;
}

function hasSameKeyAs(one: DesiredRoute, other: DesiredRoute): boolean {
  return (
    one.link === other.link &&
    one.destination === other.destination &&
    ["table", "metric"].every((name) => attribute(one, name) === attribute(other, name))
  );
}

/** Whether one of a route's ways is this one. */
function leadsBy({ words }: Route, { link, gateway }: Hop): boolean {
  return readHops(words).some((way) => way.link === link && way.gateway === gateway);
}

/** The kernel has one route for each destination, table and metric; IPv6 routes without a metric get 1024. */
function hasSameKey(route: DesiredRoute, { words, table }: Route): boolean {
  const metric = route.destination.includes(":") ? "1024" : "0";
  return (
    table === (namesOfTables.get(attribute(route, "table") ?? "main") ?? attribute(route, "table") ?? "main") &&
    (wordAfter(words, "metric") ?? metric) === (attribute(route, "metric") ?? metric)
  );
}

/** Whether a route that was seen has just these ways, in any order. */
function hasJust({ words }: Route, hops: readonly Hop[]): boolean {
  return readHops(words).map(writeHop).sort().join() === hops.map(writeHop).sort().join();
}

function writeHop({ link, gateway = "" }: Hop): string {
  return `${gateway} ${link}`;
}

/** The ways of a route that was seen: one, or those of its list. */
function readHops(words: readonly string[]): Hop[] {
  if (!words.includes("nexthop")) return [{ link: wordAfter(words, "dev") ?? "", gateway: wordAfter(words, "via") }];
  const starts = words.flatMap((word, at) => (word === "nexthop" ? [at] : []));
  const parts = starts.map((at, place) => words.slice(at, starts[place + 1]));
  return parts.map((part) => ({ link: wordAfter(part, "dev") ?? "", gateway: wordAfter(part, "via") }));
}

/** Whether a route that was seen leads to a destination, by a gateway if one is given, in whatever table. */
export function routeLeads(
  { words }: Route,
  { destination, gateway }: { destination: string; gateway: string | undefined },
): boolean {
  return (
    words[1] === writeDestination(destination) &&
    (gateway === undefined || readHops(words).some((hop) => hop.gateway === gateway))
  );
}

/** As iproute2 writes the numbers of the kernel's own tables. */
const namesOfTables = new Map([
  ["253", "default"],
  ["254", "main"],
  ["255", "local"],
]);

/** As `ip` prints a destination: without the prefix length where it is a single address. */
export function writeDestination(destination: string): string {
  return destination === "0.0.0.0/0"
    ? "default"
    : destination.replace(destination.includes(":") ? /\/128$/ : /\/32$/, "");
}

function attribute({ attributes }: DesiredRoute, name: string): string | undefined {
  return attributes.find((attribute) => attribute.name === name)?.value;
}

function wordAfter(words: readonly string[], word: string): string | undefined {
  const place = words.indexOf(word);
  return place < 0 ? undefined : words[place + 1];
}

function addressesOf(link: string, current: Current): readonly Address[] {
  return current.uses.get(linkName(link, current))?.addresses ?? [];
}

/** The link's own name, where the config's is an altname. */
function linkName(name: string, current: Current): string {
  return findLink(current, name)?.name ?? name;
}
