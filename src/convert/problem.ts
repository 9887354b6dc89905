import type { Problem } from "../model.ts";

/** One problem, or none where there is no message. */
export function problem(path: string, message: string | undefined | false): Problem[] {
  return message ? [{ path, message }] : [];
}
