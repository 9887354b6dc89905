import { refuseConflicts } from "../../apply/conflicts.ts";
import { findMasters, type SeenMasters } from "../../apply/masters.ts";
import { applyNetwork } from "../../apply/network.ts";
import { CniError, Code, errorOfAll } from "../../error.ts";
import { isThere, usersFolder } from "../../host/file.ts";
import { findIp } from "../../host/ip.ts";
import { requireNamespace } from "../../host/podNamespace.ts";
import { hasNetAdmin, isOwnNamespace } from "../../host/proc.ts";
import { encodeJson, JsonObject, member } from "../../json.ts";
import { type Current, findLink } from "../../model.ts";
import { observePod } from "../../observe/pod.ts";
import { planAddresses } from "../../plan/addresses.ts";
import { describeDone, describeLack } from "../../plan/describe.ts";
import { withLinkNames } from "../../plugins/attachments.ts";
import { callIpam, requireIpam } from "../../plugins/ipam.ts";
import { callEach, type MainCall, requireMain } from "../../plugins/main.ts";
import { readHostIndex } from "../../policy/hostIndex.ts";
import { judgeBy, loadPolicy } from "../../policy/load.ts";
import { type PoolEntry, readPoolEntry, requirePoolEntry } from "../../pool/entry.ts";
import { desireMasters, type Layout, layOut, mostInterfaces } from "../../pool/layout.ts";
import { appendResults } from "../../protocol/append.ts";
import { convertResult } from "../../protocol/result.ts";
import { resultShape } from "../../protocol/versions.ts";
import type { Answer } from "../answer.ts";
import type { Attachment, NetworkConfig, RequestOf } from "../request.ts";
import { isAllowed, withoutBrokenResult } from "./freeing.ts";
import { findLostRoutes } from "./podCheck.ts";
import { attach } from "./poolAttach.ts";
import {
  addressesOf,
  checkNames,
  describeDelegate,
  describeIpamOf,
  describeSharedIpam,
  listInterfaces,
  nameInterface,
  partOf,
  placeOf,
} from "./poolDelegates.ts";

const silence: Answer = { journal: [] };

/** Attaches the Pod to the NICs. All that can be known to be wrong is found before anything is changed. */
export async function add(request: RequestOf<"ADD">): Promise<Answer> {
  const { config, netns, ifName, path } = request;
  convertResult(config.prevResult, config.cniVersion);
  const entry = requirePoolEntry(readPoolEntry(config.body));
  if (await isOwnNamespace(netns)) {
    const message = `CNI_NETNS ${netns} is the node's own network namespace, which no plugin can be attached to NICs in`;
    throw new CniError(Code.ownNamespace, message);
  }
  await requireNamespace(netns);
  const policy = loadPolicy();
  const masters = await findMasters(entry, policy);
  const layout = layOut(entry, { ...masters, hostIndex: readIndex(entry) });
  const judge = judgeBy(policy);
  refuseConflicts(await judge(layout.desired, masters.seen));
  requireFitting(layout);
  const { attached, desired } = layout;
  checkNames(ifName, attached.length);
  requirePlugins(entry, path);
  if (resultShape(config.cniVersion) === "ip4ip6" && attached.length > 1 && entry.ipam.kind !== "none") {
    const message = `a result of cniVersion ${config.cniVersion} has one IPv4 address, these would be ${attached.length}: set cniVersion to 0.3.0 or later`;
    throw new CniError(Code.version, message);
  }
  const make = async () => {
    // What was seen before it was noted may have been removed by then.
    const { seen } = entry.removeUnused ? await findMasters(entry, policy) : masters;
    const { changes, notes } = await applyNetwork(desired, { judge, seen });
    const { results, notes: said } = await attach({ request, entry, attached });
    return { results, journal: [...notes, ...summarize(changes.map(describeDone)), ...said] };
  };
  const { results, journal } = await (entry.removeUnused
    ? (await import("./noted.ts")).whileNoted(request, { desired, choose: undefined }, make)
    : make());
  const dns = member(config.body, "dns");
  const own = dns instanceof JsonObject && dns.members.length > 0 ? dns : undefined;
  const result = appendResults(config.prevResult, { results, dns: own }, config.cniVersion);
  return { document: encodeJson(result), journal };
}

