import type { StartedLook } from "../observe/start.ts";
import type { Request } from "./request.ts";
import { versionDocument } from "./versions.ts";

/** What a call answers: the document for standard output, if any, and a line for the journal for each change made. */
export interface Answer {
  readonly document?: string;
  readonly journal: readonly string[];
}

/** Does what a call asks for. Throws a CniError where it can't be done; nothing is left half done then. */
export async function answer(request: Request): Promise<Answer> {
  switch (request.verb) {
    case "VERSION":
      return { document: versionDocument(), journal: [] };
    case "ADD":
      return withLook((look) => loadVerbs().add(request, look));
    case "CHECK":
      return withLook((look) => loadVerbs().check(request.config, look));
    case "STATUS":
      return withLook((look) => loadVerbs().status(request.config, look));
    case "DEL":
    case "GC":
      // The links are shared: other Pods of the node stand on them.
      return { journal: [] };
  }
}

/** Starts `ip` first: it gets ready on another processor while the verb is loaded and the config is judged. */
function withLook<T>(verb: (look: StartedLook) => T): T {
  const { startLook } = require("../observe/start.ts") as typeof import("../observe/start.ts");
  return verb(startLook());
}

/** The verbs that look at links. Loaded only for them: DEL comes for every Pod as well and needs neither zod nor `ip`. */
function loadVerbs() {
  return require("./verbs.ts") as typeof import("./verbs.ts");
}
