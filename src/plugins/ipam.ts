import { CniError, Code } from "../error.ts";
import { JsonObject, member } from "../json.ts";
import { convertResult, listOf } from "../protocol/result.ts";
import { isSupported } from "../protocol/versions.ts";
import { callPlugin, type PluginAnswer, type PluginCall, pluginKilled, readDocument } from "./call.ts";
import { findPlugin } from "./find.ts";

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
export function requireIpam({ type, path }: Ipam): void {
  findPlugin(type, { path, what });
}

/**
 * Asks for addresses. Throws as `callPlugin` does, and code 103 where the plugin gives none, or what is no result: what it may
 * have put aside is given back then, also where it was killed. A plugin that fails has to do that itself, as it may fail because all
 * is given already.
 */
export async function requestAddresses(ipam: Ipam): Promise<Grant> {
  let answer: PluginAnswer | undefined;
  try {
    answer = await callPlugin(describe(ipam, "ADD"));
    return { result: readResult(answer.stdout, ipam), notes: answer.notes };
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

function readResult(stdout: string, { type, config }: Ipam): JsonObject {
  let result: JsonObject;
  try {
    // An answer without a version has the config's.
    const version = member(config, "cniVersion");
    const known = typeof version === "string" && isSupported(version) ? version : "1.0.0";
    result = convertResult(convertResult(readDocument(stdout), known), "1.0.0");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const details = `stdout: ${stdout.slice(0, 2000)}`;
    throw new CniError(Code.ipFailed, `${what} ${type} answered what is no CNI result: ${reason}`, { details, cause });
  }
  const whole = [...listOf(result, "ips"), ...listOf(result, "routes")].every((item) => item instanceof JsonObject);
  if (!whole) throw new CniError(Code.ipFailed, `${what} ${type} answered with an address or route that is no object`);
  if (listOf(result, "ips").length === 0) throw new CniError(Code.ipFailed, `${what} ${type} gave no address`);
  return result;
}
