import { CniError, Code } from "../error.ts";
import { lacksStdout, writeStdout } from "../host/stdio.ts";
import type { StartedLook } from "../observe/start.ts";
import { newestVersion, supportedVersions, type Version } from "../protocol/versions.ts";
import { prepare } from "./prepare.ts";
import { escapeControls, makeReadable } from "./readable.ts";
import { readCall, readRequest } from "./request.ts";

/** Set by scripts/build.ts. */
declare const IFACER_VERSION: string;

/** What is fetched before anything is known of a call. */
export interface Prefetched {
  /** For a command that looks at links. */
  readonly look: StartedLook | undefined;
  /** All of standard input, for a command that reads it. */
  readonly stdin: Promise<Uint8Array> | undefined;
}

/** Answers a runtime's call: one JSON document or nothing on standard output, whatever happens. Returns the exit status. */
export async function runPlugin({ look, stdin }: Prefetched): Promise<number> {
  let cniVersion: Version = newestVersion;
  try {
    const lacking = lacksStdout();
    const call = readCall(process.env);
    const answer = await prepare(call, look);
    const request = readRequest(call, (await stdin) ?? new Uint8Array());
    if ("config" in request) cniVersion = request.config.cniVersion;
    const { document, journal } = await answer(request);
    for (const line of journal) await note(`ifacer: ${line}`);
    if (document === undefined) return 0;
    await writeStdout(`${document}\n`);
    // What a runtime can't read was no success. Verbs that answer nothing need nobody who reads.
    return (await lacking) ? 1 : 0;
  } catch (error) {
    return await fail(error, cniVersion);
  } finally {
    await look?.end();
  }
}

/** Writes the error document (CNI specification, "Error"), with the config's version where that is known. */
async function fail(error: unknown, cniVersion: Version): Promise<number> {
  const { code, message, details } = error instanceof CniError ? error : explainBug(error);
  const words = { msg: makeReadable(message), ...(details && { details: escapeControls(details) }) };
  try {
    await writeStdout(`${JSON.stringify({ cniVersion, code, ...words })}\n`);
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
export async function tellAbout(): Promise<number> {
  await note(`ifacer ${IFACER_VERSION}: CNI plugin that makes bonds and VLANs for macvlan and ipvlan`);
  await note(`CNI protocol versions supported: ${supportedVersions.join(", ")}`);
  return 0;
}

/** Writes a line for people. That nobody can read it must not make a success fail. */
async function note(line: string): Promise<void> {
  const { writeAll } = await import("../host/stdioSync.ts");
  try {
    writeAll(2, `${line}\n`);
  } catch {
    // Standard error is closed or full.
  }
}
