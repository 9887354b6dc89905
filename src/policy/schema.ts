import * as z from "zod/mini";

// Every schema carries as its error the words for what is allowed; read.ts puts the path and the found value before them.

const patternWords = "a name or a pattern with * and ?, each in an item of its own";

/** Other signs of other pattern languages would match nothing, and a deny that matches nothing protects nothing. */
const pattern = z
  .string({ error: patternWords })
  .check(z.regex(/^[^\s/:#[\]{}()|^$,!\\'"]+$/, { error: patternWords }));

const patterns = z.array(pattern, { error: "an array of names or patterns with * and ?" });

const rangesWords = "VLAN ids from 1 to 4094 and ranges of them, such as 100-199,300";

const ranges = z
  .string({ error: rangesWords })
  .check(z.refine((text) => parseRanges(text) !== undefined, { error: rangesWords }));

const yesOrNo = z.boolean({ error: "true or false" });

const interfacesSchema = z.strictObject(
  {
    allow: z.optional(patterns).check(z.describe("NICs that configs may use: these and no others.")),
    deny: z.optional(patterns).check(z.describe("NICs that no config may use, also where allow has them.")),
  },
  { error: "an object with allow, deny or both" },
);

/** What the policy file may hold. A key that is not there restricts nothing. */
export const policySchema = z
  .strictObject(
    {
      interfaces: z.optional(interfacesSchema).check(z.describe("Which NICs configs may use, by name or altname.")),
      vlanIDs: z.optional(ranges).check(z.describe("VLAN ids that configs may use, such as 100-199,300.")),
      bond: z.optional(yesOrNo).check(z.describe("Whether configs may have a bond.")),
      allowInUse: z.optional(yesOrNo).check(z.describe("Whether configs may set allowInUse.")),
    },
    { error: "an object" },
  )
  .check(z.describe("What the admin of a node allows the network configs that ifacer gets there."));

export type Policy = z.infer<typeof policySchema>;

/** The keys of the policy, and those of its `interfaces`. */
export const policyKeys = Object.keys(policySchema.def.shape);
export const interfacesKeys = Object.keys(interfacesSchema.def.shape);

/** The first and the last id. */
export type Range = readonly [first: number, last: number];

/** `100-199,300` as ranges; `undefined` where it is not such a list. */
export function parseRanges(text: string): readonly Range[] | undefined {
  const found: Range[] = [];
  for (const part of text.split(",")) {
    const [, left, right] = /^\s*([1-9]\d{0,3})\s*(?:-\s*([1-9]\d{0,3})\s*)?$/.exec(part) ?? [];
    const [first, last] = [Number(left), Number(right ?? left)];
    if (!(first <= last && last <= 4094)) return undefined;
    found.push([first, last]);
  }
  return found;
}
