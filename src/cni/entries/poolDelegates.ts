import { writeSubnet } from "../../config/addresses.ts";
import { byteLength, longestName } from "../../config/names.ts";
import { CniError, Code } from "../../error.ts";
import { decodeJson, type Json, type JsonMember, JsonObject, member } from "../../json.ts";
import type { PoolEntry } from "../../pool/entry.ts";
import type { AttachedNic } from "../../pool/layout.ts";
import { describeHostLocal } from "../../pool/nics.ts";
import { onInterface } from "../../protocol/append.ts";
import { convertResult, list, listOf, without } from "../../protocol/result.ts";
import type { Version } from "../../protocol/versions.ts";
import type { NetworkConfig } from "../request.ts";

/** What the interface of the NIC with this place among the Pod's is called. */
export function nameInterface(ifName: string, place: number): string {
  return `${ifName}-${place}`;
}

/** The place that an interface's name says; `undefined`: it is none of this attachment's. */
export function placeOf(name: string, ifName: string): number | undefined {
  const place = name.startsWith(`${ifName}-`) ? name.slice(ifName.length + 1) : "";
  return /^(0|[1-9]\d{0,3})$/.test(place) ? Number(place) : undefined;
}

/** Throws code 4 where the names would be longer than the kernel takes them. */
export function checkNames(ifName: string, count: number): void {
  const last = nameInterface(ifName, Math.max(count - 1, 0));
  const length = byteLength(last);
  if (length <= longestName) return;
  throw new CniError(
    Code.environment,
    `CNI_IFNAME ${ifName} is too long: the Pod's interface ${last} would have ${length} bytes, interface names have at most ${longestName}`,
  );
}

/** What a main plugin is given beside its own keys. */
interface Given {
  readonly master: string;
  readonly ipam: JsonObject | undefined;
  /** The part of the previous result that is this interface's, for verbs behind ADD. */
  readonly prevResult?: JsonObject | undefined;
}

/** The keys of a runtime's that are passed as they came. */
const runtimeKeys = ["runtimeConfig", "cni.dev/valid-attachments", "cni.dev/attachments"];

/** The config of the main plugin for one NIC, with the version, and the network's name by which addresses are noted. */
export function describeDelegate(
  { name, plugin }: PoolEntry,
  { body, cniVersion }: Pick<NetworkConfig, "body" | "cniVersion">,
  { master, ipam, prevResult }: Given,
): JsonObject {
  const passed = body.members.filter(([key]) => runtimeKeys.includes(key));
  const given: JsonMember[] = [
    ["cniVersion", cniVersion],
    ["name", name],
    ["type", plugin.type],
    ["master", master],
    ...(ipam ? ([["ipam", ipam]] satisfies JsonMember[]) : []),
    ...(prevResult ? ([["prevResult", prevResult]] satisfies JsonMember[]) : []),
  ];
  return new JsonObject([...without(plugin.config.members, runtimeKeys), ...passed, ...given]);
}

/**
 * The `ipam` of the main plugin for one NIC. Routes are not in it: ifacer makes them when all interfaces are there.
 *
 * @param addresses those of this interface, where one plugin gave them for all
 */
export function describeIpamOf(
  { ipam }: PoolEntry,
  body: JsonObject,
  { nic, addresses }: { nic?: AttachedNic | undefined; addresses: readonly GivenAddress[] },
): JsonObject | undefined {
  switch (ipam.kind) {
    case "none":
      return undefined;
    case "each": {
      const own = member(body, "ipam");
      return own instanceof JsonObject ? new JsonObject(without(own.members, ["routes"])) : undefined;
    }
    case "once":
      return encode({ type: "static", addresses });
    case "blocks": {
      const { plan } = ipam;
      if (nic?.blocks) return encode(describeHostLocal(plan, nic.blocks));
      // What it gave, host-local finds by the container and the interface alone, but it wants a range.
      const dataDir = plan.dataDir === undefined ? {} : { dataDir: plan.dataDir };
      return encode({ type: "host-local", ...dataDir, ranges: [[{ subnet: writeSubnet(plan.blocks.subnet) }]] });
    }
  }
}

function encode(value: object): JsonObject {
  const json = decodeJson(new TextEncoder().encode(JSON.stringify(value)), "the config of a plugin");
  return json instanceof JsonObject ? json : new JsonObject([]);
}

/** What an IPAM plugin for all interfaces is given: the entry, with the names of the NICs as the multi-nic plugin gives them. */
export function describeSharedIpam(body: JsonObject, masters: readonly string[]): JsonObject {
  return new JsonObject([...without(body.members, ["masters"]), ["masters", masters]]);
}

/**
 * The part of a result that is one interface's, as its plugin answered it. Routes are left out, as nobody can tell whose they
 * are: they are looked at for all interfaces at once.
 */
export function partOf(result: JsonObject, ifName: string, version: Version): JsonObject {
  const interfaces = listOf(result, "interfaces");
  const place = interfaces.findIndex((one) => isPodLink(one, ifName));
  const ips = listOf(result, "ips").filter((ip) => ip instanceof JsonObject && member(ip, "interface") === place);
  const part = new JsonObject([
    ["cniVersion", "1.1.0"],
    ...list("interfaces", place < 0 ? [] : interfaces.slice(place, place + 1)),
    ...list("ips", place < 0 ? [] : ips.map((ip) => onInterface(ip, 0))),
    ...result.members.filter(([key]) => key === "dns"),
  ]);
  return convertResult(part, version);
}

/** An address that an IPAM plugin gave, as `static` is told of it. */
export interface GivenAddress {
  /** `192.0.2.1/24` */
  readonly address: string;
  readonly gateway?: string;
}

/** The addresses of one interface in a result. */
export function addressesOf(result: JsonObject, ifName: string): GivenAddress[] {
  return listOf(partOf(result, ifName, "1.1.0"), "ips").flatMap(readGiven);
}

/** Reads one of the `ips` of a result. */
export function readGiven(ip: Json): GivenAddress[] {
  if (!(ip instanceof JsonObject)) return [];
  const [address, gateway] = [member(ip, "address"), member(ip, "gateway")];
  if (typeof address !== "string") return [];
  return [{ address, ...(typeof gateway === "string" && gateway !== "" && { gateway }) }];
}

/** The names of the interfaces in the Pod that a result has of this attachment. */
export function listInterfaces(result: JsonObject, ifName: string): string[] {
  return listOf(result, "interfaces").flatMap((one) => {
    const name = one instanceof JsonObject ? member(one, "name") : undefined;
    return typeof name === "string" && placeOf(name, ifName) !== undefined && isPodLink(one, name) ? [name] : [];
  });
}

/** Whether a result has an interface in the Pod of this name. */
export function isNamed(result: JsonObject, name: string): boolean {
  return listOf(result, "interfaces").some((one) => isPodLink(one, name));
}

function isPodLink(one: unknown, name: string): boolean {
  if (!(one instanceof JsonObject) || member(one, "name") !== name) return false;
  return (member(one, "sandbox") ?? "") !== "";
}
