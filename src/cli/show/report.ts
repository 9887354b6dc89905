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

/** Who says something to `ifacer fleet`. */
export interface Speaker {
  /** The node's name. */
  readonly node: string;
  readonly command: string;
}

/** What a command prints for `ifacer fleet`: the same document in one line, with who says it in front. */
export function sayInOneLine(json: unknown, { node, command }: Speaker): unknown {
  return { version: formatVersion, node, command, ...(json as object) };
}

/** What `-o json` prints, of the format that docs/operations.md describes. */
export function versioned(members: Readonly<Record<string, unknown>>): unknown {
  return { version: formatVersion, ...members };
}
