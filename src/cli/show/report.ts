import type { Line } from "./screen.ts";

/** The version of what `-o json` prints. It grows when a member changes its meaning or goes; new members come without. */
export const formatVersion = 1;

/** What a command answers. */
export interface Report {
  /** 1: the answer is no. */
  readonly status: 0 | 1;
  /** For people; a string where it is a document that is printed as it is. */
  readonly text: readonly Line[] | string;
  /** For programs. */
  readonly json: unknown;
  /** Told on standard error, one line each, in either form. */
  readonly notes?: readonly string[];
}

/** What `-o json` prints, of the format that docs/operations.md describes. */
export function versioned(members: Readonly<Record<string, unknown>>): unknown {
  return { version: formatVersion, ...members };
}
