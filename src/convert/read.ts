import * as z from "zod/mini";
import { findNearest } from "../config/nearest.ts";
import type { Problem } from "../model.ts";
import { type Document, documentSchema } from "./schema.ts";

export type Read =
  | { readonly ok: true; readonly document: Document; readonly notes: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a parsed YAML or JSON document as a SpiderMultusConfig.
 *
 * Wrong types are problems, all at once. A field that the API does not know is a note, and dropped, as a cluster does. A
 * null is as good as not given (Go's decoder).
 */
export function readDocument(input: unknown): Read {
  if (nests(input, 0))
    return { ok: false, problems: [{ path: "", message: "is nested too deeply, or contains itself" }] };
  const given = withoutNulls(input);
  const first = documentSchema.safeParse(given);
  if (first.success) return { ok: true, document: first.data, notes: [] };

  const unknown = first.error.issues.filter((issue) => issue.code === "unrecognized_keys");
  const faults = first.error.issues.filter((issue) => issue.code !== "unrecognized_keys");
  if (faults.length > 0) {
    return {
      ok: false,
      problems: faults.map((issue) => ({
        path: formatPath(issue.path),
        message: `expected ${issue.message}, got ${show(valueAt(given, issue.path))}`,
      })),
    };
  }
  const notes: Problem[] = [];
  for (const { path, keys } of unknown) {
    const holder = valueAt(given, path) as Record<string, unknown>;
    for (const key of keys) {
      delete holder[key];
      notes.push({ path: formatPath([...path, key]), message: describeUnknown(key, knownFields(path)) });
    }
  }
  return { ok: true, document: documentSchema.parse(given), notes };
}

function describeUnknown(key: string, known: readonly string[]): string {
  const nearest = findNearest(key, known);
  return `is no field of a SpiderMultusConfig, a cluster drops it${nearest ? `; did you mean ${nearest}?` : ""}`;
}

/** No SpiderMultusConfig is deeper than this; a YAML alias can make a value contain itself. */
const deepest = 64;

function nests(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth > deepest || Object.values(value).some((inner) => nests(inner, depth + 1));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** The fields that the schema has at `path`. */
function knownFields(path: readonly PropertyKey[]): string[] {
  let at = unwrap(documentSchema);
  for (const key of path) {
    if (at instanceof z.ZodMiniArray) at = unwrap(at.def.element);
    else if (at instanceof z.ZodMiniObject) at = unwrap(at.shape[String(key)]);
  }
  return at instanceof z.ZodMiniObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniDefault) return unwrap(schema.def.innerType);
  return schema;
}

/** `spec.macvlan.master[1]` */
function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "object" || typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
