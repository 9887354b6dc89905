import { CniError, Code } from "../error.ts";
import { JsonObject, member } from "../json.ts";
import { convertResult, listOf } from "../protocol/result.ts";
import { isSupported } from "../protocol/versions.ts";
import { readDocument } from "./call.ts";

/**
 * Reads what a plugin printed as a result, in the shape of 1.x.
 *
 * @param whose the plugin, for messages: `the IPAM plugin static`
 * @param config what it was given: an answer without a version has the config's
 *
 * Throws code 103 where it is none.
 */
export function readResult(stdout: string, { whose, config }: { whose: string; config: JsonObject }): JsonObject {
  let result: JsonObject;
  try {
    const version = member(config, "cniVersion");
    const known = typeof version === "string" && isSupported(version) ? version : "1.0.0";
    result = convertResult(convertResult(readDocument(stdout), known), "1.0.0");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const details = `stdout: ${stdout.slice(0, 2000)}`;
    throw new CniError(Code.ipFailed, `${whose} answered what is no CNI result: ${reason}`, { details, cause });
  }
  const whole = [...listOf(result, "ips"), ...listOf(result, "routes")].every((item) => item instanceof JsonObject);
  if (!whole) throw new CniError(Code.ipFailed, `${whose} answered with an address or route that is no object`);
  return result;
}
