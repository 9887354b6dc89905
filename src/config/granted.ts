import { CniError, Code } from "../error.ts";
import { describeJson, integer, isJsonArray, type Json, JsonObject, member } from "../json.ts";
import type { DesiredAddress, DesiredRoute, Setting } from "../model.ts";
import { networkOf, parseAddress, parseSubnet, type Subnet, writeAddress, writeSubnet } from "./addresses.ts";

/** What an IPAM plugin gave for a link, as addresses and routes that the link is to have. */
export interface Granted {
  readonly addresses: readonly DesiredAddress[];
  readonly routes: readonly DesiredRoute[];
}

/**
 * Reads the `ips` and `routes` of an IPAM plugin's result of the shape of 1.x (CNI specification, "Success") for a link.
 *
 * A route without a gateway takes that of the first address of its family that has one, as the reference library does, unless
 * its scope says that its destination is on the link.
 *
 * Throws code 103 where a value can't be.
 */
export function readGranted(result: JsonObject, { link }: { link: string }): Granted {
  const ips = objectsOf(result, "ips").map((ip) => {
    const subnet = readSubnet(ip, "address");
    return { subnet, gateway: readGateway(ip, "gateway") };
  });
  const addresses = ips.map(({ subnet }) => ({
    link,
    local: writeAddress(subnet),
    prefixLength: subnet.prefixLength,
  }));
  const routes = objectsOf(result, "routes").map((route): DesiredRoute => {
    const destination = networkOf(readSubnet(route, "dst"));
    const own = ips.find(({ subnet, gateway }) => subnet.family === destination.family && gateway !== undefined);
    const attributes = readAttributes(route);
    return {
      link,
      destination: writeSubnet(destination),
      gateway: chooseGateway(route, destination, isOnLink(attributes) ? undefined : own?.gateway),
      attributes,
    };
  });
  return { addresses: withoutTwins(addresses), routes: withoutTwins(routes) };
}

/** The unspecified address means that the destination is on the link, as in DHCP's classless routes (RFC 3442). */
function chooseGateway(route: JsonObject, { family }: Subnet, usual: string | undefined): string | undefined {
  const given = readGateway(route, "gw");
  if (given === "0.0.0.0" || given === "::") return undefined;
  if (given !== undefined && given.includes(":") !== (family === "6")) throw unusable("gw", given);
  return given ?? usual;
}

/** `ip` takes none of them twice. */
function withoutTwins<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** The attributes that a route has from 1.1.0 on, and iproute2's words for them. */
export const routeAttributes = [
  ["table", "table"],
  ["priority", "metric"],
  ["scope", "scope"],
  ["mtu", "mtu"],
  ["advmss", "advmss"],
] as const;

function readAttributes(route: JsonObject): Setting[] {
  return routeAttributes.flatMap(([key, name]) => {
    const value = member(route, key);
    if (value === undefined) return [];
    const number = integer(value);
    if (number === undefined || number < 0 || number > 0xffffffff) throw unusable(`routes[].${key}`, value);
    // 0 is what a plugin writes that has nothing to say, but for the scope, where it is the whole world.
    return number === 0 && key !== "scope" ? [] : [{ name, value: String(number) }];
  });
}

/** The kernel takes no gateway with a scope of the link (RT_SCOPE_LINK) or less (fib_check_nh). */
function isOnLink(attributes: readonly Setting[]): boolean {
  return attributes.some(({ name, value }) => name === "scope" && Number(value) >= 253);
}

function readSubnet(entry: JsonObject, key: string): Subnet {
  const value = member(entry, key);
  const subnet = typeof value === "string" ? parseSubnet(value) : undefined;
  if (subnet === undefined) throw unusable(key, value ?? null);
  return subnet;
}

function readGateway(entry: JsonObject, key: string): string | undefined {
  const value = member(entry, key);
  if (value === undefined || value === "") return undefined;
  const address = typeof value === "string" ? parseAddress(value) : undefined;
  if (address === undefined) throw unusable(key, value);
  return writeAddress(address);
}

function objectsOf(result: JsonObject, key: string): readonly JsonObject[] {
  const list = member(result, key);
  return list !== undefined && isJsonArray(list) ? list.filter((item) => item instanceof JsonObject) : [];
}

function unusable(key: string, value: Json): CniError {
  return new CniError(Code.ipFailed, `the IPAM plugin's result has ${key} ${describeJson(value)}, which can't be used`);
}
