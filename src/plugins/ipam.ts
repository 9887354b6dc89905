import { CniError, Code } from "../error.ts";
import { JsonObject, member } from "../json.ts";
import { convertResult } from "../protocol/result.ts";
import { callPlugin, type PluginCall } from "./call.ts";

/** An IPAM plugin, and the link that it is to give addresses to (CNI specification, section 4). */
export interface Ipam {
  readonly type: string;
  readonly path: string;
  /** What the plugin takes for the name of the Pod's interface; `undefined` for verbs that are about none. */
  readonly ifName: string | undefined;
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

/** Asks for addresses. Throws as `callPlugin` does, and code 103 where the plugin gives none. */
export async function requestAddresses(ipam: Ipam): Promise<Grant> {
  const { document = new JsonObject([]), notes } = await callPlugin(describe(ipam, "ADD"));
  const result = readResult(document, ipam);
  if (member(result, "ips") === undefined) {
    throw new CniError(Code.ipFailed, `${what} ${ipam.type} gave no address`);
  }
  return { result, notes };
}

/** Runs a verb that answers nothing. Throws as `callPlugin` does. Returns what the plugin wrote for the journal. */
export async function callIpam(ipam: Ipam, verb: Exclude<PluginCall["verb"], "ADD">): Promise<readonly string[]> {
  return (await callPlugin(describe(ipam, verb))).notes;
}

function describe({ type, path, ifName, config }: Ipam, verb: PluginCall["verb"]): PluginCall {
  return { verb, type, what, path, config, environment: ifName === undefined ? {} : { CNI_IFNAME: ifName } };
}

function readResult(document: JsonObject, { type }: Ipam): JsonObject {
  try {
    return convertResult(document, "1.0.0");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.ipFailed, `${what} ${type} answered what is no CNI result: ${reason}`, { cause });
  }
}
