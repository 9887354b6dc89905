import * as z from "zod/v4/core";
import { bondModes } from "../model.ts";

// Every schema carries as its error the words for what is allowed; read.ts puts the path and the found value before them.
// Made of zod's core classes, which are what zod/mini is made of: a Pod's start waits for each class that is loaded.

function text(error = "a string") {
  return new z.$ZodString({ type: "string", error: () => error });
}

function integer({ min, max }: { min: number; max: number }) {
  const error = () => `an integer from ${min} to ${max}`;
  return new z.$ZodNumberFormat({
    type: "number",
    check: "number_format",
    format: "safeint",
    abort: false,
    checks: [
      new z.$ZodCheckGreaterThan({ check: "greater_than", value: min, inclusive: true, error }),
      new z.$ZodCheckLessThan({ check: "less_than", value: max, inclusive: true, error }),
    ],
    error,
  });
}

function oneOf<const Word extends string>(words: readonly Word[]) {
  const entries = Object.fromEntries(words.map((word) => [word, word]));
  const schema: unknown = new z.$ZodEnum({ type: "enum", entries, error: () => words.join(" or ") });
  return schema as z.$ZodEnum<{ [Key in Word]: Key }>;
}

function boolean() {
  return new z.$ZodBoolean({ type: "boolean", error: () => "true or false" });
}

/** An object with no other keys. */
function object<Shape extends z.$ZodShape>(shape: Shape) {
  const catchall = new z.$ZodNever({ type: "never" });
  return new z.$ZodObject({ type: "object", shape, catchall, error: () => "an object" }) as z.$ZodObject<
    Shape,
    z.$strict
  >;
}

/** By its key, what makes the schema of a value, given the value. */
type Fields = Readonly<Record<string, (value?: unknown) => z.$ZodType>>;

const bondFields = {
  name: () => text(),
  mode: () => {
    const error = `an integer from 0 to 6 or one of ${bondModes.join(", ")}`;
    const options = [integer({ min: 0, max: 6 }), oneOf(bondModes)] as const;
    return new z.$ZodUnion({ type: "union", options, error: () => error }) as z.$ZodUnion<typeof options>;
  },
  options: () => text(),
};

const vlanFields = {
  name: () => text(),
  protocol: () => oneOf(["802.1Q", "802.1ad"]),
  options: () => text(),
};

function interfaces(value: unknown) {
  const error = () => "an array of at least one interface name";
  const checked = !Array.isArray(value) || value.length === 0;
  const element = text("an interface name");
  const checks = checked ? [new z.$ZodCheckMinLength({ check: "min_length", minimum: 1, error })] : [];
  return new z.$ZodArray({ type: "array", element, checks, error }) as z.$ZodArray<typeof element>;
}

const optionalFields = {
  vlanID: () => integer({ min: 0, max: 4094 }),
  bond: (bond?: unknown) => object(shapeOf(bondFields, bond)),
  vlan: (vlan?: unknown) => object(shapeOf(vlanFields, vlan)),
  mtu: () => integer({ min: 68, max: 65535 }),
  duplicateVlanID: () => oneOf(["reject", "allow"]),
  allowInUse: boolean,
};

/** The keys in their canonical spelling. */
export const configKeys = ["interfaces", ...Object.keys(optionalFields)];
export const bondKeys = Object.keys(bondFields);
export const vlanKeys = Object.keys(vlanFields);

/**
 * The schema of the keys of a network config that are ifacer's, in their canonical spelling. All others (`cniVersion`, `name`,
 * `type`, what runtimes add) are not ifacer's to judge.
 *
 * @param config the config that is to be judged. Only what that one needs is built: building is most of what zod costs, and
 * most configs have few of the keys, and some interface. Without it, the schema of all.
 */
export function configSchema(config?: Readonly<Record<string, unknown>>) {
  const shape = { interfaces: interfaces(config?.["interfaces"]), ...shapeOf(optionalFields, config) };
  return new z.$ZodObject({ type: "object", shape }) as z.$ZodObject<typeof shape>;
}

type Shape<Chosen extends Fields> = { readonly [Key in keyof Chosen]: z.$ZodOptional<ReturnType<Chosen[Key]>> };

/** The fields that the value has; without a value all, each of which may be missing. */
function shapeOf<Chosen extends Fields>(fields: Chosen, value: unknown) {
  const given = Object(value);
  const shape: Record<string, z.$ZodType> = {};
  for (const [key, make] of Object.entries(fields)) {
    if (value === undefined) shape[key] = new z.$ZodOptional({ type: "optional", innerType: make() });
    else if (Object.hasOwn(given, key)) shape[key] = make(given[key]);
  }
  return shape as Shape<Chosen>;
}

export type Config = z.output<ReturnType<typeof configSchema>>;
