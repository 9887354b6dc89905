import { refuseConflicts } from "../../apply/conflicts.ts";
import { removeOwn } from "../../apply/remove.ts";
import { readPodEntry } from "../../config/podEntry.ts";
import { requireDesired } from "../../config/read.ts";
import { nameTopmost } from "../../config/topmost.ts";
import { CniError, Code, errorOfAll } from "../../error.ts";
import { type NamespaceInode, requireNamespace, requireSame } from "../../host/podNamespace.ts";
import { isOwnNamespace } from "../../host/proc.ts";
import { encodeJson } from "../../json.ts";
import type { Conflict, Current, Desired } from "../../model.ts";
import { observeVlansElsewhere } from "../../observe/elsewhere.ts";
import { observePod, observeVlansOfNode } from "../../observe/pod.ts";
import type { StartedLook } from "../../observe/start.ts";
import { describeLack } from "../../plan/describe.ts";
import { findOthersLinks } from "../../plan/own.ts";
import { plan } from "../../plan/plan.ts";
import { findShadows, findShadowsElsewhere, findSharing } from "../../plan/shadow.ts";
import { withLinkNames } from "../../plugins/attachments.ts";
import { callIpam, requireIpam } from "../../plugins/ipam.ts";
import { readPolicy } from "../../policy/load.ts";
import { appendToResult } from "../../protocol/append.ts";
import { convertResult } from "../../protocol/result.ts";
import type { Answer, Prefetched } from "../answer.ts";
import type { NetworkConfig, RequestOf } from "../request.ts";
import { isAllowed, withoutBrokenResult } from "./freeing.ts";
import { checkNode } from "./nodeStatus.ts";
import { findLost } from "./podCheck.ts";
import { findOtherPod, refuseOtherPod } from "./podIdentity.ts";
import { describeIpam, listMade, makeInPod } from "./podMaking.ts";

const silence: Answer = { journal: [] };

/** For verbs that are about no interface: no config names it. */
const someInterface = "ifacer";

/** Makes links in the Pod. All that is wrong is found before anything is changed. */
export async function add(request: RequestOf<"ADD">, { look }: Prefetched): Promise<Answer> {
  const { config, netns, ifName, path } = request;
  convertResult(config.prevResult, config.cniVersion);
  const { reading, dns } = readPodEntry(config.body, { ifName });
  const { desired } = requireDesired(reading);
  if (await isOwnNamespace(netns)) {
    const message = `CNI_NETNS ${netns} is the node's own network namespace, where linkInContainer makes nothing`;
    throw new CniError(Code.ownNamespace, message);
  }
  const inode = await requireNamespace(netns);
  const seen = await observePod(netns);
  refuseOtherPod(netns, { prevResult: config.prevResult, seen });
  refuseConflicts(await readPolicy()(desired, seen));
  refuseConflicts(await lookForConflicts(desired, seen, look));
  const ipam = describeIpam(desired, { path, body: config.body });
  if (ipam) requireIpam(ipam);
  return await makeInPod({ desired, seen, netns, inode, ipam }, ({ grant, now }) => {
    const links = listMade(desired, now).map(({ name, mac, mtu }) => ({ name, mac, mtu, sandbox: netns }));
    const result = appendToResult(config.prevResult, { links, granted: grant?.result, dns }, config.cniVersion);
    return { document: encodeJson(result), journal: grant?.notes ?? [] };
  });
}

/** Throws code 104 with what ADD would have to change, and what is in its way; then what the IPAM plugin says. */
export async function check(request: RequestOf<"CHECK">, { look }: Prefetched): Promise<Answer> {
  const { config, netns, ifName } = request;
  const { desired } = requireDesired(readPodEntry(config.body, { ifName }).reading);
  const seen = await observePod(netns);
  refuseOtherPod(netns, { prevResult: config.prevResult, seen });
  const { changes, drift } = plan(desired, seen);
  const faults = [
    ...(await lookForConflicts(desired, seen, look)).map(({ message }) => message),
    ...changes.map(describeLack),
    // Without one in the config the parent's may have changed since.
    ...drift
      .filter(({ what }) => what === "mtu" && desired.mtu !== undefined)
      .map((mtu) => `${mtu.link} has the MTU ${mtu.current}, wanted is ${mtu.desired}`),
    ...findLost(desired, { seen, prevResult: config.prevResult }),
  ];
  if (faults.length > 0) throw errorOfAll(Code.changed, faults);
  return askIpam(request, "CHECK", desired);
}

/** Removes what ADD made. Only an IPAM plugin that fails is an error, once the links are gone: the runtime tries again. */
export async function del(request: RequestOf<"DEL">): Promise<Answer> {
  const { desired } = readPodEntry(request.config.body, request).reading;
  // Of a config that is not valid nothing was made.
  if (desired === undefined) return silence;
  const { netns, pod, notes } = await findPod(request);
  // The other attachment's address has the same name in the plugin's store.
  const isOthers = pod && findOthersLinks(desired, pod.seen).some(({ link }) => link === nameTopmost(desired));
  const freed = isOthers ? Promise.resolve(silence) : askIpam({ ...request, netns }, "DEL", desired);
  await freed.catch(() => {});
  const failures = pod === undefined ? [] : await removeFrom(pod, desired);
  return { journal: [...notes, ...failures, ...(await freed).journal] };
}

