import { CniError, Code } from "../error.ts";
import { runIp } from "../host/ip.ts";
import { requireNamespace } from "../host/podNamespace.ts";
import { readVlanConfig } from "../host/proc.ts";
import type { Current, VlanEntry } from "../model.ts";
import { assemble } from "./assemble.ts";
import { parseIpOutput } from "./parse.ts";
import { isEnough, watchForEnd } from "./questions.ts";
import { aboutLoopback, lookArguments, type StartedLook } from "./start.ts";
import { parseVlanConfig } from "./vlanConfig.ts";

/**
 * Looks at all links and addresses of a Pod, and at its routes where they matter, in one run of `ip`. Addresses come first, see
 * `askAbout`.
 *
 * Throws code 3 (there is no such namespace), 102 (no `ip`) or 103 (`ip` failed).
 */
export async function observePod(netns: string, { routes = true } = {}): Promise<Current> {
  await requireNamespace(netns);
  const lines = ["address show", ...(routes ? ["route show table all"] : [])];
  const { command, status, stdout, stderr } = await runIp(lookArguments, lines, { netns });
  const seen = parseIpOutput(stdout);
  if (seen.links.length === 0) {
    await requireNamespace(netns);
    const message = `'${command}' can't look at the links of the Pod, its exit status is ${status}`;
    throw new CniError(Code.ipFailed, message, { details: stderr });
  }
  const vlans = seen.links.flatMap(({ name, vlan, parent }): VlanEntry[] =>
    vlan && parent ? [{ name, id: vlan.id, parent }] : [],
  );
  return assemble(seen, { vlans, isShared: () => false });
}

/**
 * Looks at the node's VLANs of certain ids, and at the NICs that they are on. Where there are none, `ip` is not asked.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` answered what can't be read).
 */
export async function observeVlansOfNode(ids: readonly number[], look: StartedLook): Promise<Current> {
  const vlans = parseVlanConfig(await readVlanConfig()).filter(({ id }) => ids.includes(id));
  if (vlans.length === 0) return { links: [], vlans, uses: new Map() };
  const names = new Set(vlans.flatMap(({ name, parent }) => [name, parent]));
  const lines = [...[...names].map((name) => `link show dev ${name}`), aboutLoopback];
  const given = [aboutLoopback, ...lines];
  const stdout = await look.ask(lines, watchForEnd(given));
  if (!isEnough(stdout, given)) throw new CniError(Code.ipFailed, "'ip' can't look at the VLANs of this node");
  return assemble(parseIpOutput(stdout), { vlans, isShared: () => false });
}
