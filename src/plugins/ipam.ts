import { CniError, Code } from "../error.ts";
import type { JsonObject } from "../json.ts";
import { listOf } from "../protocol/result.ts";
import { callPlugin, type PluginAnswer, type PluginCall, pluginKilled } from "./call.ts";
import { findPlugin } from "./find.ts";
import { readResult } from "./result.ts";

/** An IPAM plugin, and the link that it is to give addresses to (CNI specification, section 4). */
export interface Ipam {
  readonly type: string;
  readonly path: string;
  /** What the plugin takes for the name of the Pod's interface; `undefined` for verbs that are about none. */
  readonly ifName: string | undefined;
  /** What it is given as CNI_NETNS, where that is not what ifacer got. */
  readonly netns?: string | undefined;
  /** The entry as ifacer got it. */
  readonly config: JsonObject;
}

/** What an IPAM plugin gave. */
export interface Grant {
  /** Its result, of the shape of 1.x. */
  readonly result: JsonObject;
  readonly notes: readonly string[];
}

const what = "the IPAM plugin";

/** Throws as `findPlugin` does. */
export function requireIpam({ type, path }: Pick<Ipam, "type" | "path">): void {
  findPlugin(type, { path, what });
}

/**
 * Asks for addresses. Throws as `callPlugin` does, and code 103 where the plugin gives none, or what is no result: what it may
 * have put aside is given back then, also where it was killed. A plugin that fails has to do that itself, as it may fail because all
 * is given already.
 */
export async function requestAddresses(ipam: Ipam): Promise<Grant> {
  const whose = `${what} ${ipam.type}`;
  let answer: PluginAnswer | undefined;
  try {
    answer = await callPlugin(describe(ipam, "ADD"));
    const result = readResult(answer.stdout, { whose, config: ipam.config });
    if (listOf(result, "ips").length === 0) throw new CniError(Code.ipFailed, `${whose} gave no address`);
    return { result, notes: answer.notes };
  } catch (cause) {
    // The runtime's DEL does it again.
    if (answer !== undefined || wasKilled(cause)) await callIpam(ipam, "DEL").catch(() => {});
    throw cause;
  }
}

function wasKilled(error: unknown): boolean {
  return error instanceof CniError && error.cause === pluginKilled;
}

/** Runs a verb that answers nothing. Throws as `callPlugin` does. Returns what the plugin wrote for the journal. */
export async function callIpam(ipam: Ipam, verb: Exclude<PluginCall["verb"], "ADD">): Promise<readonly string[]> {
  return (await callPlugin(describe(ipam, verb))).notes;
}

function describe({ type, path, ifName, netns, config }: Ipam, verb: PluginCall["verb"]): PluginCall {
  const environment = {
    ...(ifName !== undefined && { CNI_IFNAME: ifName }),
    ...(netns !== undefined && { CNI_NETNS: netns }),
  };
  return { verb, type, what, path, config, environment };
}
