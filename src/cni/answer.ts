import { apply } from "../apply/apply.ts";
import { asksForAnything } from "../config/desired.ts";
import { requireDesired } from "../config/read.ts";
import { CniError, Code, errorOfAll } from "../error.ts";
import { isOwnNamespace } from "../host/proc.ts";
import { encodeJson, type JsonObject, member } from "../json.ts";
import type { Desired } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { describeDone, describeLack } from "../plan/describe.ts";
import { plan } from "../plan/plan.ts";
import type { NetworkConfig, Request } from "./request.ts";
import { convertResult } from "./result.ts";
import { checkStatus } from "./status.ts";
import { newestVersion, supportedVersions } from "./versions.ts";

/** What a call answers: the document for standard output, if any, and a line for the journal for each change made. */
export interface Answer {
  readonly document?: string;
  readonly journal: readonly string[];
}

const silence: Answer = { journal: [] };

/** Does what a call asks for. Throws a CniError where it can't be done; nothing is left half done then. */
export function answer(request: Request): Answer {
  switch (request.verb) {
    case "VERSION":
      return { document: JSON.stringify({ cniVersion: newestVersion, supportedVersions }), journal: [] };
    case "ADD":
      return add(request);
    case "CHECK":
      return check(request.config);
    case "STATUS":
      return status(request.config);
    case "DEL":
    case "GC":
      // The links are shared: other Pods of the node stand on them.
      return silence;
  }
}

/** The version and the result are looked at before the host is touched. */
function add({ config, netns, allowOwnNamespace }: Extract<Request, { verb: "ADD" }>): Answer {
  const result = convertResult(config.prevResult, config.cniVersion);
  if (!allowOwnNamespace && isOwnNamespace(netns)) {
    throw new CniError(
      Code.ownNamespace,
      `CNI_NETNS ${netns} is the node's own network namespace: a Pod must have its own`,
    );
  }
  const { desired } = requireDesired(config.body);
  const document = encodeJson(result);
  if (!asksForAnything(desired)) return { document, journal: [] };
  const { changes, refused } = apply(desired);
  const notes = refused.map((change) => `the driver refused it, ${describeLack(change)}`);
  return { document, journal: [...changes.map(describeDone), ...notes] };
}

function check(config: NetworkConfig): Answer {
  const desired = findDesired(config.body);
  if (desired === undefined) return silence;
  const { changes, conflicts } = plan(desired, observe(desired, { depth: "links" }));
  const faults = [...conflicts.map(({ message }) => message), ...changes.map(describeLack)];
  if (faults.length > 0) throw errorOfAll(Code.changed, faults);
  return silence;
}

function status(config: NetworkConfig): Answer {
  const desired = findDesired(config.body);
  if (desired) checkStatus(desired);
  return silence;
}

/** What the config asks for; `undefined`: nothing, or a runtime took our keys out of it. */
function findDesired(body: JsonObject): Desired | undefined {
  if (member(body, "interfaces") === undefined) return undefined;
  const { desired } = requireDesired(body);
  return asksForAnything(desired) ? desired : undefined;
}
