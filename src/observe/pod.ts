import { CniError, Code } from "../error.ts";
import { runIp } from "../host/ip.ts";
import { requireNamespace } from "../host/podNamespace.ts";
import { readVlanConfig } from "../host/proc.ts";
import type { Current, Route, VlanEntry } from "../model.ts";
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
  return assemble({ ...seen, routes: withKernelNames(seen.routes) }, { vlans, isShared: () => false });
}

/**
 * The routes as `ip` prints them, with numbers: a table that the node's rt_tables has a name for is still the one that a config
 * has the number of. An `ip` from before 5.2 knows no -Numeric, and leaves the names.
 */
async function askForRoutes(netns: string): Promise<string> {
  const lines = ["route show table all"];
  const { stdout, stderr } = await runIp(["-Numeric", ...lookArguments], lines, { netns });
  if (!stderr.includes("-Numeric")) return stdout;
  return (await runIp(lookArguments, lines, { netns })).stdout;
}

/** By the names that all programs have for what the kernel itself makes (rtnetlink(7)). */
function withKernelNames(routes: ReadonlyMap<string, readonly Route[]>): ReadonlyMap<string, readonly Route[]> {
  const name = (route: Route): Route => ({
    ...route,
    table: tables.get(route.table) ?? route.table,
    protocol: route.protocol === "2" ? "kernel" : route.protocol,
  });
  return new Map([...routes].map(([nic, list]) => [nic, list.map(name)]));
}

const tables = new Map([
  ["253", "default"],
  ["254", "main"],
  ["255", "local"],
]);

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