/** A network has a route for each other node: the journal need not have them all. */
function summarize(lines: readonly string[]): string[] {
  return lines.length <= 8 ? [...lines] : [...lines.slice(0, 3), `... and ${lines.length - 3} more of these`];
}

/** Throws code 104 with what the node or the Pod lacks of what ADD made, then what the plugins say. */
export async function check(request: RequestOf<"CHECK">): Promise<Answer> {
  const { config, netns, ifName } = request;
  const entry = requirePoolEntry(readPoolEntry(config.body));
  const [known, index] = [know(loadPolicy), know(() => readIndex(entry))];
  if (known === undefined || index === undefined) return silence;
  const masters = await findMasters(entry, known.value).catch(refuseAs(Code.changed));
  const { desired, conflicts, faults } = layOut(entry, { ...masters, hostIndex: index.value });
  const result = readPrevious(config);
  const pod = await observePod(netns);
  const planned = planAddresses(desired, masters.seen);
  const lacking = [
    ...[...conflicts, ...planned.conflicts].map(({ message }) => message),
    ...faults,
    ...summarize(planned.changes.map(describeLack)),
    ...(result ? findLostRoutes(result, pod) : []),
  ];
  if (lacking.length > 0) throw errorOfAll(Code.changed, lacking);
  if (!(await isAllowed(desired, "CHECK"))) return silence;
  const names = result ? listInterfaces(result, ifName) : [];
  if (names.length === 0) {
    const message = `prevResult names no interface ${nameInterface(ifName, 0)} in the Pod, which ADD would have made`;
    throw new CniError(Code.changed, message);
  }
  const calls = names.map((name) => describeCall(request, { entry, name, result, masters, pod }));
  const notes = await callEach(calls, "CHECK");
  return { journal: [...(await askShared(request, entry, masters, "CHECK")), ...notes] };
}

/**
 * Deletes the interfaces of an ADD, whatever is left of it: also without the namespace, so that no address stays taken. Which they
 * are the previous result tells, else the Pod and the node as they are now.
 *
 * Throws what a plugin says that fails, once all were called: the runtime tries again.
 */
export async function del(request: RequestOf<"DEL">): Promise<Answer> {
  const { config, ifName } = request;
  const { entry } = readPoolEntry(config.body);
  // Of a config that is not valid nothing was made.
  if (entry === undefined) return silence;
  if (!(await isAllowed(desireMasters(entry, []), "DEL"))) {
    // They may be from before the policy; a tenant's word for that is not enough to start plugins as root.
    const message = `the node's policy forbids the main plugin ${entry.plugin.type} or its IPAM plugin, which are not asked to delete ${ifName}-0 and its like: if an ADD before made them, free their addresses by hand`;
    return { journal: [message] };
  }
  // Its path leads to ifacer's own namespace where a process id is used again; plugins refuse that.
  const netns = (await isOwnNamespace(request.netns)) ? "" : request.netns;
  const masters = await findForFreeing(entry);
  const result = readPrevious(config);
  const known = result ? listInterfaces(result, ifName) : [];
  const pod = await observePod(netns, { routes: false }).catch(() => nothing.seen);
  const names = listMade(request, { entry, masters, pod, known });
  const calls = names.map((name) => describeCall({ ...request, netns }, { entry, name, result, masters, pod }));
  const freed = askShared({ ...request, netns }, entry, masters, "DEL");
  await freed.catch(() => {});
  const notes = await callEach(calls.toReversed(), "DEL");
  const told = [...notes, ...(await freed)];
  if (!(await isThere(usersFolder))) return { journal: told };
  return { journal: [...told, ...(await (await loadUsers()).leave(request, entry))] };
}

