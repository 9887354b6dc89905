import { openFrames } from "../../host/frames.ts";
import { etherType, groups, type Neighbour, readLLDP } from "../../wire/lldp.ts";
import type { NodeLink } from "../read/nodeLinks.ts";
import { type Line, line } from "../show/screen.ts";

/** How long a switch may take to send a frame, in s: they send one each 30 s (IEEE 802.1AB, 9.2.5.7). */
const longest = 31;

/** Waits for what the switches say on the NICs below these links, and puts it into words. */
export async function hearSwitches(tops: readonly NodeLink[], links: readonly NodeLink[]) {
  const nics = listNics(tops, links);
  const heard = await Promise.all(nics.map(async (nic) => ({ nic: nic.name, said: await hear(nic) })));
  return {
    lines: heard.map(({ nic, said }): Line => line(0, describe(nic, said))),
    json: heard.map(({ nic, said }) => ({
      nic,
      neighbour: typeof said === "string" ? null : said,
      message: typeof said === "string" ? said : null,
    })),
  };
}

/** The NICs below links: a VLAN's parent, a bond's slaves. */
function listNics(tops: readonly NodeLink[], links: readonly NodeLink[]): NodeLink[] {
  const here = links.filter(({ namespace }) => namespace === undefined);
  const below = (link: NodeLink): NodeLink[] => {
    if (link.kind === "bond") return here.filter(({ master }) => master === link.name);
    const parent = link.kind === "vlan" ? here.find(({ name }) => name === link.parent) : undefined;
    return parent ? below(parent) : [link];
  };
  return [...new Set(tops.flatMap(below))];
}

async function hear(nic: NodeLink): Promise<Neighbour | string> {
  const frames = await openFrames({ index: nic.index, etherType, groups });
  if (frames === undefined)
    return "LLDP can't be heard: packet sockets can't be opened here (CAP_NET_RAW, calls into the C library)";
  try {
    for (const start = performance.now(); performance.now() - start < longest * 1000; await Bun.sleep(100)) {
      const frame = frames.next();
      const neighbour = frame && readLLDP(frame);
      if (neighbour) return neighbour;
    }
    return `no LLDP frame came within ${longest} s: the switch sends none on this port`;
  } finally {
    frames.close();
  }
}

function describe(nic: string, said: Neighbour | string): string {
  if (typeof said === "string") return `${nic}: ${said}`;
  const { system, port, portDescription, untagged, vlans } = said;
  const named = vlans.map(({ id, name }) => (name === "" ? `${id}` : `${id} (${name})`));
  return [
    `${nic}: switch ${system ?? "without a name"}, port ${port ?? "without a name"}`,
    ...(portDescription ? [portDescription] : []),
    ...(untagged === undefined ? [] : [`untagged VLAN ${untagged}`]),
    ...(named.length > 0 ? [`VLANs named: ${named.join(", ")}`] : []),
  ].join(", ");
}
