import * as z from "zod/mini";
import { bondModes } from "../model.ts";

// Every schema carries as its error the words for what is allowed; read.ts puts the path and the found value before them.

function integer(range: { min: number; max: number }) {
  const error = `an integer from ${range.min} to ${range.max}`;
  return z.int({ error }).check(z.minimum(range.min, { error }), z.maximum(range.max, { error }));
}

const text = z.string({ error: "a string" });

const modeWords = `an integer from 0 to 6 or one of ${bondModes.join(", ")}`;

const bondSchema = z.strictObject(
  {
    name: z.optional(text),
    mode: z.optional(z.union([integer({ min: 0, max: 6 }), z.enum(bondModes)], { error: modeWords })),
    options: z.optional(text),
  },
  { error: "an object" },
);

const vlanSchema = z.strictObject(
  {
    name: z.optional(text),
    protocol: z.optional(z.enum(["802.1Q", "802.1ad"], { error: "802.1Q or 802.1ad" })),
    options: z.optional(text),
  },
  { error: "an object" },
);

const interfacesWords = "an array of at least one interface name";

/**
 * The keys of a network config that are ifacer's, in their canonical spelling. All others (`cniVersion`, `name`, `type`,
 * what runtimes add) are not ifacer's to judge.
 */
export const configSchema = z.object({
  interfaces: z
    .array(z.string({ error: "an interface name" }), { error: interfacesWords })
    .check(z.minLength(1, { error: interfacesWords })),
  vlanID: z.optional(integer({ min: 0, max: 4094 })),
  bond: z.optional(bondSchema),
  vlan: z.optional(vlanSchema),
  mtu: z.optional(integer({ min: 68, max: 65535 })),
  duplicateVlanID: z.optional(z.enum(["reject", "allow"], { error: "reject or allow" })),
  allowInUse: z.optional(z.boolean({ error: "true or false" })),
});

export type Config = z.infer<typeof configSchema>;

/** The keys in their canonical spelling. */
export const configKeys = Object.keys(configSchema.def.shape);
export const bondKeys = Object.keys(bondSchema.def.shape);
export const vlanKeys = Object.keys(vlanSchema.def.shape);
