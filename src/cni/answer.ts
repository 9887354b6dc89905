import type { Request } from "./request.ts";
import { versionDocument } from "./versions.ts";

/** What a call answers: the document for standard output, if any, and a line for the journal for each change made. */
export interface Answer {
  readonly document?: string;
  readonly journal: readonly string[];
}

/** Does what a call asks for. Throws a CniError where it can't be done; nothing is left half done then. */
export function answer(request: Request): Answer {
  switch (request.verb) {
    case "VERSION":
      return { document: versionDocument(), journal: [] };
    case "ADD":
      return loadVerbs().add(request);
    case "CHECK":
      return loadVerbs().check(request.config);
    case "STATUS":
      return loadVerbs().status(request.config);
    case "DEL":
    case "GC":
      // The links are shared: other Pods of the node stand on them.
      return { journal: [] };
  }
}

/** The verbs that look at links. Loaded only for them: DEL comes for every Pod as well and needs neither zod nor `ip`. */
function loadVerbs() {
  return require("./verbs.ts") as typeof import("./verbs.ts");
}
