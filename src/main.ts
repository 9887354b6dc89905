import { answer } from "./cni/answer.ts";
import { readRequest } from "./cni/request.ts";
import { newestVersion, supportedVersions } from "./cni/versions.ts";
import { CniError, Code } from "./error.ts";
import { readStdin, writeAll } from "./host/stdio.ts";

/** Set by scripts/build.ts. */
declare const IFACER_VERSION: string;

process.exit(main());

function main(): number {
  if ((process.env["CNI_COMMAND"] ?? "") !== "") return runPlugin();
  const words = process.argv.slice(2);
  if (words.length === 0) return tellAbout();
  // Loaded only here, so that a Pod's start does not wait for it.
  const { runCommandLine } = require("./cli/run.ts") as typeof import("./cli/run.ts");
  return runCommandLine(words);
}

/** Answers a runtime's call: one JSON document or nothing on standard output, whatever happens. */
function runPlugin(): number {
  try {
    // Runtimes start plugins in folders that are gone or out of reach.
    process.chdir("/");
    const { document, journal } = answer(readRequest(process.env, readStdin));
    for (const line of journal) writeAll(2, `ifacer: ${line}\n`);
    if (document !== undefined) writeAll(1, `${document}\n`);
    return 0;
  } catch (error) {
    return fail(error);
  }
}

/** Writes the error document (CNI specification, "Error"). */
function fail(error: unknown): number {
  const { code, message, details } = error instanceof CniError ? error : explainBug(error);
  try {
    writeAll(1, `${JSON.stringify({ cniVersion: newestVersion, code, msg: message, ...(details && { details }) })}\n`);
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

function tellAbout(): number {
  writeAll(2, `ifacer ${IFACER_VERSION}: CNI plugin that makes bonds and VLANs for macvlan and ipvlan\n`);
  writeAll(2, `CNI protocol versions supported: ${supportedVersions.join(", ")}\n`);
  return 0;
}
