import * as z from "zod/v4/core";
import { findNearest } from "../config/nearest.ts";
import { CniError, Code, errorOfAll } from "../error.ts";
import { decodeJson, describeJson, isJsonArray, type Json, JsonObject } from "../json.ts";
import type { Problem } from "../model.ts";
import { interfacesKeys, type Policy, policyKeys, policySchema } from "./schema.ts";

/**
 * Reads the text of a policy file. It is judged more strictly than a config: what is not understood here would leave open
 * what the admin meant to close.
 *
 * Throws code 106 with all that is wrong with it in the details.
 */
export function parsePolicy(bytes: Uint8Array, path: string): Policy {
  const problems: Problem[] = [];
  const plain = makePlain(decode(bytes, path), "", problems);
  const parsed = z.safeParse(policySchema(plain), plain);
  if (parsed.success && problems.length === 0) return parsed.data;
  for (const issue of parsed.error?.issues ?? []) {
    const at = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
    if (issue.code === "unrecognized_keys") {
      const keys = at === "" ? policyKeys : interfacesKeys;
      problems.push(...issue.keys.map((key) => ({ path: at.slice(1), message: describeUnknownKey(key, keys) })));
    } else {
      const got = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], plain);
      problems.push({ path: at.slice(1), message: `got ${JSON.stringify(got)}, allowed ${issue.message}` });
    }
  }
  throw errorOfAll(
    Code.forbidden,
    problems.map((problem) => (problem.path ? `${problem.path}: ${problem.message}` : problem.message)),
    { lead: `nothing is allowed until the node's policy ${path} is mended, ` },
  );
}

function decode(bytes: Uint8Array, path: string): Json {
  try {
    return decodeJson(bytes, path);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.forbidden, `nothing is allowed until the node's policy is mended, ${message}`, { cause });
  }
}

/** The value as JavaScript has it. Of a key that is there twice, either may be the one that was meant. */
function makePlain(value: Json, path: string, problems: Problem[]): unknown {
  if (isJsonArray(value)) return value.map((item, index) => makePlain(item, `${path}[${index}]`, problems));
  if (!(value instanceof JsonObject)) return typeof value === "object" && value ? Number(value.text) : value;
  const plain = new Map<string, unknown>();
  for (const [name, inner] of value.members) {
    if (plain.has(name)) problems.push({ path, message: `the key ${describeJson(name)} is there twice` });
    plain.set(name, makePlain(inner, path === "" ? name : `${path}.${name}`, problems));
  }
  return Object.fromEntries(plain);
}

function describeUnknownKey(key: string, keys: readonly string[]): string {
  const near = findNearest(key, keys);
  return `unknown key ${describeJson(key)}, allowed ${keys.join(", ")}${near ? `; did you mean ${near}?` : ""}`;
}
