import type { Address, Route } from "../model.ts";
import { type Json, object, strings, text } from "./json.ts";

/** Reads one entry of `addr_info` as `ip -json address show` prints it. */
export function readAddress(json: Json): Address {
  const local = text(json["local"]) ?? "";
  const prefixLength = Number(json["prefixlen"]);
  const scope = text(json["scope"]) ?? "";
  const words = [
    `${text(json["address"]) === undefined ? "" : `${local} peer `}${json["address"] ?? local}/${prefixLength}`,
  ];
  for (const [key, word] of [
    ["broadcast", "broadcast"],
    ["label", "label"],
    ["metric", "metric"],
  ] as const) {
    if (json[key] !== undefined) words.push(word, String(json[key]));
  }
  words.push("scope", scope);
  for (const [key, word] of [
    ["valid_life_time", "valid_lft"],
    ["preferred_life_time", "preferred_lft"],
  ] as const) {
    if (typeof json[key] === "number" && json[key] < forever) words.push(word, String(json[key]));
  }
  for (const flag of ["noprefixroute", "mngtmpaddr", "nodad", "home"]) if (json[flag] === true) words.push(flag);
  return { local, prefixLength, scope, family: json["family"] === "inet6" ? "inet6" : "inet", words };
}

/** How the kernel writes a lifetime without an end (INFINITY_LIFE_TIME). */
const forever = 0xffffffff;

/** Through which NICs a route leads, each once. */
export function listNics(json: Json): readonly string[] {
  const hops = json["nexthops"];
  const own = text(json["dev"]);
  if (!Array.isArray(hops)) return own === undefined ? [] : [own];
  return [...new Set([json, ...hops.map(object)].flatMap((hop) => text(hop["dev"]) ?? []))];
}

/** Reads one route as `ip -json route show table all` prints it. */
export function readRoute(json: Json): Route {
  const destination = text(json["dst"]) ?? "";
  const table = text(json["table"]) ?? "main";
  const type = text(json["type"]) ?? "unicast";
  // Only routes of IPv6 have a preference; without it `ip` would take `default` for that of IPv4.
  const words = [type, destination === "default" && json["pref"] !== undefined ? "::/0" : destination];
  for (const [key, word] of routeWords) if (json[key] !== undefined) words.push(word, String(json[key]));
  const hops = Array.isArray(json["nexthops"]) ? json["nexthops"].map(object) : [];
  words.push(...readHop(json), ...hops.flatMap((hop) => ["nexthop", ...readHop(hop)]));
  return { destination, table, type, protocol: text(json["protocol"]) ?? "", words };
}

/** The words for one way: a route has one, or a list of them. */
function readHop(hop: Json): string[] {
  const words: string[] = [];
  const via = object(hop["via"]);
  if (hop["gateway"] !== undefined) words.push("via", String(hop["gateway"]));
  if (via["host"] !== undefined) words.push("via", String(via["family"]), String(via["host"]));
  for (const key of ["dev", "weight"]) if (hop[key] !== undefined) words.push(key, String(hop[key]));
  if (strings(hop["flags"]).includes("onlink")) words.push("onlink");
  return words;
}

const routeWords = [
  ["prefsrc", "src"],
  ["metric", "metric"],
  ["table", "table"],
  ["protocol", "proto"],
  ["scope", "scope"],
  ["tos", "tos"],
  ["pref", "pref"],
] as const;
