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
 * Looks at all links and addresses of a Pod, and at its routes where they matter.
 *
 * Throws code 3 (there is no such namespace), 102 (no `ip`) or 103 (`ip` failed).
 */
export async function observePod(netns: string, { routes = true } = {}): Promise<Current> {
  await requireNamespace(netns);
  const [{ command, status, stdout, stderr }, routesToo] = await Promise.all([
    runIp(lookArguments, ["address show"], { netns }),
    routes ? askForRoutes(netns) : "",
  ]);
  const seen = parseIpOutput(`${stdout}\n${routesToo}`);
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
 * The routes as `ip` prints them, with numbers: a table that the node's rt_tables has a name for is still the one that a config
 * has the number of. An `ip` from before 5.2 knows no -Numeric, and leaves the names.
 */
async function askForRoutes(netns: string): Promise<string> {
  const lines = ["route show table all"];
  const { stdout, stderr } = await runIp(["-Numeric", ...lookArguments], lines, { netns });
  if (!stderr.includes("-Numeric")) return withKernelNames(stdout);
  return (await runIp(lookArguments, lines, { netns })).stdout;
}

/** By the names that all programs have for what is the kernel's own (rtnetlink(7)). */
function withKernelNames(json: string): string {
  return json.replace(/"(type|table|protocol|scope)":"(\d+)"/g, (whole, key: keyof typeof names, number: string) => {
    const name = names[key][number];
    return name === undefined ? whole : `"${key}":"${name}"`;
  });
}

const names: Readonly<Record<"type" | "table" | "protocol" | "scope", Readonly<Record<string, string>>>> = {
  type: {
    1: "unicast",
    2: "local",
    3: "broadcast",
    4: "anycast",
    5: "multicast",
    6: "blackhole",
    7: "unreachable",
    8: "prohibit",
    9: "throw",
    10: "nat",
  },
  table: { 253: "default", 254: "main", 255: "local" },
  protocol: { 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra", 16: "dhcp" },
  scope: { 0: "global", 200: "site", 253: "link", 254: "host" },
};

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
