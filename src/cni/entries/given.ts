import { networkOf, parseAddress, parseSubnet, writeAddress, writeSubnet } from "../../config/addresses.ts";
import { type Json, JsonObject, member } from "../../json.ts";
import { convertResult, listOf } from "../../protocol/result.ts";
import type { Version } from "../../protocol/versions.ts";

/** What the plugins before gave an interface of the Pod. */
export interface Given {
  readonly addresses: readonly { address: string; prefixLength: number; gateway: string | undefined }[];
  readonly routes: readonly { destination: string; gateway: string }[];
}

/**
 * Reads addresses and routes of a Pod's interface out of a result, in the form that `ip` prints them in. An address that names no
 * interface is of this one, which is the only one in results before 0.3.0.
 *
 * Throws code 6 where the result is not what its version says.
 */
export function readGiven(result: JsonObject, ifName: string, version: Version): Given {
  const wide = convertResult(convertResult(result, version), "1.1.0");
  const links = listOf(wide, "interfaces");
  const isOwn = (place: Json | undefined) =>
    typeof place !== "number" || (text(links[place], "name") === ifName && text(links[place], "sandbox") !== "");
  const addresses = listOf(wide, "ips").flatMap((ip) => {
    const subnet = parseSubnet(text(ip, "address"));
    if (!(ip instanceof JsonObject) || subnet === undefined || !isOwn(member(ip, "interface"))) return [];
    const gateway = parseAddress(text(ip, "gateway"));
    return [
      {
        address: writeAddress(subnet),
        prefixLength: subnet.prefixLength,
        gateway: gateway && gateway.value !== 0n ? writeAddress(gateway) : undefined,
      },
    ];
  });
  const routes = listOf(wide, "routes").flatMap((route) => {
    const subnet = parseSubnet(text(route, "dst"));
    if (subnet === undefined) return [];
    const given = parseAddress(text(route, "gw"));
    const own = addresses.find(({ address, gateway }) => gateway && address.includes(":") === (subnet.family === "6"));
    const gateway = given ? writeAddress(given) : own?.gateway;
    const destination = writeSubnet(networkOf(subnet));
    return gateway === undefined || given?.value === 0n ? [] : [{ destination, gateway }];
  });
  return { addresses, routes };
}

/** A result in which an interface of the Pod has another MAC. */
export function withMAC(result: JsonObject, ifName: string, mac: string): JsonObject {
  const links = listOf(result, "interfaces").map((link) =>
    link instanceof JsonObject && text(link, "name") === ifName && text(link, "sandbox") !== ""
      ? new JsonObject(link.members.map(([key, value]) => [key, key.toLowerCase() === "mac" ? mac : value]))
      : link,
  );
  const members = result.members.map(([key, value]): [string, Json] => [
    key,
    key.toLowerCase() === "interfaces" ? links : value,
  ]);
  return links.length === 0 ? result : new JsonObject(members);
}

function text(entry: Json | undefined, key: string): string {
  const value = entry instanceof JsonObject ? member(entry, key) : undefined;
  return typeof value === "string" ? value : "";
}
