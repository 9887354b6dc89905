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
  const byDestination = groupRoutes(current);
  const routes = desired.routes.map((route) => planRoute(route, current, byDestination));
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

/** By destination, as a node may have thousands, and as many are wanted. */
function groupRoutes({ uses }: Current): ReadonlyMap<string, Found[]> {
  const groups = new Map<string, Found[]>();
  for (const [nic, { routes }] of uses) {
    for (const other of routes) {
      const [, destination = ""] = other.words;
      const group = groups.get(destination);
      if (group) group.push({ nic, other });
      else groups.set(destination, [{ nic, other }]);
    }
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

function planRoute(route: DesiredRoute, current: Current, byDestination: ReadonlyMap<string, Found[]>): Part {
  const name = linkName(route.link, current);
  const further = route.further?.map(({ link, gateway }) => ({ link: linkName(link, current), gateway }));
  const alike = (byDestination.get(writeDestination(route.destination)) ?? []).filter(({ other }) =>
    hasSameKey(route, other),
  );
  const others = route.otherGateways ?? [];
  const ways = [route.gateway, ...others].map((gateway) => [{ link: name, gateway }, ...(further ?? [])]);
  if (alike.some(({ other }) => ways.some((hops) => leadsThrough(other, hops)))) return {};
  const [first] = alike;
  if (first === undefined)
    return { change: { type: "addRoute", link: name, route: further ? { ...route, further } : route } };
  const message = `the route ${describeRoute(route)} is wanted, but ${route.destination} leads elsewhere already ('ip route' shows: ${first.other.words.join(" ")}): leave it out, or give it another priority`;
  return { conflict: inTheWay(first.nic, message) };
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
function leadsThrough({ words }: Route, hops: readonly Hop[]): boolean {
  const seen = readHops(words);
  if (seen.length !== hops.length) return false;
  const [only, ...others] = hops;
  // There may be thousands of these.
  if (others.length === 0) return only?.link === seen[0]?.link && only?.gateway === seen[0]?.gateway;
  return seen.map(writeHop).sort().join() === hops.map(writeHop).sort().join();
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