/** A Pod whose links may be removed. */
interface LivingPod {
  readonly netns: string;
  readonly inode: NamespaceInode;
  readonly seen: Current;
}

interface Found {
  /** What the IPAM plugin is given as CNI_NETNS. */
  readonly netns: string;
  /** `undefined`: it is gone, or can't be looked at. */
  readonly pod?: LivingPod;
  readonly notes: readonly string[];
}

/**
 * Looks at the Pod. Where the path goes by a process whose id is used again, it leads to another Pod, or to ifacer's own namespace,
 * which plugins refuse: nobody is given it then.
 */
async function findPod({ netns, config }: RequestOf<"DEL">): Promise<Found> {
  const nobody = { netns: "", notes: [] };
  if (netns === "" || (await isOwnNamespace(netns))) return nobody;
  try {
    const inode = await requireNamespace(netns);
    const seen = await observePod(netns, { routes: false });
    if (findOtherPod(netns, { prevResult: config.prevResult, seen }) !== undefined) return nobody;
    return { netns, pod: { netns, inode, seen }, notes: [] };
  } catch (cause) {
    if (!(cause instanceof CniError)) throw cause;
    return { netns, notes: cause.code === Code.noNamespace ? [] : [cause.message] };
  }
}

/** Links that can't be removed go with their Pod: they are told of, and keep no Pod from being taken down. */
async function removeFrom({ netns, inode, seen }: LivingPod, desired: Desired): Promise<string[]> {
  try {
    await requireSame(netns, inode);
    await removeOwn(desired, { site: { netns }, seen });
    return [];
  } catch (cause) {
    if (!(cause instanceof CniError)) throw cause;
    return cause.code === Code.noNamespace ? [] : [cause.message];
  }
}

/** Every attachment also stands with the name that its link has for the IPAM plugin, which else would free it. */
export async function gc(request: RequestOf<"GC">): Promise<Answer> {
  const { config } = request;
  const nameOf = (ifName: string) => readPodEntry(config.body, { ifName }).reading.desired;
  const desired = nameOf(someInterface);
  if (desired === undefined) return silence;
  const named = { ...config, body: withLinkNames(config.body, (ifName) => [nameTopmost(nameOf(ifName) ?? desired)]) };
  return askIpam({ ...request, config: named }, "GC", desired);
}

/** Throws code 50 where no ADD can work on this node, and what the IPAM plugin says. */
export async function status(request: RequestOf<"STATUS">): Promise<Answer> {
  const { desired } = requireDesired(readPodEntry(request.config.body, { ifName: someInterface }).reading);
  await checkNode(desired);
  return askIpam(request, "STATUS", desired);
}

/** What is in the way of an ADD. */
async function lookForConflicts(desired: Desired, seen: Current, look: StartedLook): Promise<Conflict[]> {
  return [
    ...findOthersLinks(desired, seen),
    ...plan(desired, seen).conflicts,
    ...(await lookForShadows(desired, seen, look)),
  ];
}

/** The VLANs of the node that would take the frames of the Pod's; it is looked at only where the Pod shares a NIC. */
async function lookForShadows(desired: Desired, pod: Current, look: StartedLook): Promise<Conflict[]> {
  const sharing = findSharing(desired, pod);
  if (sharing.length === 0) return [];
  const ids = desired.vlans.map(({ id }) => id);
  const [node, elsewhere] = await Promise.all([
    observeVlansOfNode(ids, look),
    observeVlansElsewhere(
      ids,
      sharing.map(({ nic }) => nic),
    ),
  ]);
  return [...findShadows(desired, sharing, node), ...findShadowsElsewhere(desired, sharing, elsewhere)];
}

/**
 * Asks the IPAM plugin, if the config has one, and the policy lets ifacer start it: an ADD has not asked one that it forbids.
 *
 * Throws what the plugin says where it fails.
 */
async function askIpam(
  { config, path, netns }: { config: NetworkConfig; path: string; netns?: string },
  verb: "CHECK" | "DEL" | "GC" | "STATUS",
  desired: Desired,
): Promise<Answer> {
  const ipam = describeIpam(desired, { path, netns, body: withoutBrokenResult(config) });
  if (ipam === undefined) return silence;
  if (await isAllowed(desired, verb)) return { journal: await callIpam(ipam, verb) };
  if (verb !== "DEL") return silence;
  // It may be from before the policy; a tenant's word for that is not enough to start it as root.
  const message = `the node's policy forbids the IPAM plugin ${ipam.type}, which is not asked to free the address of ${ipam.ifName}: if it gave one before, free it by hand`;
  return { journal: [message] };
}
