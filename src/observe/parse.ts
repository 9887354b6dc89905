import type { Address, Link, Route, SeenRule } from "../model.ts";
import { integer, type Json, object, parseLine, strings, text } from "./json.ts";
import { listNics, readAddress, readRoute } from "./use.ts";

/** What one run of `ip` showed. */
export interface IpOutput {
  readonly links: readonly Link[];
  /** By the name of their NIC, where the lines asked for addresses. */
  readonly addresses: ReadonlyMap<string, readonly Address[]>;
  /**
   * By the NICs that they lead through, where the lines asked for their addresses before: a node may have 100,000 routes that
   * don't matter. A route of several ways is found under each of them.
   */
  readonly routes: ReadonlyMap<string, readonly Route[]>;
  /** Ids of nexthop objects, by the NICs that they lead through. */
  readonly nexthops: ReadonlyMap<string, readonly number[]>;
  /** Those that look a whole network up in a table, and ask for nothing else. */
  readonly rules: readonly SeenRule[];
}

/**
 * Reads the output of `ip -details -json -batch -`: one JSON array a line that succeeded, nothing for one that failed.
 * A link that was asked for twice is taken once.
 *
 * @param table the table that routes were asked of, which `ip` does not tell of each of them then
 *
 * Throws a SyntaxError where the output is not JSON.
 */
export function parseIpOutput(output: string, { table }: { table?: string | undefined } = {}): IpOutput {
  const links = new Map<number, Link>();
  const addresses = new Map<string, Address[]>();
  const routes = new Map<string, Route[]>();
  const nexthops = new Map<string, number[]>();
  const rules: SeenRule[] = [];
  for (const line of output.split("\n")) {
    if (line === "") continue;
    for (const item of parseLine(line)) {
      if (typeof item["ifindex"] === "number") {
        const link = readLink(item);
        links.set(link.index, link);
        if (Array.isArray(item["addr_info"])) addresses.set(link.name, item["addr_info"].map(readAddress));
      } else if (typeof item["dst"] === "string") {
        const nics = listNics(item).filter((nic) => addresses.has(nic));
        const route = nics.length > 0 ? readRoute(table === undefined ? item : { ...item, table }) : undefined;
        if (route) for (const nic of nics) append(routes, nic, route);
      } else if (typeof item["id"] === "number" && typeof item["dev"] === "string") {
        append(nexthops, item["dev"], item["id"]);
      } else if (typeof item["priority"] === "number") rules.push(...readRule(item));
    }
  }
  return { links: [...links.values()], addresses, routes, nexthops, rules };
}

/** What a rule may say beside its table that makes no difference to where it leads. */
const plainRuleKeys = ["priority", "src", "srclen", "table", "protocol"];

/** Reads a rule as `ip -json rule show` prints it, if it looks up what comes from one network, and asks for nothing else. */
export function readRule(json: Json): SeenRule[] {
  const [source, table] = [text(json["src"]), text(json["table"])];
  if (!Object.keys(json).every((key) => plainRuleKeys.includes(key)) || table === undefined) return [];
  if (source === undefined || source === "all") return [];
  const length = json["srclen"] ?? (source.includes(":") ? 128 : 32);
  return [{ from: `${source}/${length}`, table, priority: Number(json["priority"]) }];
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Reads one link as `ip -details -json link show` prints it. */
export function readLink(json: Json): Link {
  const info = object(json["linkinfo"]);
  const data = object(info["info_data"]);
  const kind = text(info["info_kind"]);
  const flags = strings(json["flags"]);
  return {
    index: Number(json["ifindex"]),
    name: text(json["ifname"]) ?? "",
    altNames: strings(json["altnames"]),
    kind,
    up: flags.includes("UP"),
    // The other end of a veth is no hindrance.
    parentDown: kind === "vlan" && flags.includes("M-DOWN"),
    mtu: Number(json["mtu"]),
    mac: text(json["address"]) ?? "",
    maxMTU: Number(json["max_mtu"] ?? 0),
    master: text(json["master"]),
    masterKind: text(info["info_slave_kind"]),
    // `link_index` stands in its place where the link below is in another namespace. A vxlan tells it by itself.
    parent: text(json["link"]) ?? text(data["link"]),
    foreignParent: json["link_netnsid"] === undefined ? undefined : integer(json["link_index"]),
    alias: text(json["ifalias"]),
    vlan: kind === "vlan" ? { id: Number(data["id"]), protocol: text(data["protocol"]) ?? "" } : undefined,
    driverData: data,
  };
}
