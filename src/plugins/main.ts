import { CniError } from "../error.ts";
import type { JsonObject } from "../json.ts";
import { callPlugin, type PluginCall } from "./call.ts";
import { findPlugin } from "./find.ts";
import { readResult } from "./result.ts";

/** A main plugin, and the interface of the Pod that it is to make on a NIC. */
export interface MainCall {
  readonly type: string;
  readonly path: string;
  /** `undefined` for verbs that are about none. */
  readonly ifName: string | undefined;
  /** The NIC, for messages. */
  readonly master: string | undefined;
  /** What it is given as CNI_NETNS, where that is not what ifacer got. */
  readonly netns?: string | undefined;
  readonly config: JsonObject;
  /** How long it may take at most, in s, where that is less than such calls may. */
  readonly timeLeft?: number | undefined;
}

const what = "the main plugin";

/** Throws as `findPlugin` does. */
export function requireMain({ type, path }: Pick<MainCall, "type" | "path">): void {
  findPlugin(type, { path, what });
}

/** Has the interface made. Throws as `callPlugin` does, and code 103 where what is answered is no result. */
export async function requestInterface(call: MainCall): Promise<{ result: JsonObject; notes: readonly string[] }> {
  const { stdout, notes } = await callPlugin(describe(call, "ADD"));
  return { result: readResult(stdout, { whose: `${whatOn(call)} ${call.type}`, config: call.config }), notes };
}

/** Runs a verb that answers nothing. Throws as `callPlugin` does. Returns what the plugin wrote for the journal. */
export async function callMain(call: MainCall, verb: Exclude<PluginCall["verb"], "ADD">): Promise<readonly string[]> {
  return (await callPlugin(describe(call, verb))).notes;
}

/** Runs such a verb for each, also where one fails. Throws the first failure, with the others in its details. */
export async function callEach(
  calls: readonly MainCall[],
  verb: Exclude<PluginCall["verb"], "ADD">,
): Promise<readonly string[]> {
  const notes: string[] = [];
  const failures: CniError[] = [];
  for (const call of calls) {
    try {
      notes.push(...(await callMain(call, verb)));
    } catch (cause) {
      if (!(cause instanceof CniError)) throw cause;
      failures.push(cause);
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) return notes;
  const details = [first.details, ...others.map(({ message }) => message)].filter(Boolean).join("\n");
  throw new CniError(first.code, first.message, { details, cause: first });
}

function describe(call: MainCall, verb: PluginCall["verb"]): PluginCall {
  const { type, path, ifName, netns, config, timeLeft } = call;
  const environment = {
    ...(ifName !== undefined && { CNI_IFNAME: ifName }),
    ...(netns !== undefined && { CNI_NETNS: netns }),
  };
  return { verb, type, what: whatOn(call), path, config, environment, timeLeft };
}

function whatOn({ master }: MainCall): string {
  return master === undefined ? what : `${master}: ${what}`;
}
