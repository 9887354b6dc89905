import type { Problem, Setting } from "../model.ts";
import { findNearest } from "./nearest.ts";
import { describeRule, parseValue, quote, type ValueContext, type ValueRule } from "./values.ts";

/** What the tables of bond and VLAN options have in common: one row is all that there is to know of an option. */
export interface Option {
  /** The kernel's name, and that of the option's `Setting`. */
  readonly name: string;
  /** Other spellings that a config may use. */
  readonly aliases?: readonly string[];
  /** What `ip` calls it, where not by its name. */
  readonly ipName?: string;
  /** What `ip -d -j link` calls it, where not as on the command line. */
  readonly jsonName?: string;
  readonly rule: ValueRule;
  /** The value that a new link has without the option, as a `Setting` would have it; `undefined`: none. */
  readonly default: string | undefined;
}

export interface ParsedOptions {
  /** In the order of the table. */
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
  /** Names of the options that were given a value which can't be. */
  readonly faulty: ReadonlySet<string>;
}

export interface OptionsContext extends ValueContext {
  /** Where the text stands in the config. */
  readonly path: string;
  /** Names that a user may expect here, and what to do instead. */
  readonly misplaced?: Readonly<Record<string, string>>;
}

/**
 * Reads `k=v;k=v` by a table. White space around keys, values and separators and empty parts don't matter.
 * Finds every unknown name, option given twice and bad value; what options demand of each other is not looked at.
 */
export function parseOptions(text: string, table: readonly Option[], context: OptionsContext): ParsedOptions {
  const rows = new Map(table.flatMap((row) => [row.name, ...(row.aliases ?? [])].map((spelling) => [spelling, row])));
  const misplaced = new Map(Object.entries(context.misplaced ?? {}));
  const seen = new Map<Option, string>();
  const values = new Map<Option, string>();
  const faulty = new Set<string>();
  const messages: string[] = [];
  const parts = text.split(";").flatMap((part) => part.trim() || []);
  for (const [index, part] of parts.entries()) {
    if (messages.length === mostMessages) {
      messages.push(`${parts.length - index} more options were not looked at`);
      break;
    }
    const [key, value] = splitAssignment(part);
    const row = rows.get(key);
    const before = row && seen.get(row);
    if (value === undefined) messages.push(`${quote(part)} is not of the form name=value`);
    else if (misplaced.has(key)) messages.push(`${key} can't be given here: ${misplaced.get(key)}`);
    else if (row === undefined) messages.push(describeUnknown(key, [...rows.keys()], table));
    else if (before !== undefined) messages.push(describeRepeated(before, key));
    else {
      seen.set(row, key);
      const parsed = parseValue(row.rule, value, context);
      if ("value" in parsed) values.set(row, parsed.value);
      else {
        faulty.add(row.name);
        messages.push(
          value === "" ? `${key} has no value, allowed ${describeRule(row.rule, context)}` : `${key}: ${parsed.fault}`,
        );
      }
    }
  }
  const settings = table.flatMap((row) => {
    const value = values.get(row);
    return value === undefined || value === "" ? [] : [{ name: row.name, value }];
  });
  return { settings, problems: messages.map((message) => ({ path: context.path, message })), faulty };
}

/** Nobody reads more, and to look for the nearest name of each costs time. */
const mostMessages = 100;

/** The table's row for a setting's name. Names of settings come from the table, so its absence is a bug. */
export function rowOf<Row extends Option>(table: readonly Row[], name: string): Row {
  const row = table.find((row) => row.name === name);
  if (row === undefined) throw new TypeError(`no option is called ${name}`);
  return row;
}

/**
 * A value out of `ip -d -j link` in the form that a `Setting` has; `undefined` where `ip` does not print it, because the
 * link has none, the kernel or `ip` does not know it, or the mode has no use for it.
 */
export function readJsonValue(row: Option, info: Readonly<Record<string, unknown>>): string | undefined {
  const text = writeJsonValue(info[row.jsonName ?? row.ipName ?? row.name]);
  if (text === undefined) return undefined;
  const parsed = parseValue(row.rule, text);
  return "value" in parsed ? parsed.value : text;
}

function writeJsonValue(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "1" : "0";
  // iproute2 prints null for the first word of arp_validate, "none".
  if (value === null) return "0";
  if (!Array.isArray(value)) return undefined;
  return value.map((item) => (isPair(item) ? `${item.from}:${item.to}` : String(item))).join(",");
}

function isPair(item: unknown): item is { from: number; to: number } {
  return typeof item === "object" && item !== null && "from" in item && "to" in item;
}

function splitAssignment(part: string): [key: string, value: string | undefined] {
  const equals = part.indexOf("=");
  if (equals < 0) return [part, undefined];
  return [part.slice(0, equals).trimEnd(), part.slice(equals + 1).trimStart()];
}

function describeUnknown(key: string, spellings: readonly string[], table: readonly Option[]): string {
  const near = findNearest(key, spellings);
  if (near !== undefined) return `there is no option ${quote(key)}; did you mean ${quote(near)}?`;
  return `there is no option ${quote(key)}, allowed ${table.map((row) => row.name).join(", ")}`;
}

function describeRepeated(first: string, again: string): string {
  return first === again ? `${again} is given twice` : `${first} and ${again} are the same option, give one of them`;
}
