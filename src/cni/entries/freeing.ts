import { JsonObject } from "../../json.ts";
import type { Desired } from "../../model.ts";
import { readPolicy } from "../../policy/load.ts";
import { convertResult, without } from "../../protocol/result.ts";
import type { NetworkConfig } from "../request.ts";

/**
 * A policy that can't be read takes neither Pods nor the node out of service: what was given before is freed, and nothing else is
 * started.
 */
export async function isAllowed(desired: Desired, verb: "CHECK" | "DEL" | "GC" | "STATUS"): Promise<boolean> {
  try {
    // Only what may be started is asked: an attachment from before the policy has to be freed.
    const started = {
      ...desired,
      place: "node",
      interfaces: [],
      bond: undefined,
      vlans: [],
      allowInUse: false,
      removeUnused: false,
    } as const;
    return (await readPolicy()(started, { links: [], vlans: [], uses: new Map() })).length === 0;
  } catch {
    return verb === "DEL" || verb === "GC";
  }
}

/** A prevResult that can't be read is nothing for others either. */
export function withoutBrokenResult({ body, prevResult, cniVersion }: NetworkConfig): JsonObject {
  try {
    convertResult(prevResult, cniVersion);
    if (prevResult !== undefined) return body;
  } catch {
    // It is left out.
  }
  return new JsonObject(without(body.members, ["prevResult"]));
}
