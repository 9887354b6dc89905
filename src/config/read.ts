import * as z from "zod/v4/core";
import { type CniError, Code, type Code as ErrorCode, errorOfAll } from "../error.ts";
import { describeJson, foldName, type Json, JsonObject, member } from "../json.ts";
import type { Desired, Problem } from "../model.ts";
import { desire, type InPod } from "./desired.ts";
import { findNearest } from "./nearest.ts";
import { bondKeys, configKeys, configSchema, probeKeys, vlanKeys } from "./schema.ts";

/** What a config says: what it asks of the host, or what is wrong with it. Warnings are there in both cases. */
export type ConfigReading =
  | { readonly desired: Desired; readonly problems: readonly []; readonly warnings: readonly Problem[] }
  | {
      readonly desired: undefined;
      readonly problems: readonly Problem[];
      readonly warnings: readonly Problem[];
      readonly code: ErrorCode;
    };

/**
 * Reads ifacer's part of a network config. Keys match in any case, `null` is as good as not given.
 *
 * All problems are found at once. `code` is 6 where a value has the wrong type, 7 where only values are wrong.
 *
 * @param pod the config is about links in this Pod
 */
export function readConfig(body: JsonObject, pod?: InPod): ConfigReading {
  const plain = makeCanonical(body);
  const parsed = z.safeParse(configSchema(plain), plain);
  if (parsed.success) {
    const { desired, problems, warnings } = desire(parsed.data, pod);
    if (problems.length === 0) return { desired, problems: [], warnings };
    return { desired: undefined, problems, warnings, code: Code.invalidConfig };
  }
  const issues = parsed.error.issues;
  const sound = withoutFaults(plain, issues);
  const rest = z.safeParse(configSchema(sound), sound);
  const further = rest.success ? desire(rest.data, pod).problems : [];
  return {
    desired: undefined,
    problems: [...issues.flatMap((issue) => describeIssue(issue, valueAt(plain, issue.path))), ...further],
    warnings: [],
    code: issues.some((issue) => isWrongType(issue, valueAt(plain, issue.path))) ? Code.decoding : Code.invalidConfig,
  };
}

/** A config without problems. Throws code 6 or 7 with all that is wrong with it in the details. */
export function requireDesired(reading: ConfigReading): Extract<ConfigReading, { desired: Desired }> {
  if (reading.desired) return reading;
  throw refuseConfig(reading);
}

/** The error that tells all that is wrong with a config. */
export function refuseConfig({ code, problems }: { code: ErrorCode; problems: readonly Problem[] }): CniError {
  const faults = problems.map(({ path, message }) => `${path}: ${message}`);
  return errorOfAll(code, faults, { lead: "the config is not valid, " });
}

type Plain = Record<string, unknown>;

/** The config as plain values under the canonical spelling of our keys; keys of others are left out. */
function makeCanonical(body: JsonObject): Plain {
  const plain: Plain = {};
  for (const key of configKeys) {
    const value = member(body, key);
    if (value !== undefined) plain[key] = makeValueCanonical(value, innerKeys[key]);
  }
  return plain;
}

const innerKeys: Readonly<Record<string, readonly string[]>> = { bond: bondKeys, vlan: vlanKeys, probe: probeKeys };

/** An object with these keys in their canonical spelling; any other value as it is. */
export function makeValueCanonical(value: Json, keys: readonly string[] | undefined): unknown {
  if (keys === undefined || !(value instanceof JsonObject)) return value;
  const plain: Plain = Object.create(null);
  for (const [name, inner] of value.members) {
    const known = keys.find((candidate) => foldName(candidate) === foldName(name)) ?? name;
    if (inner !== null) plain[known] = inner;
  }
  return { ...plain };
}

type Issue = z.$ZodIssue;

/** The config less what is wrong with it, so that the rest can be judged too. Options can't be judged without the mode. */
function withoutFaults(plain: Plain, issues: readonly Issue[]): Plain {
  const rest = structuredClone(plain) as Record<string, Plain>;
  for (const issue of issues) {
    const [key, inner] = issue.path.map(String);
    if (key === undefined) continue;
    if (issue.code === "unrecognized_keys") for (const name of issue.keys) delete rest[key]?.[name];
    else if (inner === undefined || key === "interfaces") delete rest[key];
    else delete rest[key]?.[inner];
    if (inner === "mode") delete rest[key]?.["options"];
    if (inner === "addresses") delete rest[key];
  }
  return rest;
}

export function valueAt(plain: Plain, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Plain | undefined)?.[String(key)], plain);
}

export function isWrongType(issue: Issue, value: unknown): boolean {
  if (issue.code === "invalid_type") return value !== undefined;
  if (issue.code === "invalid_union") return typeof value !== "string" && !Number.isInteger(value);
  return issue.code === "invalid_value" && typeof value !== "string";
}

/** @param inner the keys of the object that the issue is about, where the config's own schema does not tell them */
export function describeIssue(issue: Issue, value: unknown, inner?: readonly string[]): Problem[] {
  const path = issue.path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .slice(1);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path, message: describeUnknownKey(key, inner ?? innerKeys[path] ?? []) }));
  }
  if (value === undefined) return [{ path, message: `is missing, allowed ${issue.message}` }];
  const what = isWrongType(issue, value) ? "wrong type" : typeof value === "number" ? "out of range" : "not allowed";
  return [{ path, message: `${what}, got ${describeJson(value as Json)}, allowed ${issue.message}` }];
}

function describeUnknownKey(key: string, keys: readonly string[]): string {
  const near = findNearest(key, keys);
  return `unknown key ${JSON.stringify(key)}, allowed ${keys.join(", ")}${near ? `; did you mean ${near}?` : ""}`;
}
