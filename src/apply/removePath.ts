import { isEndName, type PathNames, podEnd, readEndAlias, writeEndAlias } from "../config/pathNames.ts";
import { CniError, Code } from "../error.ts";
import { runIp } from "../host/ip.ts";
import type { Current } from "../model.ts";
import { type EndView, observeEnd, observeEnds, observePodPath } from "../observe/path.ts";
import { isOwnTable } from "../plan/nodePath.ts";
import { isEnd } from "../plan/path.ts";

const force = ["-force", "-batch", "-"];

/** The interface that loses its way, and the Pod's namespace; `undefined`: it is gone, or was not given. */
export interface Leaving {
  readonly ifName: string;
  readonly netns: string | undefined;
}

/**
 * Removes an interface's way from the node: its routes and neighbours, and with the last one the pair. Where the Pod's namespace is
 * gone, and where the pair's other end is not in it, the pair at once.
 *
 * Throws code 102 or 103 where `ip` can't look, or something is left.
 */
export async function removePath(names: PathNames, { ifName, netns }: Leaving): Promise<void> {
  const [pod, end] = await Promise.all([netns === undefined ? undefined : seePod(netns), observeEnd(names.end)]);
  // Where the path was given to another Pod meanwhile, nothing in there is this one's.
  const isOthers = pod?.links.some((link) => link.name === podEnd && !isEnd(link, { mac: names.podMAC })) ?? false;
  const rules = pod && !isOthers ? listRules(pod, ifName) : [];
  if (rules.length > 0 && netns !== undefined) await removeRules(rules, netns);
  if (end.link === undefined || !isEnd(end.link, { mac: names.endMAC })) return;
  const kept = pod?.links.some((link) => link.name === podEnd && isEnd(link, { mac: names.podMAC }))
    ? listKept(pod, end, ifName)
    : new Set<string>();
  const lines = listRemovals(end, names.end, kept);
  if (lines.length === 0) return;
  let run = await runIp(force, lines);
  let left = listLeft(await observeEnd(names.end), names.end, kept);
  // Another interface's DEL at the same time has kept the pair for this one.
  if (left.length > 0) {
    run = await runIp(force, left);
    left = listLeft(await observeEnd(names.end), names.end, kept);
  }
  if (left.length === 0) return;
  const { command, status, stderr } = run;
  throw new CniError(
    Code.ipFailed,
    `${names.end} and what leads through it can't be removed: ${stderr.split("\n")[0] || `ip ended with status ${status}`}`,
    { details: `command: ${command}, exit status ${status}\nstderr: ${stderr}` },
  );
}

/** A namespace that can't be looked at is as good as gone: nothing of the Pod is to stay on the node. */
async function seePod(netns: string): Promise<Current | undefined> {
  try {
    return await observePodPath(netns, { rules6: true });
  } catch (cause) {
    if (cause instanceof CniError && cause.code !== Code.notSupported) return undefined;
    throw cause;
  }
}

/** The addresses of the Pod's other interfaces that have a route through the pair. */
function listKept({ uses }: Current, { routes }: EndView, ifName: string): ReadonlySet<string> {
  const others = [...uses].flatMap(([link, { addresses }]) =>
    link === ifName || link === podEnd ? [] : addresses.map(({ local }) => local),
  );
  return new Set(others.filter((address) => routes.includes(address)));
}

/** What is to be removed when it was done once: where no route is left that the pair was kept for, the pair. */
function listLeft(end: EndView, name: string, kept: ReadonlySet<string>): string[] {
  return listRemovals(end, name, new Set(end.routes.filter((address) => kept.has(address))));
}

function listRemovals({ link, routes, neighbours }: EndView, name: string, kept: ReadonlySet<string>): string[] {
  if (link === undefined) return [];
  if (kept.size === 0) return [`link delete dev ${name}`];
  const gone = (address: string) => !kept.has(address);
  return [
    ...routes.filter(gone).map((address) => `route del ${address} dev ${name}`),
    ...neighbours.filter(gone).map((address) => `neighbour del ${address} dev ${name}`),
  ];
}

/** Rules of a node path for addresses that the interface has, or that nothing in the Pod has any more, and their tables. */
function listRules({ rules = [], uses }: Current, ifName: string) {
  const others = [...uses].flatMap(([link, { addresses }]) =>
    link === ifName ? [] : addresses.map(({ local }) => local),
  );
  return rules.filter(({ from, table }) => isOwnTable(table) && !others.includes(from.split("/")[0] ?? ""));
}

async function removeRules(rules: ReturnType<typeof listRules>, netns: string): Promise<void> {
  for (const site of [{ netns }, { netns, family: "6" }] as const) {
    const own = rules.filter(({ from }) => from.includes(":") === "family" in site);
    const lines = own.flatMap(({ from, table }) => [
      `rule del from ${from} lookup ${table}`,
      `route flush table ${table}`,
    ]);
    if (lines.length > 0) await runIp(force, lines, site);
  }
}

/**
 * Takes a network off the node's ends of Pods that are not among `valid`, and removes those that no network uses. Returns a line for
 * each that is left.
 */
export async function removeStaleEnds(network: string, valid: ReadonlySet<string>): Promise<readonly string[]> {
  const stale = (await observeEnds()).flatMap(({ name, alias }) => {
    const networks = readEndAlias(alias);
    if (!isEndName(name) || !networks?.includes(network) || valid.has(name)) return [];
    return [{ name, others: networks.filter((other) => other !== network) }];
  });
  if (stale.length === 0) return [];
  const { stderr } = await runIp(
    force,
    stale.map(({ name, others }) =>
      others.length === 0 ? `link delete dev ${name}` : `link set dev ${name} alias ${writeEndAlias(others)}`,
    ),
  );
  return stderr === "" ? [] : [`not all ends of Pods that are gone could be removed: ${stderr.split("\n")[0]}`];
}
