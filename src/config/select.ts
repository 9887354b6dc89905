import * as z from "zod/v4/core";
import { Code, type Code as ErrorCode } from "../error.ts";
import { foldName, JsonObject, member } from "../json.ts";
import type { Desired, Problem } from "../model.ts";
import { parseSubnet, type Subnet } from "./addresses.ts";
import { array, boolean, integer, object, oneOf, shapeOf, text } from "./kinds.ts";
import { describeIssue, isWrongType, makeValueCanonical, readConfig, valueAt } from "./read.ts";

/** What may be chosen: `nic` is hardware and what stands for it in tests. */
export const selectKinds = ["nic", "bond", "vlan"] as const;
export type SelectKind = (typeof selectKinds)[number];

/** By which rules NICs are chosen; what is `undefined` asks for nothing. */
export interface Rules {
  /** Patterns with `*` and `?`. */
  readonly names: readonly string[] | undefined;
  /** Also the order of the chosen NICs. */
  readonly networks: readonly Subnet[] | undefined;
  readonly drivers: readonly string[] | undefined;
  /** `15b3:1019`, `15b3:*`, in lower case. */
  readonly devices: readonly string[] | undefined;
  /** In Mb/s. */
  readonly minSpeed: number | undefined;
  readonly linkUp: boolean;
  /** A NUMA node's number. */
  readonly numa: number | undefined;
  readonly kinds: readonly SelectKind[];
  /** How many are chosen at most; `undefined`: all. */
  readonly count: number | undefined;
  /** How many have to be chosen. */
  readonly atLeast: number;
}

/** Nothing is asked of a NIC but that it may be chosen. */
export const noRules: Rules = {
  names: undefined,
  networks: undefined,
  drivers: undefined,
  devices: undefined,
  minSpeed: undefined,
  linkUp: false,
  numa: undefined,
  kinds: ["nic"],
  count: undefined,
  atLeast: 1,
};

/** What `select` says, or what is wrong with it; `code` as for all of a config. */
export type SelectReading =
  | { readonly rules: Rules; readonly problems: readonly [] }
  | { readonly rules: undefined; readonly problems: readonly Problem[]; readonly code: ErrorCode };

/** A list of at least one: one that is empty would choose nothing without a word. */
function listOf<Element extends z.$ZodType>(element: Element, words: string) {
  const error = `an array of at least one of ${words}`;
  return array(element, error, [new z.$ZodCheckMinLength({ check: "min_length", minimum: 1, error: () => error })]);
}

/** Text that has to fit a pattern. */
function textLike(pattern: RegExp, words: string) {
  const check = new z.$ZodCheckRegex({ check: "string_format", format: "regex", pattern, error: () => words });
  return text(words, [check]);
}

const namePattern = "a name or a pattern with * and ?";
const network = "a network such as 10.0.1.0/24";
const driver = "a driver's name such as mlx5_core";
const device = "PCI ids such as 15b3:1019 or 15b3:*";

