import { CniError, Code } from "../error.ts";
import { writeStdout } from "../host/stdio.ts";
import { type Answering, prepare } from "./answer.ts";
import { readCall, readRequest } from "./request.ts";
import { newestVersion, supportedVersions, type Version } from "./versions.ts";

/** Set by scripts/build.ts. */
declare const IFACER_VERSION: string;

/**
 * Answers a runtime's call: one JSON document or nothing on standard output, whatever happens. Returns the exit status.
 *
 * @param stdin all of standard input, which VERSION does without
 */
export async function runPlugin(stdin: Promise<Uint8Array>): Promise<number> {
  let cniVersion: Version = newestVersion;
  let answering: Answering | undefined;
  // That it can't be read is told where it is needed, below; a call with a variable missing does not come that far.
  stdin.catch(() => {});
  try {
    // Runtimes start plugins in folders that are gone or out of reach.
    process.chdir("/");
    const call = readCall(process.env);
    answering = prepare(call);
    // Together, as each return to the event loop takes its time.
    const [config] = await Promise.all([stdin, answering.begun]);
    const request = readRequest(call, config);
    if ("config" in request) cniVersion = request.config.cniVersion;
    const { document, journal } = await answering.answer(request);
    for (const line of journal) note(`ifacer: ${line}`);
    if (document !== undefined) await writeStdout(`${document}\n`);
    return 0;
  } catch (error) {
    return await fail(error, cniVersion);
  } finally {
    await answering?.end();
  }
}

/** Writes the error document (CNI specification, "Error"), with the config's version where that is known. */
async function fail(error: unknown, cniVersion: Version): Promise<number> {
  const { code, message, details } = error instanceof CniError ? error : explainBug(error);
  try {
    await writeStdout(`${JSON.stringify({ cniVersion, code, msg: message, ...(details && { details }) })}\n`);
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
  const { writeAll } = require("../host/stdioSync.ts") as typeof import("../host/stdioSync.ts");
  try {
    writeAll(2, `${line}\n`);
  } catch {
    // Standard error is closed or full.
  }
}
