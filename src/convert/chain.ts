import * as z from "zod/mini";

const text = z.optional(z.string({ error: "a string" }));
const texts = z.optional(z.array(z.string({ error: "a string" }), { error: "a list of strings" }));
const record = { error: "an object" };

/** What the CNI library's decoder looks at in a plugin config; its keys in lower case, for it does not mind the case. */
const pluginSchema = z.object(
  {
    cniversion: text,
    name: text,
    type: z.string({ error: "a plugin's name" }).check(z.minLength(1, { error: "a plugin's name" })),
    capabilities: z.optional(z.record(z.string(), z.boolean({ error: "true or false" }), record)),
    ipam: z.optional(z.object({ type: text }, record)),
    dns: z.optional(z.object({ nameservers: texts, domain: text, search: texts, options: texts }, record)),
    prevresult: z.optional(z.record(z.string(), z.unknown(), record)),
  },
  { error: "an object" },
);

/** No plugin config is deeper than this, and the stack has an end. */
const deepest = 1000;

/** What is wrong with a text of `chainCNIJsonData` as a plugin config (libcni's ConfFromBytes), or `undefined`. */
export function findChainFault(json: string): string | undefined {
  const parsed = parseJSON(json);
  if (parsed === undefined) return "is not valid JSON";
  const valueFault = findValueFault(parsed);
  if (valueFault) return valueFault;

  const result = pluginSchema.safeParse(lowerKeys(parsed));
  const issue = result.error?.issues[0];
  if (!issue) return undefined;
  if (issue.path.length === 0) return "is no plugin config: expected an object with a type";
  return `is no plugin config: expected ${issue.message} as ${issue.path.join(".")}`;
}

/** `json` as a value, or `undefined` where it is not valid JSON. */
export function parseJSON(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function lowerKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const given = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(given.map(([key, inner]) => [key.toLowerCase(), lowerKeys(inner)]));
}

/** Go refuses a number that no float64 can hold, such as 1e999; JSON.parse makes it infinite. */
function findValueFault(value: unknown): string | undefined {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return `is nested deeper than ${deepest} levels`;
    if (level.some((item) => typeof item === "number" && !Number.isFinite(item)))
      return "has a number that is too large";
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
  return undefined;
}
