import { CniError, Code } from "../error.ts";
import { readStdin, writeAll } from "../host/stdio.ts";
import { answer } from "./answer.ts";
import { readRequest } from "./request.ts";
import { newestVersion, supportedVersions, type Version } from "./versions.ts";

/** Set by scripts/build.ts. */
declare const IFACER_VERSION: string;

/** Answers a runtime's call: one JSON document or nothing on standard output, whatever happens. */
export async function runPlugin(): Promise<number> {
  let cniVersion: Version = newestVersion;
  try {
    // Runtimes start plugins in folders that are gone or out of reach.
    process.chdir("/");
    const request = readRequest(process.env, readStdin);
    if ("config" in request) cniVersion = request.config.cniVersion;
    const { document, journal } = await answer(request);
    for (const line of journal) note(`ifacer: ${line}`);
    if (document !== undefined) writeAll(1, `${document}\n`);
    return 0;
  } catch (error) {
    return fail(error, cniVersion);
  }
}

/** Writes the error document (CNI specification, "Error"), with the config's version where that is known. */
function fail(error: unknown, cniVersion: Version): number {
  const { code, message, details } = error instanceof CniError ? error : explainBug(error);
  try {
    writeAll(1, `${JSON.stringify({ cniVersion, code, msg: message, ...(details && { details }) })}\n`);
  } catch {
    // Nobody reads standard output; the exit status still tells.
  }
  return 1;
}

function explainBug(error: unknown): CniError {
  const message = error instanceof Error ? error.message : String(error);
  const details = error instanceof Error ? (error.stack ?? "") : "";
  return new CniError(Code.bug, `ifacer has a bug, please report it: ${message}`, { details, cause: error });
}

/** Says what this is to who starts it without arguments, as plugins do. Returns the exit status. */
export function tellAbout(): number {
  note(`ifacer ${IFACER_VERSION}: CNI plugin that makes bonds and VLANs for macvlan and ipvlan`);
  note(`CNI protocol versions supported: ${supportedVersions.join(", ")}`);
  return 0;
}

/** Writes a line for people. That nobody can read it must not make a success fail. */
function note(line: string): void {
  try {
    writeAll(2, `${line}\n`);
  } catch {
    // Standard error is closed or full.
  }
}