const selectFields = {
  names: () => listOf(textLike(/^[^\s/:#[\]{}()|^$,!\\'"]+$/, namePattern), "names or patterns with * and ?"),
  networks: () => {
    const fn = (value: unknown) => parseSubnet(String(value)) !== undefined;
    const check = new z.$ZodCustom({ type: "custom", check: "custom", fn, error: () => network });
    return listOf(text(network, [check]), "networks such as 10.0.1.0/24");
  },
  drivers: () => listOf(textLike(/^[a-zA-Z0-9_.-]+$/, driver), "drivers' names such as mlx5_core"),
  devices: () =>
    listOf(textLike(/^[0-9a-fA-F]{4}:([0-9a-fA-F]{4}|\*)$/, device), "PCI ids such as 15b3:1019 or 15b3:*"),
  minSpeed: () => integer({ min: 1, max: 10_000_000 }),
  linkUp: boolean,
  numa: () => integer({ min: 0, max: 1023 }),
  kinds: () => listOf(oneOf(selectKinds), selectKinds.join(", ")),
  count: () => integer({ min: 1, max: 1000 }),
  atLeast: () => integer({ min: 1, max: 1000 }),
};

export const selectKeys = Object.keys(selectFields);

/**
 * The schema of `select`.
 *
 * @param select what is to be judged: only what that one needs is built. Without it, the schema of all
 */
export function selectSchema(select?: unknown) {
  return object(shapeOf(selectFields, select));
}

/** Reads `select` of a config that has it. All problems are found at once. */
export function readSelect(body: JsonObject): SelectReading {
  const twice: Problem[] =
    member(body, "interfaces") === undefined
      ? []
      : [{ path: "select", message: "stands in the place of interfaces: leave one of them out" }];
  const select = makeValueCanonical(member(body, "select") ?? null, selectKeys);
  const shape = { select: selectSchema(select) };
  const schema = new z.$ZodObject({ type: "object", shape }) as z.$ZodObject<typeof shape>;
  const parsed = z.safeParse(schema, { select });
  if (!parsed.success) {
    const found = parsed.error.issues.map((issue) => ({ issue, value: valueAt({ select }, issue.path) }));
    const problems = found.flatMap(({ issue, value }) => describeIssue(issue, value, selectKeys));
    const code = found.some(({ issue, value }) => isWrongType(issue, value)) ? Code.decoding : Code.invalidConfig;
    return { rules: undefined, problems: [...twice, ...problems], code };
  }
  const rules = makeRules(parsed.data.select);
  const problems = [...twice, ...findContradictions(rules)];
  if (problems.length > 0) return { rules: undefined, problems, code: Code.invalidConfig };
  return { rules, problems: [] };
}

function makeRules(select: z.output<ReturnType<typeof selectSchema>>): Rules {
  const { names, networks, drivers, devices, minSpeed, linkUp, numa, kinds, count, atLeast } = select;
  return {
    names,
    networks: networks?.flatMap((text) => parseSubnet(text) ?? []),
    drivers,
    devices: devices?.map((ids) => ids.toLowerCase()),
    minSpeed,
    linkUp: linkUp ?? false,
    numa,
    kinds: kinds ?? noRules.kinds,
    count,
    atLeast: atLeast ?? count ?? 1,
  };
}

function findContradictions({ count, atLeast }: Rules): Problem[] {
  if (count === undefined || atLeast <= count) return [];
  return [{ path: "select.atLeast", message: `got ${atLeast}, which is more than count, ${count}` }];
}

/** A config with `select` as far as it can be read without a node. */
export interface SelectEntry {
  readonly rules: Rules;
  /** What it would ask of a node whose chosen NICs had these names: the names of NICs mean nothing. */
  readonly example: Desired;
  /** Whether what it makes has the same name on every node. */
  readonly isNamedAlike: boolean;
}

export type SelectEntryReading =
  | { readonly entry: SelectEntry; readonly problems: readonly []; readonly warnings: readonly Problem[] }
  | {
      readonly entry: undefined;
      readonly problems: readonly Problem[];
      readonly warnings: readonly Problem[];
      readonly code: ErrorCode;
    };

/** Reads a config that has `select`, with all that is wrong with it on any node. */
export function readSelectEntry(body: JsonObject): SelectEntryReading {
  const select = readSelect(body);
  const named = listNamedSlaves(body);
  const names = listExamples(named, { one: select.rules !== undefined && isForOne(body, select.rules) });
  const rest = readConfig(withInterfaces(body, names));
  // Examples have no faults of their own, but for those that the bond's options name.
  const problems = [...select.problems, ...rest.problems].map(({ path, message }) => ({
    path: path.startsWith("interfaces[") ? "bond.options" : path,
    message,
  }));
  const { rules } = select;
  if (rules === undefined || rest.desired === undefined) {
    const codes = [...("code" in select ? [select.code] : []), ...("code" in rest ? [rest.code] : [])];
    return { entry: undefined, problems, warnings: [], code: Math.min(...codes) as ErrorCode };
  }
  const example = rest.desired;
  const isNamedAlike =
    example.bond !== undefined || example.vlans.every(({ name, parent, id }) => name !== `${parent}.${id}`);
  const warnings = [
    // What is said of the examples' own names is none of the config's.
    ...rest.warnings.filter(({ path }) => path !== "bond" && !path.startsWith("interfaces[") && path !== "vlanID"),
    ...findDoubts(body, { rules, named, isNamedAlike }),
  ];
  return { entry: { rules, example, isNamedAlike }, problems: [], warnings };
}

/** The config as if it had listed these. */
export function withInterfaces(body: JsonObject, names: readonly string[]): JsonObject {
  return new JsonObject([...body.members.filter(([name]) => foldName(name) !== "interfaces"), ["interfaces", names]]);
}

/** The slaves that the bond's options name, which have to be among the chosen ones. */
function listNamedSlaves(body: JsonObject): readonly string[] {
  const bond = member(body, "bond");
  const options = bond instanceof JsonObject ? member(bond, "options") : undefined;
  if (typeof options !== "string") return [];
  const found = [...options.matchAll(/(?:^|;)\s*(?:primary|active_slave)\s*=\s*([^\s;]+)/g)];
  return [...new Set(found.map(([, name = ""]) => name))];
}

/** Whether there is to be one NIC only: a VLAN's own name can't be that of several. */
function isForOne(body: JsonObject, { count, atLeast }: Rules): boolean {
  const vlan = member(body, "vlan");
  const isNamed = vlan instanceof JsonObject && member(vlan, "name") !== undefined;
  return count === 1 || (isNamed && member(body, "bond") === undefined && atLeast === 1);
}

/** Names for as many NICs as matter: with one there is no bond, with two there is. */
function listExamples(named: readonly string[], { one }: { one: boolean }): readonly string[] {
  return [...new Set([...named, "nic1", "nic2"])].slice(0, one ? 1 : Math.max(2, named.length));
}

interface Doubts {
  readonly rules: Rules;
  readonly named: readonly string[];
  readonly isNamedAlike: boolean;
}

function findDoubts(body: JsonObject, { rules, named, isNamedAlike }: Doubts): Problem[] {
  const warnings: Problem[] = [];
  const { count, atLeast } = rules;
  const hasBond = member(body, "bond") !== undefined;
  if (!isNamedAlike || (hasBond && count === 1)) {
    const name = count === 1 ? "vlan.name" : "bond.name";
    warnings.push({
      path: "select",
      message: `the VLAN's name follows from the NIC's, which differs from node to node: set ${name}, so that a master of this name is on each`,
    });
  }
  if (hasBond && count === 1) warnings.push({ path: "bond", message: "the bond is ignored: count is 1" });
  else if (hasBond && atLeast < 2) {
    warnings.push({
      path: "select",
      message: "where one NIC is chosen only, the bond is ignored and the VLAN is on the NIC: set atLeast to 2",
    });
  }
  if (!hasBond && count !== 1 && isForOne(body, rules)) {
    warnings.push({ path: "vlan.name", message: "can't name the VLANs of several NICs: set select.count to 1" });
  }
  for (const name of named) {
    warnings.push({
      path: "bond.options",
      message: `${name} is named, and a node where it is not among the chosen NICs refuses that: leave it out`,
    });
  }
  return warnings;
}
