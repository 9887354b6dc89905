import { runIp } from "../host/ip.ts";
import type { Link } from "../model.ts";
import { parseIpOutput } from "./parse.ts";

/**
 * The links that links stand on, as far down as there are: the slaves of a bond or bridge, the parent of a VLAN. NICs stand
 * on nothing, so that where only those are given nothing is asked.
 */
export async function observeBelow(links: readonly Link[]): Promise<readonly Link[]> {
  const found = new Map(links.map((link) => [link.index, link]));
  for (let lines = links.flatMap(askBelow); lines.length > 0; ) {
    const { stdout } = await runIp(["-details", "-json", "-force", "-batch", "-"], lines);
    const seen = parseIpOutput(stdout).links.filter(({ index }) => !found.has(index));
    for (const link of seen) found.set(link.index, link);
    lines = seen.flatMap(askBelow);
  }
  return [...found.values()].filter((link) => !links.includes(link));
}

/** Kinds that stand on nothing: the link that a veth tells is its other end. */
const kindsWithoutBelow = ["dummy", "veth"];

function askBelow({ name, kind, parent }: Link): string[] {
  if (kind === undefined || kindsWithoutBelow.includes(kind)) return [];
  return [...(parent ? [`link show dev ${parent}`] : []), `link show master ${name}`];
}
