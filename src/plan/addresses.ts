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
  type Plan,
  type Route,
  type RoutingRule,
} from "../model.ts";
import { inTheWay } from "./conflict.ts";
import { describeRoute } from "./describe.ts";

/** Plans the addresses of the desired links, and then the routes, which need them. */
export function planAddresses(desired: Desired, current: Current): Plan {
  const addresses = desired.addresses.map((address) => planAddress(address, current));
  const routes = desired.routes.map((route, at) => planRoute(route, at, desired, current));
  const parts = [...addresses, ...routes];
  return {
    // A rule comes last: until then, nothing is looked up among the routes that it leads to.
    changes: [...parts.flatMap(({ change }) => change ?? []), ...planRules(desired, current)],
    conflicts: parts.flatMap(({ conflict }) => conflict ?? []),
    drift: [],
  };
}

function planRules({ rules = [] }: Desired, current: Current): Change[] {
  const isThere = ({ from, table }: RoutingRule) =>
    current.rules?.some((rule) => rule.from === from && rule.table === table);
  return rules.filter((rule) => !isThere(rule)).map((rule) => ({ type: "addRule", rule }));
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

function planRoute(route: DesiredRoute, at: number, desired: Desired, current: Current): Part {
  const name = linkName(route.link, current);
  if (isConnected(route, desired)) return {};
  const earlier = desired.routes.slice(0, at).filter((other) => hasSameKeyAs(route, other));
  // Only attributes tell them apart, of which the kernel takes the first one's.
  if (earlier.some(({ gateway }) => gateway === route.gateway)) return {};
  const alike = [...current.uses].flatMap(([nic, { routes }]) =>
    routes.filter((other) => hasSameKey(route, other)).map((other) => ({ nic, other })),
  );
  const gateways = [route.gateway, ...(route.otherGateways ?? [])];
  if (alike.some(({ other }) => gateways.some((gateway) => leadsBy(other, name, gateway)))) return {};
  const siblings = desired.routes.filter((other) => hasSameKeyAs(route, other));
  const foreign = alike.find(({ other }) => !siblings.some(({ gateway }) => leadsBy(other, name, gateway)));
  if (foreign === undefined) {
    const isFurther = earlier.length > 0 || alike.length > 0;
    return { change: { type: "addRoute", link: name, route, ...(isFurther && { isFurther }) } };
  }
  const message = `the route ${describeRoute(route)} is wanted, but ${route.destination} leads elsewhere already ('ip route' shows: ${foreign.other.words.join(" ")}): leave it out, or give it another priority`;
  return { conflict: inTheWay(foreign.nic, message) };
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

/** Whether one of a route's ways leads by the gateway through the link. */
function leadsBy({ words }: Route, link: string, gateway: string | undefined): boolean {
  const ways: string[][] = [[]];
  for (const word of words) word === "nexthop" ? ways.push([]) : ways.at(-1)?.push(word);
  return ways.some((way) => wordAfter(way, "dev") === link && wordAfter(way, "via") === gateway);
}

/** The kernel has one route for each destination, table and metric; IPv6 routes without a metric get 1024. */
function hasSameKey(route: DesiredRoute, { words, table }: Route): boolean {
  const [, destination] = words;
  const metric = route.destination.includes(":") ? "1024" : "0";
  return (
    destination === writeDestination(route.destination) &&
    table === (namesOfTables.get(attribute(route, "table") ?? "main") ?? attribute(route, "table") ?? "main") &&
    (wordAfter(words, "metric") ?? metric) === (attribute(route, "metric") ?? metric)
  );
}

/** Whether a route that was seen leads to a destination, by a gateway if one is given, in whatever table. */
export function routeLeads(
  { words }: Route,
  { destination, gateway }: { destination: string; gateway: string | undefined },
): boolean {
  const vias = words.filter((_, at) => words[at - 1] === "via");
  return words[1] === writeDestination(destination) && (gateway === undefined || vias.includes(gateway));
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
