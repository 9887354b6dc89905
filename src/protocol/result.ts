import { CniError, Code } from "../error.ts";
import { describeJson, foldName, isJsonArray, type Json, type JsonMember, JsonObject, member } from "../json.ts";
import { addressFamily, checkShape, dnsShape, type Shape } from "./shape.ts";
import { isSupported, type ResultShape, resultShape, supportedVersions, type Version } from "./versions.ts";

const routes: Shape = [
  {
    fields: {
      dst: "subnet",
      gw: "address",
      mtu: "integer",
      advmss: "integer",
      priority: "integer",
      table: "integer",
      scope: "integer",
    },
  },
];

const oneAddress: Shape = { fields: { ip: "subnet", gateway: "address", routes } };

const linkFields = { name: "string", mac: "string", sandbox: "string" } as const;
const ipFields = { interface: "integer", address: "subnet", gateway: "address" } as const;

/** What the reference library decodes of a result (pkg/types/020, 040, 100). */
const shapes: Readonly<Record<ResultShape, Shape>> = {
  ip4ip6: { fields: { ip4: oneAddress, ip6: oneAddress, dns: dnsShape } },
  versionedIPs: {
    fields: {
      interfaces: [{ fields: linkFields }],
      ips: [{ fields: { ...ipFields, version: "string" } }],
      routes,
      dns: dnsShape,
    },
  },
  ips: {
    fields: {
      interfaces: [{ fields: { ...linkFields, mtu: "integer", socketPath: "string", pciID: "string" } }],
      ips: [{ fields: ipFields }],
      routes,
      dns: dnsShape,
    },
  },
};

/**
 * What ADD answers: the prevResult with the config's version (CNI specification, "Success"), or just the version.
 *
 * Where the two versions have the same shape, all else stays as it was written, unknown members included. Otherwise
 * addresses and routes are moved to where the config's version has them, and unknown members stay. 0.1.0 and 0.2.0 have no
 * place for interfaces, for a second address of a family, nor for routes of a family without address: those are left out,
 * as the reference library does.
 *
 * @throws CniError code 6: the prevResult is not what its version says; code 1: its version is unknown
 */
export function convertResult(prevResult: JsonObject | undefined, version: Version): JsonObject {
  const converted = prevResult === undefined ? [] : without(convertMembers(prevResult, version), ["cniVersion"]);
  return new JsonObject([["cniVersion", version], ...converted]);
}

function convertMembers(result: JsonObject, version: Version): readonly JsonMember[] {
  const from = resultShape(versionOf(result) ?? version);
  const to = resultShape(version);
  checkShape(result, shapes[from], "prevResult");
  if (from === to) return result.members;
  const wide = from === "ip4ip6" ? splitFamilies(result) : result;
  return to === "ip4ip6" ? joinFamilies(wide) : relabel(wide, { labelled: to === "versionedIPs" });
}

/** The version that a result says it has. Results before 1.0.0 may lack one: theirs is the config's. */
function versionOf(result: JsonObject): Version | undefined {
  const version = member(result, "cniVersion") ?? "";
  if (typeof version !== "string") {
    throw new CniError(Code.decoding, `prevResult.cniVersion must be a string, got ${describeJson(version)}`);
  }
  if (version === "") return undefined;
  if (isSupported(version)) return version;
  const known = supportedVersions.join(", ");
  throw new CniError(Code.version, `prevResult has cniVersion ${describeJson(version)}, ifacer can read ${known}`);
}

/** From `ip4`/`ip6` to `ips` and `routes`; such as are there already stay. */
function splitFamilies(result: JsonObject): JsonObject {
  const addresses = [member(result, "ip4"), member(result, "ip6")].filter((value) => value instanceof JsonObject);
  const ips = addresses.map(
    (address) => new JsonObject([...pick(address, "ip", "address"), ...without(address.members, ["ip", "routes"])]),
  );
  return new JsonObject([
    ...without(result.members, ["ip4", "ip6", "ips", "routes"]),
    ...list("ips", [...ips, ...listOf(result, "ips")]),
    ...list("routes", [...addresses.flatMap((address) => listOf(address, "routes")), ...listOf(result, "routes")]),
  ]);
}

/** From `ips` and `routes` to the first address of each family with its routes. */
function joinFamilies(result: JsonObject): readonly JsonMember[] {
  const entries = (["4", "6"] as const).flatMap((family): readonly JsonMember[] => {
    const first = listOf(result, "ips").find((ip) => familyOf(ip, "address") === family);
    if (!(first instanceof JsonObject)) return [];
    const routesOfFamily = listOf(result, "routes").filter((route) => familyOf(route, "dst") === family);
    const rest = without(first.members, ["address", "version", "interface"]);
    return [
      [`ip${family}`, new JsonObject([...pick(first, "address", "ip"), ...rest, ...list("routes", routesOfFamily)])],
    ];
  });
  return [...without(result.members, ["interfaces", "ips", "routes", "ip4", "ip6"]), ...entries];
}

/** Between 0.3/0.4 and 1.x: `ips[].version` comes or goes. */
function relabel(result: JsonObject, { labelled }: { labelled: boolean }): readonly JsonMember[] {
  const ips = listOf(result, "ips").map((ip) => {
    if (!(ip instanceof JsonObject)) return ip;
    const family = labelled ? familyOf(ip, "address") : undefined;
    const label: readonly JsonMember[] = family === undefined ? [] : [["version", family]];
    return new JsonObject([...label, ...without(ip.members, ["version"])]);
  });
  return [...without(result.members, ["ips"]), ...list("ips", ips)];
}

function familyOf(entry: Json, name: string): "4" | "6" | undefined {
  const address = entry instanceof JsonObject ? member(entry, name) : undefined;
  return typeof address === "string" ? addressFamily(address) : undefined;
}

/** The items of a list that an object may have under a name. */
export function listOf(object: JsonObject | undefined, name: string): readonly Json[] {
  const value = object && member(object, name);
  return value !== undefined && isJsonArray(value) ? value : [];
}

/** A list as a member, which is left out where the list is empty. */
export function list(name: string, items: readonly Json[]): readonly JsonMember[] {
  return items.length === 0 ? [] : [[name, items]];
}

function pick(object: JsonObject, name: string, newName: string): readonly JsonMember[] {
  const value = member(object, name);
  return value === undefined ? [] : [[newName, value]];
}

/** The members but for those with one of the names, in any case. */
export function without(members: readonly JsonMember[], names: readonly string[]): readonly JsonMember[] {
  const folded = names.map(foldName);
  return members.filter(([name]) => !folded.includes(foldName(name)));
}