/** Every attachment also stands with the names of its interfaces, for which else addresses would be freed. */
export async function gc(request: RequestOf<"GC">): Promise<Answer> {
  const { config, path } = request;
  const { entry } = readPoolEntry(config.body);
  if (entry === undefined || !(await isAllowed(desireMasters(entry, []), "GC"))) return silence;
  const masters = await findForFreeing(entry);
  // More names than there are harm nobody.
  const body = withLinkNames(config.body, (ifName) =>
    Array.from({ length: mostInterfaces }, (_, place) => nameInterface(ifName, place)),
  );
  const calls = [describeAny({ config: { ...config, body }, path }, entry, masters)];
  const shared = await askShared({ path, config }, entry, masters, "GC");
  const told = [...shared, ...(await callEach(calls, "GC"))];
  if (!(await isThere(usersFolder))) return { journal: told };
  return { journal: [...told, ...(await (await loadUsers()).collect(request, entry))] };
}

/** Throws code 50 where no ADD can work on this node, and what the plugins say. */
export async function status(request: RequestOf<"STATUS">): Promise<Answer> {
  const { config, path } = request;
  const entry = requirePoolEntry(readPoolEntry(config.body));
  if (findIp() === undefined) refuse("there is no 'ip' on this node: install the package iproute2");
  if (!(await hasNetAdmin())) refuse("ifacer may not change the network: run it as root with CAP_NET_ADMIN");
  const known = know(loadPolicy);
  if (known === undefined) return silence;
  const masters = await findMasters(entry, known.value).catch(refuseAs(Code.notAvailable));
  const missing = layOut(entry, { ...masters, hostIndex: undefined }).conflicts.filter(
    ({ reason }) => reason === "missing",
  );
  if (missing.length > 0) refuse(missing.map(({ message }) => message).join(", "));
  if (!(await isAllowed(desireMasters(entry, []), "STATUS"))) return silence;
  const shared = await askShared({ path, config }, entry, masters, "STATUS");
  return { journal: [...shared, ...(await callEach([describeAny({ config, path }, entry, masters)], "STATUS"))] };
}

/** Loaded only where an entry ever had `removeUnused`. */
const loadUsers = () => import("./poolUsers.ts");

const nothing: SeenMasters = { names: [], seen: { links: [], vlans: [], uses: new Map() } };

function refuse(message: string): never {
  throw new CniError(Code.notAvailable, message);
}

/** What a file of the node's admin says; `undefined`: it can't be read, which takes neither Pods nor the node out of service. */
function know<T>(read: () => T): { readonly value: T } | undefined {
  try {
    return { value: read() };
  } catch {
    return undefined;
  }
}

/** That too few NICs can be chosen is what the verb tells; what can't be told is thrown as it is. */
function refuseAs(code: Code): (cause: unknown) => never {
  return (cause) => {
    if (!(cause instanceof CniError) || cause.code !== Code.missingInterface) throw cause;
    throw new CniError(code, cause.message, { details: cause.details, cause });
  };
}

/** As far as it can be told: what was given is freed also where it can't. */
async function findForFreeing(entry: PoolEntry): Promise<SeenMasters> {
  try {
    return await findMasters(entry, loadPolicy());
  } catch {
    return nothing;
  }
}

/** The index matters where ifacer gives the addresses. */
function readIndex({ ipam }: PoolEntry): number | undefined {
  return ipam.kind === "blocks" ? readHostIndex() : undefined;
}

function requireFitting({ conflicts, faults }: Layout): void {
  refuseConflicts(conflicts);
  if (faults.length > 0) throw errorOfAll(Code.invalidConfig, faults);
}

function requirePlugins({ plugin, ipam }: PoolEntry, path: string): void {
  requireMain({ type: plugin.type, path });
  if (ipam.kind === "none") return;
  const types = ipam.kind === "blocks" ? ["host-local"] : ipam.kind === "once" ? [ipam.type, "static"] : [ipam.type];
  for (const type of types) requireIpam({ type, path });
}

/** The previous result in the shape of 1.x; `undefined`: there is none, or none that can be read. */
function readPrevious({ prevResult, cniVersion }: NetworkConfig): JsonObject | undefined {
  try {
    return prevResult && convertResult(convertResult(prevResult, cniVersion), "1.1.0");
  } catch {
    return undefined;
  }
}

interface Found {
  readonly entry: PoolEntry;
  readonly masters: SeenMasters;
  readonly pod: Current;
}

