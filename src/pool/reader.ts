import { describeJson, foldName, integer, isJsonArray, type Json, JsonObject, member } from "../json.ts";
import type { Problem } from "../model.ts";

/** What was found while reading; one for all readers of a config. */
export interface Findings {
  readonly problems: Problem[];
  readonly warnings: Problem[];
  /** Whether a value has the wrong type, beside those that are wrong in other ways. */
  isTypeWrong: boolean;
}

/** Reads the members of an object by their names, in any case. A value of the wrong type is a problem, and read as not given. */
export interface Reader {
  readonly findings: Findings;
  text(key: string): string | undefined;
  texts(key: string): readonly string[] | undefined;
  boolean(key: string): boolean | undefined;
  integer(key: string, range: { min: number; max: number }): number | undefined;
  oneOf<const Word extends string>(key: string, words: readonly Word[]): Word | undefined;
  object(key: string): Reader | undefined;
  objects(key: string): readonly Reader[] | undefined;
  /** Notes what is wrong with a value. */
  refuse(key: string, message: string): void;
  /** The object without these members. */
  without(keys: readonly string[]): JsonObject;
}

/** @param path where the object stands: empty, or `ipam` */
export function readObject(
  body: JsonObject,
  path: string,
  findings: Findings = { problems: [], warnings: [], isTypeWrong: false },
): Reader {
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  const refuse = (key: string, message: string): void => {
    // `ipam` is read twice.
    if (findings.problems.some((one) => one.path === at(key) && one.message === message)) return;
    findings.problems.push({ path: at(key), message });
  };
  const wrong = (key: string, value: Json, allowed: string): undefined => {
    findings.isTypeWrong = true;
    refuse(key, `wrong type, got ${describeJson(value)}, allowed ${allowed}`);
  };
  const read = <T>(key: string, allowed: string, convert: (value: Exclude<Json, null>) => T | undefined) => {
    const value = member(body, key);
    return value === undefined ? undefined : (convert(value) ?? wrong(key, value, allowed));
  };
  const text = (key: string) => read(key, "a string", (value) => (typeof value === "string" ? value : undefined));
  const list = (key: string, allowed: string) =>
    read(key, allowed, (value) => (isJsonArray(value) ? value : undefined));
  return {
    findings,
    text,
    texts: (key) =>
      list(key, "an array of strings")?.flatMap((item, index) =>
        typeof item === "string" ? [item] : (wrong(`${key}[${index}]`, item, "a string") ?? []),
      ),
    boolean: (key) => read(key, "true or false", (value) => (typeof value === "boolean" ? value : undefined)),
    integer: (key, { min, max }) => {
      const number = read(key, `an integer from ${min} to ${max}`, integer);
      if (number === undefined || (number >= min && number <= max)) return number;
      refuse(key, `out of range, got ${number}, allowed an integer from ${min} to ${max}`);
      return undefined;
    },
    oneOf: (key, words) => {
      const given = text(key);
      const word = words.find((one) => one === given);
      if (given !== undefined && given !== "" && word === undefined) {
        refuse(key, `not allowed, got ${describeJson(given)}, allowed ${words.join(" or ")}`);
      }
      return word;
    },
    object: (key) => {
      const value = read(key, "an object", (found) => (found instanceof JsonObject ? found : undefined));
      return value && readObject(value, at(key), findings);
    },
    objects: (key) =>
      list(key, "an array of objects")?.flatMap((item, index) =>
        item instanceof JsonObject
          ? [readObject(item, `${at(key)}[${index}]`, findings)]
          : (wrong(`${key}[${index}]`, item, "an object") ?? []),
      ),
    refuse,
    without: (keys) => {
      const folded = keys.map(foldName);
      return new JsonObject(body.members.filter(([name]) => !folded.includes(foldName(name))));
    },
  };
}
