import { Code, type Code as ErrorCode } from "../error.ts";
import { describeJson, foldName, integer, isJsonArray, type Json, JsonObject, member } from "../json.ts";
import type { Problem } from "../model.ts";
import { type IPAddress, networkOf, parseAddress, parseSubnet, writeAddress, writeSubnet } from "./addresses.ts";
import { findNearest } from "./nearest.ts";
import { refuseConfig } from "./read.ts";

/** What an entry asks of a Pod's way to its node. */
export interface NodePath {
  /** Subnets that the Pod reaches through its node, as `ip` prints them. */
  readonly routes: readonly string[];
  /** The node's addresses that the Pod reaches; `undefined`: found on the node. */
  readonly nodeAddresses: readonly string[] | undefined;
  /** Of the pair, in bytes; `undefined`: that of the Pod's interface. */
  readonly mtu: number | undefined;
  /** The first two bytes of the MAC of the Pod's interface, as the kernel writes them. */
  readonly macPrefix: string | undefined;
  readonly policyRoutes: boolean;
  /** Nothing is done. */
  readonly skipped: boolean;
  /** Nothing is done but to give the MAC. */
  readonly onlyMAC: boolean;
}

/** What an entry says; `nodePath` is `undefined` where it is not valid. */
export interface NodePathReading {
  readonly nodePath: NodePath | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly code: ErrorCode;
}

/** The keys of `nodePath`. */
export const nodePathKeys = ["routes", "nodeAddresses", "mtu", "macPrefix", "policyRoutes"] as const;

/** Keys of Spidernet's veth plugin for lists of subnets; all its keys are at the top. */
export const vethListKeys = [
  "service_cidr",
  "cluster_cidr",
  "service_hijack_subnet",
  "overlay_hijack_subnet",
  "additional_hijack_subnet",
] as const;

const vethKeys = [...vethListKeys, "mac_prefix", "migrate_route"] as const;

/** Keys of that plugin that ask for what is not needed or not done here. */
const ignoredKeys = [
  ["rp_filter", "is ignored: the way needs no other rp_filter, and no sysctl of the node is changed"],
  ["ip_conflict", "is ignored: whether an address is in use is the main plugin's or its IPAM plugin's to find out"],
  ["log_options", "is ignored: what is to be told goes to standard error, which runtimes keep"],
] as const;

/** Keys of links of the node or in the Pod, which belong into an entry of their own. */
const otherKeys = ["interfaces", "vlanID", "vlan", "bond"] as const;

interface Findings {
  readonly problems: Problem[];
  readonly warnings: Problem[];
  wrongType: boolean;
}

/** Reads an entry whose keys make it a node path: `nodePath`, or those of the veth plugin. All problems are found at once. */
export function readNodePath(body: JsonObject): NodePathReading {
  const findings: Findings = { problems: [], warnings: [], wrongType: false };
  const own = readOwn(member(body, "nodePath"), findings);
  const flat = readFlat(body, findings);
  const given = vethKeys.filter((key) => member(body, key) !== undefined);
  if (own && given.length > 0) {
    findings.problems.push({ path: given[0] ?? "", message: "says what nodePath says: leave one of them out" });
  }
  for (const path of otherKeys.filter((key) => member(body, key) !== undefined)) {
    const message = "is about other links than nodePath: make an entry of its own for it, in front of the main plugin";
    findings.problems.push({ path, message });
  }
  for (const [path, message] of ignoredKeys) {
    if (member(body, path) !== undefined) findings.warnings.push({ path, message });
  }
  const skipped = readBoolean(member(body, "skip_call"), "skip_call", findings) ?? false;
  const onlyMAC = readBoolean(member(body, "only_op_mac"), "only_op_mac", findings) ?? false;
  const { problems, warnings, wrongType } = findings;
  const base = own ?? flat;
  return {
    nodePath: problems.length > 0 ? undefined : { ...base, skipped, onlyMAC: onlyMAC && base.macPrefix !== undefined },
    problems,
    warnings,
    code: wrongType ? Code.decoding : Code.invalidConfig,
  };
}

/** A node path without problems. Throws code 6 or 7 with all that is wrong with it in the details. */
export function requireNodePath(reading: NodePathReading): NodePath {
  if (reading.nodePath) return reading.nodePath;
  throw refuseConfig(reading);
}

type Base = Omit<NodePath, "skipped" | "onlyMAC">;

function readOwn(value: Json | undefined, findings: Findings): Base | undefined {
  if (value === undefined || value === null) return undefined;
  if (!(value instanceof JsonObject)) {
    refuseType(value, { path: "nodePath", allowed: `an object with ${nodePathKeys.join(", ")}` }, findings);
    return undefined;
  }
  for (const [name] of value.members) {
    if (nodePathKeys.some((key) => foldName(key) === foldName(name))) continue;
    const near = findNearest(name, nodePathKeys);
    const hint = near ? `; did you mean ${near}?` : "";
    const message = `unknown key ${JSON.stringify(name)}, allowed ${nodePathKeys.join(", ")}${hint}`;
    findings.problems.push({ path: "nodePath", message });
  }
  return {
    routes: readSubnets(member(value, "routes"), "nodePath.routes", findings),
    nodeAddresses: readAddresses(member(value, "nodeAddresses"), "nodePath.nodeAddresses", findings),
    mtu: readMTU(member(value, "mtu"), findings),
    macPrefix: readMacPrefix(member(value, "macPrefix"), "nodePath.macPrefix", findings),
    policyRoutes: readBoolean(member(value, "policyRoutes"), "nodePath.policyRoutes", findings) ?? false,
  };
}

