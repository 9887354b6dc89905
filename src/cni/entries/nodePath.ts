import { refuseConflicts } from "../../apply/conflicts.ts";
import { applyPlaces } from "../../apply/path.ts";
import { removePath, removeStaleEnds } from "../../apply/removePath.ts";
import { type NodePath, readNodePath, requireNodePath } from "../../config/nodePath.ts";
import { namePath } from "../../config/pathNames.ts";
import { CniError, Code, errorOfAll } from "../../error.ts";
import { takesAdvertisements } from "../../host/advertisements.ts";
import { isOwnNamespace } from "../../host/proc.ts";
import { encodeJson } from "../../json.ts";
import type { Current } from "../../model.ts";
import { observeNode, observePodPath } from "../../observe/path.ts";
import type { StartedLook } from "../../observe/start.ts";
import { describeLack } from "../../plan/describe.ts";
import { type PodInterface, type Views, type Wish, wishForPath } from "../../plan/nodePath.ts";
import { plan } from "../../plan/plan.ts";
import { listAttachedContainers } from "../../plugins/attachments.ts";
import { readPolicy } from "../../policy/load.ts";
import { convertResult } from "../../protocol/result.ts";
import type { Answer, Prefetched } from "../answer.ts";
import type { RequestOf } from "../request.ts";
import { type Given, readGiven, withMAC } from "./given.ts";

const silence: Answer = { journal: [] };

/** Makes a Pod's way to its node. All that is wrong is found before anything is changed. */
export async function add(request: RequestOf<"ADD">, { look }: Prefetched): Promise<Answer> {
  const { config, netns, ifName } = request;
  const { prevResult, cniVersion } = config;
  const result = convertResult(prevResult, cniVersion);
  const nodePath = requireNodePath(readNodePath(config.body));
  if (nodePath.skipped) return { document: encodeJson(result), journal: [] };
  if (prevResult === undefined) {
    const message =
      "there is no previous result: an entry with nodePath belongs behind the main plugin (macvlan, ipvlan, ...) in the list of plugins";
    throw new CniError(Code.invalidConfig, message);
  }
  if (await isOwnNamespace(netns)) {
    throw new CniError(
      Code.ownNamespace,
      `CNI_NETNS ${netns} is the node's own network namespace, which needs no way to itself`,
    );
  }
  requireSafePath(netns);
  const { wish, views } = await lookAtBoth(request, {
    nodePath,
    given: readGiven(prevResult, ifName, cniVersion),
    look,
  });
  const { pod, node } = wish;
  refuseConflicts(await readPolicy()(pod, views.pod));
  refuseConflicts(findConflicts(wish, views));
  await applyPlaces([
    { desired: node, seen: views.node.current, site: {} },
    { desired: pod, seen: views.pod, site: { netns } },
    ...(wish.rules6 ? [{ desired: wish.rules6, seen: views.pod, site: { netns, family: "6" } as const }] : []),
  ]);
  const { mac } = pod.path ?? {};
  return { document: encodeJson(mac ? withMAC(result, ifName, mac.mac) : result), journal: wish.notes };
}

/** Throws code 104 with what ADD would have to change, and what is in its way. */
export async function check(request: RequestOf<"CHECK">, { look }: Prefetched): Promise<Answer> {
  const { config, containerID, ifName } = request;
  const { prevResult, cniVersion } = config;
  const nodePath = requireNodePath(readNodePath(config.body));
  if (nodePath.skipped) return silence;
  requireSafePath(request.netns);
  const given = prevResult && readGiven(prevResult, ifName, cniVersion);
  const { wish, views } = await lookAtBoth(request, { nodePath, given, look });
  const { end } = namePath(containerID);
  const faults = [
    ...findConflicts(wish, views).map(({ message }) => message),
    ...plan(wish.node, views.node.current).changes.map(describeLack),
    ...[wish.pod, ...(wish.rules6 ? [wish.rules6] : [])].flatMap((desired) =>
      plan(desired, views.pod).changes.map(describeLack),
    ),
    ...((await takesAdvertisements(end))
      ? [`${end} takes router advertisements of the Pod (its accept_ra is not 0)`]
      : []),
  ];
  if (faults.length > 0) throw errorOfAll(Code.changed, faults);
  return silence;
}

function findConflicts(wish: Wish, views: Views) {
  return [...wish.conflicts, ...plan(wish.pod, views.pod).conflicts, ...plan(wish.node, views.node.current).conflicts];
}

/** `ip` gets the path as a word of a line. */
function requireSafePath(netns: string): void {
  if (/^\/[\w./:@%+=-]+$/.test(netns)) return;
  throw new CniError(
    Code.environment,
    `CNI_NETNS ${JSON.stringify(netns)} has characters that ip does not take in a path`,
  );
}

interface Asking {
  readonly nodePath: NodePath;
  /** `undefined`: nobody tells, so that the Pod's interface is asked. */
  readonly given: Given | undefined;
  readonly look: StartedLook;
}

/** Looks at both places, at the same time where what was given tells enough. */
async function lookAtBoth(
  { config, containerID, netns, ifName }: RequestOf<"ADD"> | RequestOf<"CHECK">,
  { nodePath, given, look }: Asking,
): Promise<{ wish: Wish; views: Views }> {
  const looking = observePodPath(netns, { rules6: nodePath.policyRoutes && (given?.addresses.some(isIPv6) ?? true) });
  const { addresses, routes } = given ?? { addresses: readAddresses(await looking, ifName), routes: [] };
  const own: PodInterface = { containerID, network: config.name, ifName, netns, addresses, routes };
  const question = {
    end: namePath(containerID).end,
    addresses: nodePath.onlyMAC ? [] : addresses.map(({ address }) => address),
  };
  const [pod, node] = await Promise.all([looking, observeNode(question, look)]);
  const views = { pod, node };
  return { wish: wishForPath(nodePath, own, views), views };
}

function isIPv6({ address }: { address: string }): boolean {
  return address.includes(":");
}

function readAddresses({ uses }: Current, ifName: string): Given["addresses"] {
  return (uses.get(ifName)?.addresses ?? [])
    .filter(({ scope }) => scope === "global")
    .map(({ local, prefixLength }) => ({ address: local, prefixLength, gateway: undefined }));
}

/** Removes what ADD made. What can't be removed goes with the Pod: it is told of, and keeps no Pod from being taken down. */
export async function del({ containerID, netns, ifName }: RequestOf<"DEL">): Promise<Answer> {
  const isUsable = netns !== "" && !(await isOwnNamespace(netns));
  try {
    await removePath(namePath(containerID), { ifName, netns: isUsable ? netns : undefined });
    return silence;
  } catch (cause) {
    if (!(cause instanceof CniError)) throw cause;
    return { journal: [cause.message] };
  }
}

/** Removes the node's ends of Pods whose attachments to the network are not valid any more. */
export async function gc({ config }: RequestOf<"GC">): Promise<Answer> {
  const valid = listAttachedContainers(config.body);
  if (valid === undefined) return silence;
  const ends = new Set(valid.map((containerID) => namePath(containerID).end));
  return { journal: await removeStaleEnds(config.name, ends) };
}

/** Throws code 7 where the config is not valid; of the node nothing is needed but `ip`. */
export async function status({ config }: RequestOf<"STATUS">): Promise<Answer> {
  requireNodePath(readNodePath(config.body));
  return silence;
}
