import { CniError, Code } from "../error.ts";
import { isJsonArray, type Json, type JsonMember, JsonObject, member } from "../json.ts";
import { convertResult, list, listOf, without } from "./result.ts";
import { addressFamily } from "./shape.ts";
import { resultShape, type Version } from "./versions.ts";

/** A link that was made in the Pod. */
export interface MadeLink {
  readonly name: string;
  readonly mac: string;
  /** In bytes. */
  readonly mtu: number;
  /** Path of the Pod's network namespace. */
  readonly sandbox: string;
}

/** What a plugin adds to the result of those before it. */
export interface Addition {
  /** In the order in which they were made; addresses are the last one's. */
  readonly links: readonly MadeLink[];
  /** The IPAM plugin's result, of the shape of 1.x. */
  readonly granted: JsonObject | undefined;
  /** The config's own DNS. */
  readonly dns: JsonObject | undefined;
}

/**
 * The result of an ADD that made links: that of the plugins before, and what was made behind it (CNI specification, "Success").
 *
 * DNS is that of the plugins before where they have any, else the IPAM plugin's, else the config's.
 *
 * Throws code 1 where the version has no place for it: before 0.3.0 a result has one address of each family; code 6 where the
 * prevResult is not what its version says.
 */
export function appendToResult(prevResult: JsonObject | undefined, added: Addition, version: Version): JsonObject {
  const links = added.links.map(({ name, mac, mtu, sandbox }) => {
    const size: readonly JsonMember[] = version === "1.1.0" ? [["mtu", mtu]] : [];
    return new JsonObject([["name", name], ["mac", mac], ...size, ["sandbox", sandbox]]);
  });
  const ips = listOf(added.granted, "ips").map((ip) => onInterface(ip, links.length - 1));
  const { members } = added.granted ?? new JsonObject([]);
  const own = new JsonObject([...without(members, ["interfaces", "ips"]), ["interfaces", links], ...list("ips", ips)]);
  return appendResults(prevResult, { results: [own], dns: added.dns }, version);
}

/**
 * The result of an ADD that called other plugins: that of the plugins before, and theirs one after the other, each of the shape of
 * 1.x.
 *
 * DNS is the first that any of them has, else the config's. Throws as `appendToResult` does.
 */
export function appendResults(
  prevResult: JsonObject | undefined,
  { results, dns }: { results: readonly JsonObject[]; dns: JsonObject | undefined },
  version: Version,
): JsonObject {
  // A prevResult without a version has the config's.
  const wide = convertResult(prevResult && convertResult(prevResult, version), "1.1.0");
  const all = [wide, ...results];
  const interfaces = all.flatMap((result) => listOf(result, "interfaces"));
  let before = 0;
  const ips = all.flatMap((result) => {
    const moved = listOf(result, "ips").map((ip) => moveInterface(ip, before));
    before += listOf(result, "interfaces").length;
    return moved;
  });
  const whole = new JsonObject([
    ...without(wide.members, ["interfaces", "ips", "routes", "dns"]),
    ["interfaces", interfaces],
    ...list("ips", ips),
    ...list(
      "routes",
      all.flatMap((result) => listOf(result, "routes")),
    ),
    ...chooseDNS(all, dns),
  ]);
  if (resultShape(version) === "ip4ip6") refuseSecondAddress(whole, version);
  return convertResult(whole, version);
}

/** An address of the interface with that place among the interfaces of its result. */
export function onInterface(ip: Json, place: number): Json {
  return ip instanceof JsonObject ? new JsonObject([["interface", place], ...without(ip.members, ["interface"])]) : ip;
}

function moveInterface(ip: Json, before: number): Json {
  const place = ip instanceof JsonObject ? member(ip, "interface") : undefined;
  return typeof place === "number" && before > 0 ? onInterface(ip, before + place) : ip;
}

function chooseDNS(results: readonly (JsonObject | undefined)[], own: JsonObject | undefined): readonly JsonMember[] {
  const found = results
    .map((result) => result && member(result, "dns"))
    .find((dns) => dns instanceof JsonObject && isGiven(dns));
  const dns = found ?? own;
  return dns === undefined ? [] : [["dns", dns]];
}

/** Plugins write an empty `dns`, or one of empty lists, where they have none. */
function isGiven(dns: JsonObject): boolean {
  return dns.members.some(([, value]) => value !== null && value !== "" && !(isJsonArray(value) && value.length === 0));
}

function refuseSecondAddress(result: JsonObject, version: Version): void {
  for (const family of ["4", "6"] as const) {
    const addresses = listOf(result, "ips").flatMap((ip) => {
      const address = ip instanceof JsonObject ? member(ip, "address") : undefined;
      return typeof address === "string" && addressFamily(address) === family ? [address] : [];
    });
    if (addresses.length > 1) {
      throw new CniError(
        Code.version,
        `a result of cniVersion ${version} has one IPv${family} address, these are ${addresses.length} (${addresses.join(", ")}): set cniVersion to 0.3.0 or later`,
      );
    }
  }
}
