import { runIp } from "../../host/ip.ts";
import { integer, type JsonObject, member } from "../../json.ts";
import { type Conflict, type Current, type Desired, findLink, type Link, type Plan } from "../../model.ts";
import { parseLine, text } from "../../observe/json.ts";
import { observeVlansOfNode } from "../../observe/pod.ts";
import { startLook } from "../../observe/start.ts";
import { plan } from "../../plan/plan.ts";
import { findShadows, findSharing } from "../../plan/shadow.ts";
import { readPolicy } from "../../policy/load.ts";
import type { Outlook } from "../read/outlook.ts";

/**
 * What would keep ADD from making links in any Pod that starts on this node: the node's policy, a main plugin's interface that
 * takes no VLAN, and VLANs of the node that would take the frames of the Pod's. The changes are each Pod's own.
 *
 * Throws code 106 where the policy can't be read, and 102 or 103 where the node can't be looked at.
 */
export async function planForPods(desired: Desired, outlook: Outlook): Promise<Plan> {
  const judge = readPolicy();
  const master = await findMaster(outlook);
  const node = master === undefined ? nothing : imagineVlans(await lookAtVlans(desired), master, outlook);
  const nic = master === undefined ? undefined : findLink(node, master);
  const pod: Current = { ...nothing, links: imagineLinks(desired, outlook, nic?.index) };
  const conflicts: Conflict[] = [
    ...(await judge(desired, pod)),
    ...plan(desired, pod).conflicts,
    ...findShadows(desired, findSharing(desired, pod), node),
  ];
  return { changes: [], conflicts, drift: [] };
}

const nothing: Current = { links: [], vlans: [], uses: new Map() };

/** The node as it is once the chain's other entries have made their VLANs on the NIC that the Pods share. */
export function imagineVlans(node: Current, nic: string, { vlansOfNode }: Pick<Outlook, "vlansOfNode">): Current {
  const own = findLink(node, nic);
  const made = vlansOfNode.filter(
    ({ name, parent }) => (parent === nic || own?.altNames.includes(parent)) && !findLink(node, name),
  );
  if (made.length === 0) return node;
  // Of the node's links only those that have to do with VLANs are known; an index below 0 is nobody else's.
  const below = own ?? imagineLink(-1, nic);
  const vlans = made.map(({ name, shortName, id, protocol }, at) => ({
    ...imagineLink(-2 - at, shortName ?? name),
    kind: "vlan",
    parent: below.name,
    vlan: { id, protocol },
  }));
  return { ...node, links: [...node.links, ...(own ? [] : [below]), ...vlans] };
}

async function lookAtVlans({ vlans }: Desired): Promise<Current> {
  const look = startLook();
  try {
    return await observeVlansOfNode(
      vlans.map(({ id }) => id),
      look,
    );
  } finally {
    await look.end();
  }
}

/** The NIC of the node that the main plugin's macvlan shares; without `master`, that of the default route. */
async function findMaster({ main }: Outlook): Promise<string | undefined> {
  const kind = kindOf(main);
  if (main === undefined || (kind !== "macvlan" && kind !== "macvtap")) return undefined;
  if (member(main, "linkInContainer") === true) return undefined;
  const master = member(main, "master");
  if (typeof master === "string" && master !== "") return master;
  const { stdout } = await runIp(["-json", "route", "show", "default"], []);
  return text(parseLine(stdout || "[]")[0]?.["dev"]);
}

/** The Pod as the config takes it to be: it has the listed interfaces, and that of the main plugin is of that one's kind. */
function imagineLinks({ interfaces }: Desired, { ifName, main }: Outlook, nic: number | undefined): Link[] {
  const there = interfaces.filter((name) => name !== ifName || main !== undefined);
  return there.map((name, index) => {
    const own = name === ifName;
    const mtu = (own && main && integer(member(main, "mtu") ?? null)) || largestMTU;
    return {
      ...imagineLink(index + 1, name),
      kind: own ? kindOf(main) : undefined,
      mtu,
      foreignParent: own ? nic : undefined,
    };
  });
}

/** A link of which nothing else is known. */
function imagineLink(index: number, name: string): Link {
  return {
    index,
    name,
    altNames: [],
    kind: undefined,
    up: true,
    mtu: largestMTU,
    mac: "02:00:00:00:00:01",
    maxMTU: 0,
    master: undefined,
    masterKind: undefined,
    parentDown: false,
    parent: undefined,
    alias: undefined,
    vlan: undefined,
    driverData: {},
  };
}

/** In bytes: what is not known is in nobody's way. */
const largestMTU = 65535;

/** The kind of link that a main plugin makes, where it matters: the reference plugins of these are called as the kinds are. */
function kindOf(main: JsonObject | undefined): string | undefined {
  const type = main && member(main, "type");
  return type === "macvlan" || type === "macvtap" || type === "ipvlan" ? type : undefined;
}
