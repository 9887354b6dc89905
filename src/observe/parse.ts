import type { Address, Link, Route, Use } from "../model.ts";
import { type Json, object, strings, text } from "./json.ts";
import { readAddress, readRoute } from "./use.ts";

/** What one run of `ip` showed. */
export interface Sight {
  readonly links: readonly Link[];
  /** Addresses and routes by the name of their NIC, where the lines asked for them. */
  readonly uses: ReadonlyMap<string, Use>;
}

/**
 * Reads the output of `ip -details -json -batch -`: one JSON array a line that succeeded, nothing for one that failed.
 * A link that was asked for twice is taken once. Routes follow the NIC that they were asked for.
 *
 * Throws a SyntaxError where the output is not JSON.
 */
export function parseIpOutput(output: string): Sight {
  const links = new Map<number, Link>();
  const uses = new Map<string, { addresses: Address[]; routes: Route[] }>();
  let latest: { addresses: Address[]; routes: Route[] } | undefined;
  for (const line of output.split("\n")) {
    if (line === "") continue;
    for (const item of JSON.parse(line) as Json[]) {
      if (typeof item["ifindex"] === "number") {
        const link = readLink(item);
        links.set(link.index, link);
        if (Array.isArray(item["addr_info"])) {
          latest = { addresses: item["addr_info"].map(readAddress), routes: [] };
          uses.set(link.name, latest);
        }
      } else if (typeof item["dst"] === "string") {
        latest?.routes.push(readRoute(item));
      }
    }
  }
  return { links: [...links.values()], uses };
}

/** Reads one link as `ip -details -json link show` prints it. */
export function readLink(json: Json): Link {
  const info = object(json["linkinfo"]);
  const data = object(info["info_data"]);
  const kind = text(info["info_kind"]);
  return {
    index: Number(json["ifindex"]),
    name: text(json["ifname"]) ?? "",
    altNames: strings(json["altnames"]),
    kind,
    up: strings(json["flags"]).includes("UP"),
    mtu: Number(json["mtu"]),
    mac: text(json["address"]) ?? "",
    maxMTU: Number(json["max_mtu"] ?? 0),
    master: text(json["master"]),
    masterKind: text(info["info_slave_kind"]),
    // `link_index` stands in its place where the link below is in another namespace.
    parent: text(json["link"]),
    alias: text(json["ifalias"]),
    vlan: kind === "vlan" ? { id: Number(data["id"]), protocol: text(data["protocol"]) ?? "" } : undefined,
    driverData: data,
  };
}
