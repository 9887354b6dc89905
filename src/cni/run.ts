import { lacksStdout, writeStdout } from "../host/stdio.ts";
import type { StartedLook } from "../observe/start.ts";
import { newestVersion, type Version } from "../protocol/versions.ts";
import { prepare } from "./prepare.ts";
import { readCall, readRequest } from "./request.ts";

/** What is begun before anything is known of a call. */
export interface Input {
  /** For a command that looks at links. */
  readonly look: StartedLook | undefined;
  /** All of standard input, for a command that reads it. */
  readonly stdin: Promise<Uint8Array> | undefined;
}

/** Answers a runtime's call: one JSON document or nothing on standard output, whatever happens. Returns the exit status. */
export async function runPlugin({ look, stdin }: Input): Promise<number> {
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
  // Loaded only here: a call that fails may take longer.
  const { describeFailure } = await import("./failure.ts");
  try {
    await writeStdout(`${JSON.stringify({ cniVersion, ...describeFailure(error) })}\n`);
  } catch {
    // Nobody reads standard output; the exit status still tells.
  }
  return 1;
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
