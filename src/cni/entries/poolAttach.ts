import { refuseConflicts } from "../../apply/conflicts.ts";
import { applyInPod } from "../../apply/inPod.ts";
import { parseSubnet } from "../../config/addresses.ts";
import { noLinks } from "../../config/noLinks.ts";
import { CniError, Code } from "../../error.ts";
import { type Json, JsonObject, member } from "../../json.ts";
import { type Desired, findLink } from "../../model.ts";
import { observePod } from "../../observe/pod.ts";
import { snapshotBefore } from "../../observe/snapshot.ts";
import { inTheWay } from "../../plan/conflict.ts";
import { patience } from "../../plugins/call.ts";
import { callIpam, type Ipam, requestAddresses } from "../../plugins/ipam.ts";
import { callMain, type MainCall, requestInterface } from "../../plugins/main.ts";
import type { PoolEntry } from "../../pool/entry.ts";
import type { AttachedNic } from "../../pool/layout.ts";
import { assignRoutes, type RoutedLink, readRoutes, type WantedRoute } from "../../pool/podRoutes.ts";
import { readObject } from "../../pool/reader.ts";
import { listOf, without } from "../../protocol/result.ts";
import { resultShape, type Version } from "../../protocol/versions.ts";
import type { RequestOf } from "../request.ts";
import {
  describeDelegate,
  describeIpamOf,
  describeSharedIpam,
  type GivenAddress,
  isNamed,
  nameInterface,
  readGiven,
} from "./poolDelegates.ts";

/** What an ADD is to attach. */
export interface Attaching {
  readonly request: RequestOf<"ADD">;
  readonly entry: PoolEntry;
  readonly attached: readonly AttachedNic[];
}

/** What the plugins answered, each of the shape of 1.x, and the lines that they wrote for the journal. */
export interface AttachResult {
  readonly results: readonly JsonObject[];
  readonly notes: readonly string[];
}

/**
 * Attaches the Pod to each NIC by the main plugin, one after the other, and makes the routes then. Whatever fails is undone: each
 * interface that was made or begun is deleted by its plugin, which also frees its addresses.
 *
 * Throws code 105 where an interface is there already, before anything is done; the plugin's own code and words where one fails.
 */
export async function attach(attaching: Attaching): Promise<AttachResult> {
  const { entry, attached } = attaching;
  await refuseSecond(attaching);
  const start = performance.now();
  const ipam = describeShared(attaching);
  const given = ipam && (await requestAddresses(ipam));
  const begun: MainCall[] = [];
  try {
    const dealt = deal(listOf(given?.result, "ips"), attached.length);
    const results: JsonObject[] = [];
    const notes = [...(given?.notes ?? [])];
    for (const [place, nic] of attached.entries()) {
      const call = describeCall(attaching, { nic, place, addresses: dealt[place] ?? [] });
      begun.push(call);
      const made = await requestInterface({ ...call, timeLeft: findTimeLeft(start) });
      requireNamed(made.result, { call, version: attaching.request.config.cniVersion });
      // What host-local was told as gateway is none.
      results.push(nic.blocks ? withoutGateways(made.result) : made.result);
      notes.push(...made.notes);
    }
    const wanted = [...entry.routes, ...(given ? readRoutes(readObject(given.result, "")) : [])];
    const routes = await makeRoutes(attaching, wanted, results);
    const shared = given ? [new JsonObject(without(given.result.members, ["interfaces", "ips", "routes"]))] : [];
    return { results: [...results, ...shared, ...routes], notes };
  } catch (cause) {
    throw await undo(cause, { begun, ipam });
  }
}

/**
 * A plugin that made nothing answers nothing, and who reads the result would not know of what it made. Results before 0.3.0 name
 * no interfaces.
 */
function requireNamed(result: JsonObject, { call, version }: { call: MainCall; version: Version }): void {
  const { type, master, ifName = "" } = call;
  if (resultShape(version) === "ip4ip6" || isNamed(result, ifName)) return;
  const message = `${master}: the main plugin ${type} answered without the interface ${ifName}, which it was to make in the Pod`;
  throw new CniError(Code.ipFailed, message);
}

/**
 * How long the next plugin may take, in s: all together get the time of one, as a runtime that waits no longer kills ifacer, but not
 * the plugin, which would go on beside DEL. One that comes late still gets a chance.
 */
function findTimeLeft(start: number): number {
  return Math.max(patience.ADD - (performance.now() - start) / 1000, 5);
}

/** An ADD that came a second time would fail at the first plugin, and undoing it would take down what the first one made. */
async function refuseSecond({ request: { netns, ifName }, attached }: Attaching): Promise<void> {
  const seen = await observePod(netns, { routes: false });
  const there = attached.map((_, place) => nameInterface(ifName, place)).filter((name) => findLink(seen, name));
  const [first] = there;
  if (first === undefined) return;
  const message = `the Pod has ${there.join(", ")} already: an ADD before made it, and its DEL has not come`;
  refuseConflicts([inTheWay(first, message)]);
}

