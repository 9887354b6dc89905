import { isOwnNamespace } from "../host/proc.ts";
import { startLook } from "../observe/start.ts";
import { mayHavePolicy } from "../policy/path.ts";
import type { Call, Request } from "./request.ts";
import { versionDocument } from "./versions.ts";

/** What a call answers: the document for standard output, if any, and a line for the journal for each change made. */
export interface Answer {
  readonly document?: string;
  readonly journal: readonly string[];
}

/** What answers one call. */
export interface Answering {
  /** Fulfilled when all that was begun is known, but for the answers of `ip`. */
  readonly begun: Promise<unknown>;
  /** Does what the call asks for. Throws a CniError where it can't be done; nothing is left half done then. */
  answer(request: Request): Promise<Answer>;
  /** Waits for all that was started. */
  end(): Promise<void>;
}

/**
 * Gets ready for a call before its config has arrived. For verbs that look at links, all that can be learnt meanwhile is begun
 * before they are loaded: it goes on on other threads, and `ip` gets ready on another processor.
 */
export function prepare({ verb, env }: Call): Answering {
  if (verb !== "ADD" && verb !== "CHECK" && verb !== "STATUS") {
    return { begun: Promise.resolve(), answer: answerAtOnce, end: async () => {} };
  }
  const look = startLook();
  const begun = Promise.all([isOwnNamespace(env["CNI_NETNS"] ?? ""), mayHavePolicy()]);
  // Loaded only for them: DEL comes for every Pod as well and needs neither zod nor `ip`.
  const { add, check, status } = require("./verbs.ts") as typeof import("./verbs.ts");
  return {
    begun,
    async answer(request) {
      const [inOwnNamespace, hasPolicy] = await begun;
      switch (request.verb) {
        case "ADD":
          return add(request, { look, inOwnNamespace, hasPolicy });
        case "CHECK":
          return check(request.config, look);
        case "STATUS":
          return status(request.config, look);
        default:
          return answerAtOnce(request);
      }
    },
    end: () => look.end(),
  };
}

/** DEL and GC change nothing: the links are shared, other Pods of the node stand on them. */
async function answerAtOnce({ verb }: Request): Promise<Answer> {
  return verb === "VERSION" ? { document: versionDocument(), journal: [] } : { journal: [] };
}
