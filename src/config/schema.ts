import * as z from "zod/mini";
import { bondModes } from "../model.ts";

// Every schema carries as its error the words for what is allowed; read.ts puts the path and the found value before them.
// Where there are checks, the class is given them: `.check()` on what a function made would make it a second time.

function integer(range: { min: number; max: number }) {
  const error = `an integer from ${range.min} to ${range.max}`;
  return new z.ZodMiniNumberFormat({
    type: "number",
    format: "safeint",
    check: "number_format",
    abort: false,
    checks: [z.minimum(range.min, { error }), z.maximum(range.max, { error })],
    error: () => error,
  });
}

const text = () => z.string({ error: "a string" });

/** By its key, what makes the schema of a value, given the value. */
type Fields = Readonly<Record<string, (value?: unknown) => z.core.$ZodType>>;

const bondFields = {
  name: text,
  mode: () =>
    z.union([integer({ min: 0, max: 6 }), z.enum(bondModes)], {
      error: `an integer from 0 to 6 or one of ${bondModes.join(", ")}`,
    }),
  options: text,
};

const vlanFields = {
  name: text,
  protocol: () => z.enum(["802.1Q", "802.1ad"], { error: "802.1Q or 802.1ad" }),
  options: text,
};

const interfacesWords = "an array of at least one interface name";

function interfaces(value: unknown) {
  const checked = !Array.isArray(value) || value.length === 0;
  const schema: unknown = new z.ZodMiniArray({
    type: "array",
    element: z.string({ error: "an interface name" }),
    checks: checked ? [z.minLength(1, { error: interfacesWords })] : [],
    error: () => interfacesWords,
  });
  return schema as z.ZodMiniArray<z.ZodMiniString<string>>;
}

const optionalFields = {
  vlanID: () => integer({ min: 0, max: 4094 }),
  bond: (bond?: unknown) => z.strictObject(shapeOf(bondFields, bond), { error: "an object" }),
  vlan: (vlan?: unknown) => z.strictObject(shapeOf(vlanFields, vlan), { error: "an object" }),
  mtu: () => integer({ min: 68, max: 65535 }),
  duplicateVlanID: () => z.enum(["reject", "allow"], { error: "reject or allow" }),
  allowInUse: () => z.boolean({ error: "true or false" }),
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
  return z.object({ interfaces: interfaces(config?.["interfaces"]), ...shapeOf(optionalFields, config) });
}

type Shape<Chosen extends Fields> = { readonly [Key in keyof Chosen]: z.ZodMiniOptional<ReturnType<Chosen[Key]>> };

/** The fields that the value has; without a value all, each of which may be missing. */
function shapeOf<Chosen extends Fields>(fields: Chosen, value: unknown) {
  const given = Object(value);
  const shape: Record<string, z.core.$ZodType> = {};
  for (const [key, make] of Object.entries(fields)) {
    if (value === undefined) shape[key] = z.optional(make());
    else if (Object.hasOwn(given, key)) shape[key] = make(given[key]);
  }
  return shape as Shape<Chosen>;
}

export type Config = z.infer<ReturnType<typeof configSchema>>;
