import { CniError, Code } from "../error.ts";
import { escapeUnseen } from "../unseen.ts";
import { makeReadable } from "./readable.ts";

/** What an error document says of a failure beside the version (CNI specification, "Error"). */
export interface FailureWords {
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}

/** The code and the words for a failure; what is no CniError is a bug of ifacer's. */
export function describeFailure(error: unknown): FailureWords {
  const { code, message, details } = error instanceof CniError ? error : explainBug(error);
  return { code, msg: makeReadable(message), ...(details && { details: escapeUnseen(details, "\t\n") }) };
}

function explainBug(error: unknown): CniError {
  const message = error instanceof Error ? error.message : String(error);
  const details = error instanceof Error ? (error.stack ?? "") : "";
  return new CniError(Code.bug, `ifacer has a bug, please report it: ${message}`, { details, cause: error });
}