/** A call for an interface that an ADD has made, or may have made. */
function describeCall(
  { config, path, ifName, netns }: Attachment,
  { entry, name, result, masters, pod }: Found & { name: string; result: JsonObject | undefined },
): MainCall {
  const master = findMaster(name, { masters, pod, ifName });
  const addresses = result ? addressesOf(result, name) : [];
  const ipam = describeIpamOf(entry, config.body, { addresses });
  const prevResult = result && partOf(result, name, config.cniVersion);
  return {
    type: entry.plugin.type,
    path,
    ifName: name,
    master: master === someMaster ? undefined : master,
    netns,
    config: describeDelegate(entry, config, { master, ipam, prevResult }),
  };
}

/** The device that is there for certain: plugins want one that is there even for deleting. */
const someMaster = "lo";

/** The NIC below an interface: what the Pod's link says, else the one that its place would have now. */
function findMaster(
  name: string,
  { masters: { names, seen }, pod, ifName }: Omit<Found, "entry"> & { ifName: string },
): string {
  const below = findLink(pod, name)?.foreignParent;
  const chosen = names[placeOf(name, ifName) ?? 0];
  const known =
    seen.links.find(({ index }) => index === below) ?? (chosen === undefined ? undefined : findLink(seen, chosen));
  return known?.name ?? someMaster;
}

/**
 * The interfaces that an ADD has made, or may have: where one is not, deleting it does no harm. A plugin need not have named its
 * own in the previous result; without one, what config and node tell counts, and the Pod's links.
 */
function listMade(
  { ifName }: Attachment,
  { entry, masters, pod, known }: Found & { known: readonly string[] },
): readonly string[] {
  const placesOf = (names: readonly string[]) => names.flatMap((name) => placeOf(name, ifName) ?? []);
  const there = placesOf(pod.links.map(({ name }) => name)).filter((place) => place < mostInterfaces);
  const count = known.length > 0 ? Math.max(...placesOf(known)) + 1 : countPossible(entry, masters);
  const first = Array.from({ length: Math.min(count, mostInterfaces) }, (_, place) => place);
  // The Pod's links are made by whom it likes: they are no reason to ask for those before them.
  return [...new Set([...first, ...there])]
    .sort((one, other) => one - other)
    .map((place) => nameInterface(ifName, place));
}

/** So many NICs a node has that has lost some, where nothing tells how many there were. */
const usualNics = 8;

/** How many interfaces a Pod may have, as far as config and node tell: a NIC may have vanished. */
function countPossible({ nics, masterNets, ipam }: PoolEntry, { names }: SeenMasters): number {
  const listed = "interfaces" in nics ? nics.interfaces.length : (nics.rules.count ?? 0);
  const free = "interfaces" in nics ? 1 : usualNics;
  const blocks = ipam.kind === "blocks" ? Math.min(2 ** ipam.plan.blocks.interfaceBlock, usualNics) : free;
  const told = Math.max(listed, masterNets.length, names.length, blocks);
  return Math.min(told, mostInterfaces);
}

/** A call that is about no interface. */
function describeAny(
  { config, path }: { config: NetworkConfig; path: string },
  entry: PoolEntry,
  { names }: SeenMasters,
): MainCall {
  const ipam = describeIpamOf(entry, config.body, { addresses: [] });
  const master = names[0] ?? someMaster;
  return {
    type: entry.plugin.type,
    path,
    ifName: undefined,
    master: undefined,
    config: describeDelegate(entry, config, { master, ipam }),
  };
}

/** Asks the IPAM plugin that gave the addresses of all interfaces, if it is one. */
async function askShared(
  { config, path, netns }: { config: NetworkConfig; path: string; netns?: string },
  { ipam }: PoolEntry,
  { names }: SeenMasters,
  verb: "CHECK" | "DEL" | "GC" | "STATUS",
): Promise<readonly string[]> {
  if (ipam.kind !== "once") return [];
  const body = describeSharedIpam(withoutBrokenResult(config), names);
  return callIpam({ type: ipam.type, path, ifName: undefined, netns, config: body }, verb);
}
