import type { Options } from "../arguments.ts";
import type { Report } from "../show/report.ts";
// Written while the executable is built: what makes JSON Schemas would be a twentieth of it.
import { writeConfigSchema, writePolicySchema } from "../show/schemas.ts" with { type: "macro" };

const configSchema = writeConfigSchema();
const policySchema = writePolicySchema();

/** `ifacer schema`: the JSON Schema of the config, or of the node's policy. */
export function printSchema(options: Options): Report {
  const schema: unknown = JSON.parse(options.has("--policy") ? policySchema : configSchema);
  return { status: 0, text: `${JSON.stringify(schema, null, 2)}\n`, json: schema };
}
