import { isOwnNamespace } from "../host/proc.ts";
import type { StartedLook } from "../observe/start.ts";
import { mayHavePolicy } from "../policy/path.ts";
import type { Call, Request } from "./request.ts";
import { versionDocument } from "./versions.ts";

/** What a call answers: the document for standard output, if any, and a line for the journal for each change made. */
export interface Answer {
  readonly document?: string;
  readonly journal: readonly string[];
}

/** Does what a call asks for. Throws a CniError where it can't be done; nothing is left half done then. */
export type Answering = (request: Request) => Promise<Answer>;

/**
 * Gets ready for a call before its config has arrived: for a verb that looks at links, what can be learnt meanwhile is begun, on
 * other threads, and the verb is loaded.
 */
export async function prepare({ env }: Call, look: StartedLook | undefined): Promise<Answering> {
  if (look === undefined) return answerAtOnce;
  const facts = Promise.all([isOwnNamespace(env["CNI_NETNS"] ?? ""), mayHavePolicy()]);
  // Loaded only for them: DEL comes for every Pod as well and needs neither zod nor `ip`.
  const { add, check, status } = await import("./verbs.ts");
  return async (request) => {
    const [inOwnNamespace, policyPossible] = await facts;
    switch (request.verb) {
      case "ADD":
        return add(request, { look, inOwnNamespace, policyPossible });
      case "CHECK":
        return check(request.config, look);
      case "STATUS":
        return status(request.config, look);
      default:
        return answerAtOnce(request);
    }
  };
}

/** DEL and GC change nothing: the links are shared, other Pods of the node stand on them. */
async function answerAtOnce({ verb }: Request): Promise<Answer> {
  return verb === "VERSION" ? { document: versionDocument(), journal: [] } : { journal: [] };
}