/** Whether others may send to an address as that of a host: it is none of 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/3, ::, ::1, ff00::/8. */
export function isUnicast({ family, value }: IPAddress): boolean {
  if (family === "6") return value > 1n && value >> 120n !== 0xffn;
  const first = value >> 24n;
  return first !== 0n && first !== 127n && first < 224n;
}

/** What the veth plugin's keys say. It moves routes where it is not told. */
function readFlat(body: JsonObject, findings: Findings): Base {
  const routes = vethListKeys.flatMap((key) => readSubnets(member(body, key), key, findings));
  return {
    routes: [...new Set(routes)],
    nodeAddresses: undefined,
    mtu: undefined,
    macPrefix: readMacPrefix(member(body, "mac_prefix"), "mac_prefix", findings),
    policyRoutes: readMigrateRoute(member(body, "migrate_route"), findings),
  };
}

function readMigrateRoute(value: Json | undefined, findings: Findings): boolean {
  if (value === undefined) return true;
  const number = integer(value);
  const allowed = "-1 or 1 (yes), 0 (no)";
  if (number === undefined) refuseType(value, { path: "migrate_route", allowed }, findings);
  else if (![-1, 0, 1].includes(number)) {
    findings.problems.push({ path: "migrate_route", message: `not allowed, got ${number}, allowed ${allowed}` });
  }
  return number !== 0;
}

/** The veth plugin takes one string where it takes a list of them, too. */
function readStrings(value: Json | undefined, path: string, allowed: string, findings: Findings): readonly string[] {
  if (value === undefined) return [];
  const items = typeof value === "string" ? [value] : value;
  if (items === null || !isJsonArray(items)) {
    refuseType(value, { path, allowed }, findings);
    return [];
  }
  return items.flatMap((item, index) => {
    if (typeof item === "string") return [item.trim()];
    refuseType(item, { path: `${path}[${index}]`, allowed: "a string" }, findings);
    return [];
  });
}

function readSubnets(value: Json | undefined, path: string, findings: Findings): readonly string[] {
  const found = readStrings(value, path, "an array of subnets such as 10.96.0.0/16", findings).flatMap(
    (text, index) => {
      const subnet = parseSubnet(text);
      if (subnet) return [writeSubnet(networkOf(subnet))];
      const example = parseAddress(text) ? `${text}/${text.includes(":") ? 128 : 32}` : "10.96.0.0/16";
      const message = `not allowed, got ${JSON.stringify(text)}, allowed a subnet such as ${example}`;
      findings.problems.push({ path: `${path}[${index}]`, message });
      return [];
    },
  );
  return [...new Set(found)];
}

function readAddresses(value: Json | undefined, path: string, findings: Findings): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const found = readStrings(value, path, "an array of the node's addresses", findings).flatMap((text, index) => {
    const address = parseAddress(text);
    if (address && isUnicast(address)) return [writeAddress(address)];
    const message = `not allowed, got ${JSON.stringify(text)}, allowed an address of the node such as 192.0.2.1`;
    findings.problems.push({ path: `${path}[${index}]`, message });
    return [];
  });
  if (found.length === 0 && findings.problems.length === 0) {
    findings.problems.push({ path, message: "is empty: name the node's addresses, or leave it out" });
  }
  return [...new Set(found)];
}

function readMTU(value: Json | undefined, findings: Findings): number | undefined {
  if (value === undefined) return undefined;
  const mtu = integer(value);
  const [path, allowed] = ["nodePath.mtu", "an integer from 68 to 65535"];
  if (mtu === undefined) refuseType(value, { path, allowed }, findings);
  else if (mtu < 68 || mtu > 65535) {
    findings.problems.push({ path, message: `out of range, got ${mtu}, allowed ${allowed}` });
  }
  return mtu;
}

function readMacPrefix(value: Json | undefined, path: string, findings: Findings): string | undefined {
  const allowed = "two bytes such as 0a:1b, the first one even";
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") {
    refuseType(value, { path, allowed }, findings);
    return undefined;
  }
  const prefix = /^[0-9a-f]{2}[:-][0-9a-f]{2}$/i.test(value) ? value.toLowerCase().replace("-", ":") : "";
  // The lowest bit of the first byte marks a group address, which no interface can have.
  if (prefix !== "" && Number.parseInt(prefix, 16) % 2 === 0) return prefix;
  findings.problems.push({ path, message: `not allowed, got ${describeJson(value)}, allowed ${allowed}` });
  return undefined;
}

function readBoolean(value: Json | undefined, path: string, findings: Findings): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  refuseType(value, { path, allowed: "true or false" }, findings);
  return undefined;
}

function refuseType(value: Json, { path, allowed }: { path: string; allowed: string }, findings: Findings): void {
  findings.wrongType = true;
  findings.problems.push({ path, message: `wrong type, got ${describeJson(value)}, allowed ${allowed}` });
}
