import { YAML } from "bun";
import type { Problem } from "../model.ts";
import { findAliasFault } from "./aliases.ts";
import { parseJSON } from "./chain.ts";

export interface Documents {
  /** The documents that are not empty; a `List` (what `kubectl get -o yaml` prints) is its items. */
  readonly documents: readonly unknown[];
  /** Documents that can't be read, are nested too deeply or endless by their aliases. Path: `document 2`. */
  readonly problems: readonly Problem[];
  /** What kubectl would read otherwise. Path: `line 12`. */
  readonly notes: readonly Problem[];
}

/**
 * Reads a text of one JSON document or any number of YAML documents.
 *
 * Bun reads YAML 1.2, kubectl 1.1. `on`, `off`, `yes` and `no` are strings here and true or false there; a schema that wants a
 * boolean refuses them. Numbers with a leading zero are octal there, and noted. A key that is given twice counts with its last
 * value here, kubectl refuses it.
 */
export function readDocuments(text: string): Documents {
  const json = parseJSON(text);
  if (json !== undefined) return { documents: expandList(json), problems: [], notes: [] };

  const documents: unknown[] = [];
  const problems: Problem[] = [];
  for (const [index, part] of splitDocuments(text).entries()) {
    try {
      const document = YAML.parse(part);
      const fault = findAliasFault(document);
      if (fault === undefined) documents.push(...expandList(document));
      else problems.push({ path: `document ${index + 1}`, message: `can't be read: ${fault}` });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message.replace(/^YAML Parse error: /, "") : String(cause);
      problems.push({ path: `document ${index + 1}`, message: `is not valid YAML: ${why}` });
    }
  }
  return { documents, problems, notes: findOctals(text) };
}

/** Apart from one another, so that a fault in one leaves the others readable, and a list is not taken for many documents. */
function splitDocuments(text: string): string[] {
  const parts = text.split(/^---(?=\s|$)/m);
  return parts.filter((part) => part.split("\n").some((line) => !/^\s*(#.*|%.*|\.\.\.\s*)?$/.test(line)));
}

function expandList(document: unknown): unknown[] {
  if (document === null || document === undefined) return [];
  if (typeof document !== "object" || !("kind" in document && "items" in document)) return [document];
  return document.kind === "List" && Array.isArray(document.items) ? document.items : [document];
}

function findOctals(text: string): Problem[] {
  return text.split("\n").flatMap((line, index) => {
    const number = /^[\s-]*[\w./-]+:\s+([-+]?0o?[0-7]+)\s*(#.*)?$/.exec(line)?.[1];
    if (number === undefined) return [];
    return [
      {
        path: `line ${index + 1}`,
        message: `${number} is octal or a text to kubectl: write the number in decimal, without zeros before it`,
      },
    ];
  });
}
