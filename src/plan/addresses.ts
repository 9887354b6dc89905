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
  const routes = desired.routes.map((route) => planRoute(route, current));
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

function planRoute(route: DesiredRoute, current: Current): Part {
  const name = linkName(route.link, current);
  const alike = [...current.uses].flatMap(([nic, { routes }]) =>
    routes.filter((other) => hasSameKey(route, other)).map((other) => ({ nic, other })),
  );
  const gateways = [route.gateway, ...(route.otherGateways ?? [])];
  if (alike.some(({ nic, other }) => nic === name && gateways.includes(wordAfter(other.words, "via")))) return {};
  const [first] = alike;
  if (first === undefined) return { change: { type: "addRoute", link: name, route } };
  const message = `the route ${describeRoute(route)} is wanted, but ${route.destination} leads elsewhere already ('ip route' shows: ${first.other.words.join(" ")}): leave it out, or give it another priority`;
  return { conflict: inTheWay(first.nic, message) };
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
  return words[1] === writeDestination(destination) && (gateway === undefined || wordAfter(words, "via") === gateway);
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
