import { readDocuments } from "../../convert/documents.ts";
import { CniError } from "../../error.ts";
import { decodeJson, isJsonArray, type Json, JsonNumber, JsonObject } from "../../json.ts";
import type { Problem } from "../../model.ts";
import type { File } from "./files.ts";

/** A document of a file, and where it stands: `net.yaml: document 2`. */
export interface Document {
  readonly path: string;
  readonly value: Json;
}

export interface Documents {
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads a file of one JSON document, decoded as ADD decodes it, or of YAML documents. Lists come as their items. */
export function readFileDocuments({ name, bytes }: File): Documents {
  const text = new TextDecoder().decode(bytes);
  // A YAML document may begin with a brace too, but then there is a separator, or the JSON decoder says best what is wrong.
  if (/^\s*([{[]|$)/.test(text) && !/^---(\s|$)/m.test(text)) return readJson(bytes, name);
  const { documents, problems, notes } = readDocuments(text);
  const place = ({ path, message }: Problem): Problem => ({ path: `${name}: ${path}`, message });
  return {
    documents: number(documents.map(makeJson), name),
    problems: problems.map(place),
    warnings: notes.map(place),
  };
}

function readJson(bytes: Uint8Array, name: string): Documents {
  try {
    return { documents: number(expandList(decodeJson(bytes, name)), name), problems: [], warnings: [] };
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    return { documents: [], problems: [{ path: "", message: error.message }], warnings: [] };
  }
}

function expandList(value: Json): readonly Json[] {
  const items =
    value instanceof JsonObject && exactMember(value, "kind") === "List" ? exactMember(value, "items") : undefined;
  return items !== undefined && isJsonArray(items) ? items : [value];
}

function number(values: readonly Json[], name: string): Document[] {
  if (values.length === 1) return values.map((value) => ({ path: name, value }));
  return values.map((value, index) => ({ path: `${name}: document ${index + 1}`, value }));
}

/** A member by its exact name, as the Kubernetes API has it; the last one counts. */
export function exactMember(object: JsonObject, name: string): Json | undefined {
  return object.members.findLast(([other]) => other === name)?.[1];
}

/** A plain value, as the YAML parser gives it, as the JSON that it stands for. */
function makeJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(makeJson);
  if (typeof value === "number") return Number.isFinite(value) ? value : new JsonNumber(String(value));
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  return new JsonObject(Object.entries(value).map(([name, inner]) => [name, makeJson(inner)]));
}
