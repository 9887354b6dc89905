import {
  contains,
  networkOf,
  parseAddress,
  parseSubnet,
  type Subnet,
  writeAddress,
  writeSubnet,
} from "../config/addresses.ts";
import { routeAttributes } from "../config/granted.ts";
import type { DesiredRoute, Hop, Setting } from "../model.ts";
import type { Reader } from "./reader.ts";

/** A route that the config wants in the Pod. */
export interface WantedRoute {
  readonly destination: Subnet;
  /** `undefined`: the destination is on the links. */
  readonly gateway: string | undefined;
  readonly attributes: readonly Setting[];
}

/** An interface of the Pod, and what its addresses say of who is on its link. */
export interface RoutedLink {
  readonly name: string;
  readonly networks: readonly Subnet[];
  /** The gateways that the IPAM plugin gave with the addresses, which are for routes that name none. */
  readonly gateways: readonly string[];
}

/** Reads `ipam.routes`. */
export function readRoutes(ipam: Reader | undefined): WantedRoute[] {
  return (ipam?.objects("routes") ?? []).flatMap((route) => {
    const text = route.text("dst") ?? "";
    const destination = parseSubnet(text);
    const gateway = readGateway(route);
    const settings = routeAttributes.flatMap(([key, name]) => {
      const value = route.integer(key, { min: 0, max: 0xffffffff });
      return value === undefined || (value === 0 && key !== "scope") ? [] : [{ name, value: String(value) }];
    });
    if (destination === undefined) {
      route.refuse("dst", `${JSON.stringify(text)} is no network such as 0.0.0.0/0`);
      return [];
    }
    if (gateway !== undefined && gateway.includes(":") !== (destination.family === "6")) {
      route.refuse("gw", `${gateway} is of another family than ${text}`);
      return [];
    }
    return [{ destination: networkOf(destination), gateway, attributes: settings }];
  });
}

function readGateway(route: Reader): string | undefined {
  const text = route.text("gw") ?? "";
  const address = parseAddress(text);
  if (text === "" || address?.value === 0n) return undefined;
  if (address === undefined) route.refuse("gw", `${JSON.stringify(text)} is no address`);
  return address && writeAddress(address);
}

/** The routes of a Pod, or why there can't be one. */
export type PodRoutes = { readonly routes: readonly DesiredRoute[] } | { readonly fault: string };

/**
 * Finds the links that each route leads through: with a gateway those that have it on their network; without one all, by the
 * gateway that came with their address if one did. Several ways to one destination are one route.
 */
export function assignRoutes(wanted: readonly WantedRoute[], links: readonly RoutedLink[]): PodRoutes {
  const groups = new Map<string, { route: WantedRoute; hops: Hop[] }>();
  for (const route of wanted) {
    const hops = findHops(route, links);
    if (hops.length === 0) {
      const networks = links.flatMap((link) => link.networks.map(writeSubnet)).join(", ");
      return {
        fault: `the gateway ${route.gateway} of the route to ${writeSubnet(route.destination)} is in none of the networks of the Pod's interfaces (${networks || "which have none"})`,
      };
    }
    const key = JSON.stringify([writeSubnet(route.destination), route.attributes]);
    const group = groups.get(key) ?? { route, hops: [] };
    groups.set(key, group);
    const known = new Set(group.hops.map(({ link, gateway }) => `${link} ${gateway}`));
    group.hops.push(...hops.filter(({ link, gateway }) => !known.has(`${link} ${gateway}`)));
  }
  const routes = [...groups.values()].flatMap(({ route, hops: [first, ...further] }): DesiredRoute[] =>
    first === undefined
      ? []
      : [
          {
            ...first,
            destination: writeSubnet(route.destination),
            attributes: route.attributes,
            ...(further.length > 0 && { further }),
          },
        ],
  );
  return { routes };
}

function findHops({ destination, gateway }: WantedRoute, links: readonly RoutedLink[]): Hop[] {
  const address = gateway === undefined ? undefined : parseAddress(gateway);
  if (address) {
    return links
      .filter(({ networks }) => networks.some((network) => contains(network, address)))
      .slice(0, 1)
      .map(({ name }) => ({ link: name, gateway }));
  }
  const ipv6 = destination.family === "6";
  return links.map(({ name, gateways }) => ({
    link: name,
    gateway: gateways.find((own) => own.includes(":") === ipv6),
  }));
}
