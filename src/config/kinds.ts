/**
 * What the schemas of the config and of the node's policy are made of. Each carries as its error the words for what is allowed;
 * who reads puts the path and the found value before them.
 *
 * Made of zod's core classes, which are what zod/mini is made of: a Pod's start waits for each class that is loaded.
 */
import * as z from "zod/v4/core";

/** A string that passes the checks, which carry the same words. */
export function text(error = "a string", checks: z.$ZodCheck<string>[] = []) {
  return new z.$ZodString({ type: "string", checks, error: () => error });
}

/** An integer from `min` to `max`, both included, that JavaScript holds exactly. */
export function integer({ min, max }: { min: number; max: number }) {
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

/** One of the words. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  const entries = Object.fromEntries(words.map((word) => [word, word]));
  const schema: unknown = new z.$ZodEnum({ type: "enum", entries, error: () => words.join(" or ") });
  return schema as z.$ZodEnum<{ [Key in Word]: Key }>;
}

/** JSON's true or false, no word for it. */
export function boolean() {
  return new z.$ZodBoolean({ type: "boolean", error: () => "true or false" });
}

/** An array of as many elements as the checks allow. */
export function array<Element extends z.$ZodType>(
  element: Element,
  error: string,
  checks: z.$ZodCheckMinLength[] = [],
) {
  return new z.$ZodArray({ type: "array", element, checks, error: () => error }) as z.$ZodArray<Element>;
}

/** An object with no other keys. */
export function object<Shape extends z.$ZodShape>(shape: Shape, error = "an object") {
  const catchall = new z.$ZodNever({ type: "never" });
  const schema = new z.$ZodObject({ type: "object", shape, catchall, error: () => error });
  return schema as z.$ZodObject<Shape, z.$strict>;
}

/** By its key, what makes the schema of a value, given the value. */
export type Fields = Readonly<Record<string, (value?: unknown) => z.$ZodType>>;

type Shape<Chosen extends Fields> = { readonly [Key in keyof Chosen]: z.$ZodOptional<ReturnType<Chosen[Key]>> };

/**
 * Of the fields those that the value has, as building schemas is most of what zod costs, and most values have few of them;
 * without a value all, each of which may be missing.
 */
export function shapeOf<Chosen extends Fields>(fields: Chosen, value: unknown) {
  const given = Object(value);
  const shape: Record<string, z.$ZodType> = {};
  for (const [key, make] of Object.entries(fields)) {
    if (value === undefined) shape[key] = new z.$ZodOptional({ type: "optional", innerType: make() });
    else if (Object.hasOwn(given, key)) shape[key] = make(given[key]);
  }
  return shape as Shape<Chosen>;
}
