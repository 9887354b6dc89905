import type { StartedLook } from "../observe/start.ts";

/** What a call answers: the document for standard output, if any, and a line for the journal for each change made. */
export interface Answer {
  readonly document?: string;
  readonly journal: readonly string[];
}

/** What was begun, for a verb that looks at links, before its config had arrived. */
export interface Prefetched {
  readonly look: StartedLook;
  readonly policyPossible: boolean;
}
