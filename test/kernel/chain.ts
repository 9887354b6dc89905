/** A chain of plugins, run as a runtime runs it (CNI specification, section 3 and 4). */
import { type Answer, callPlugin, executable, type Namespace } from "./harness.ts";

export interface Chain {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly ({ readonly type: string } & Record<string, unknown>)[];
  /** CNI_IFNAME. */
  readonly ifName?: string;
  /** CNI_PATH, where all plugins but ifacer are. */
  readonly folder?: string;
}

/** Calls one plugin with the config that a runtime assembles for it; throws what it says if it fails. */
async function call(
  verb: string,
  { node, pod, containerID, chain, plugin, prevResult }: Call,
): Promise<Answer["json"]> {
  const config = {
    ...plugin,
    cniVersion: chain.cniVersion,
    name: chain.name,
    ...(prevResult !== undefined && { prevResult }),
  };
  const { ifName = "net1", folder = "/usr/lib/cni" } = chain;
  const path = plugin.type === "ifacer" ? executable : `${folder}/${plugin.type}`;
  const env = { CNI_CONTAINERID: containerID, CNI_NETNS: pod.path, CNI_IFNAME: ifName, CNI_PATH: folder };
  const { status, stdout, json } = await callPlugin(node, path, verb, config, { env });
  if (status !== 0) throw new Error(`${verb} of ${plugin.type}: ${stdout}`);
  return json;
}

interface Call {
  readonly node: Namespace;
  readonly pod: Namespace;
  readonly containerID: string;
  readonly chain: Chain;
  readonly plugin: Chain["plugins"][number];
  readonly prevResult?: unknown;
}

/** ADD in order, each plugin with the result of the one before; returns all results. */
export async function addChain(node: Namespace, pod: Namespace, containerID: string, chain: Chain): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const plugin of chain.plugins) {
    results.push(await call("ADD", { node, pod, containerID, chain, plugin, prevResult: results.at(-1) }));
  }
  return results;
}

/** CHECK in order, each plugin with the final result of ADD; each has to be silent. */
export async function checkChain(
  node: Namespace,
  pod: Namespace,
  containerID: string,
  chain: Chain,
  prevResult: unknown,
): Promise<void> {
  for (const plugin of chain.plugins) {
    const answer = await call("CHECK", { node, pod, containerID, chain, plugin, prevResult });
    if (answer !== undefined) throw new Error(`CHECK of ${plugin.type} wrote ${JSON.stringify(answer)}`);
  }
}

/** DEL in reverse order; runtimes give every plugin the final result where they still have it, from version 0.4.0 on. */
export async function deleteChain(
  node: Namespace,
  pod: Namespace,
  containerID: string,
  chain: Chain,
  prevResult?: unknown,
): Promise<void> {
  for (const plugin of chain.plugins.toReversed()) {
    await call("DEL", { node, pod, containerID, chain, plugin, prevResult });
  }
}