function describeShared({ request, entry, attached }: Attaching): Ipam | undefined {
  if (entry.ipam.kind !== "once") return undefined;
  const { path, ifName, config } = request;
  const names = attached.map(({ master }) => master.name);
  return { type: entry.ipam.type, path, ifName, config: describeSharedIpam(config.body, names) };
}

/** Deals addresses out to so many interfaces in order, one after the other; each gets as many. */
function deal(ips: readonly Json[], count: number): GivenAddress[][] {
  if (ips.length % count !== 0) {
    throw new CniError(
      Code.ipFailed,
      `the IPAM plugin gave ${ips.length} addresses for ${count} interfaces, each needs as many as the others`,
    );
  }
  const dealt: GivenAddress[][] = Array.from({ length: count }, () => []);
  for (const [index, ip] of ips.entries()) dealt[index % count]?.push(...readGiven(ip));
  return dealt;
}

function describeCall(
  { request, entry }: Attaching,
  { nic, place, addresses }: { nic: AttachedNic; place: number; addresses: readonly GivenAddress[] },
): MainCall {
  const { config, path, ifName } = request;
  const ipam = describeIpamOf(entry, config.body, { nic, addresses });
  const master = nic.master.name;
  return {
    type: entry.plugin.type,
    path,
    ifName: nameInterface(ifName, place),
    master,
    config: describeDelegate(entry, config, { master, ipam }),
  };
}

function withoutGateways(result: JsonObject): JsonObject {
  const ips = listOf(result, "ips").map((ip) =>
    ip instanceof JsonObject ? new JsonObject(without(ip.members, ["gateway"])) : ip,
  );
  return new JsonObject([...without(result.members, ["ips"]), ["ips", ips]]);
}

/** Makes routes in the Pod, and returns them as a result has them. */
async function makeRoutes(
  { request }: Attaching,
  wanted: readonly WantedRoute[],
  results: readonly JsonObject[],
): Promise<JsonObject[]> {
  if (wanted.length === 0) return [];
  const links = results.map((result, place) => describeLink(result, nameInterface(request.ifName, place)));
  const found = assignRoutes(wanted, links);
  if ("fault" in found) throw new CniError(Code.invalidConfig, found.fault);
  const site = { netns: request.netns };
  const desired = desireRoutes(links, found.routes);
  const now = await observePod(request.netns);
  const before = await snapshotBefore(desired, now, site);
  await applyInPod(desired, { before, now }, site);
  return [new JsonObject([["routes", listRoutes(found.routes)]])];
}

/** What is wanted of the Pod when its interfaces are there. */
export function desireRoutes(links: readonly Pick<RoutedLink, "name">[], routes: Desired["routes"]): Desired {
  return { ...noLinks, place: "pod", interfaces: links.map(({ name }) => name), routes };
}

function describeLink(result: JsonObject, name: string): RoutedLink {
  const texts = (key: string) =>
    listOf(result, "ips").flatMap((ip) => {
      const text = ip instanceof JsonObject ? member(ip, key) : undefined;
      return typeof text === "string" && text !== "" ? [text] : [];
    });
  return { name, networks: texts("address").flatMap((text) => parseSubnet(text) ?? []), gateways: texts("gateway") };
}

/** Each way as a route of its own: a result has no other place for it. */
function listRoutes(routes: Desired["routes"]): Json[] {
  const listed = routes.flatMap(({ destination, gateway, further = [] }) =>
    [{ gateway }, ...further].map((hop) => ({ destination, gateway: hop.gateway })),
  );
  const once = new Map(listed.map((route) => [`${route.destination} ${route.gateway}`, route]));
  return [...once.values()].map(
    (route) => new JsonObject([["dst", route.destination], ...(route.gateway ? [["gw", route.gateway] as const] : [])]),
  );
}

/** Takes all back, last first, and returns the error that says why, and what is left if anything is. */
async function undo(
  cause: unknown,
  { begun, ipam }: { begun: readonly MainCall[]; ipam: Ipam | undefined },
): Promise<unknown> {
  const faults: string[] = [];
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  };
  for (const call of begun.toReversed()) await attempt(() => callMain(call, "DEL"));
  if (ipam) await attempt(() => callIpam(ipam, "DEL"));
  if (faults.length === 0 || !(cause instanceof CniError)) return cause;
  const { code, message, details } = cause;
  return new CniError(code, `${message}; undoing failed too, DEL will do it: ${faults.join("; ")}`, { details, cause });
}
