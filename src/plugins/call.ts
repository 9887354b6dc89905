import { CniError, Code } from "../error.ts";
import { mostOutput, type ProgramRun, runProgram } from "../host/program.ts";
import { decodeJson, encodeJson, integer, JsonObject, member } from "../json.ts";
import { findPlugin } from "./find.ts";

/** One call of another plugin (CNI specification, section 4, "Plugin Delegation"). */
export interface PluginCall {
  readonly verb: "ADD" | "CHECK" | "DEL" | "GC" | "STATUS";
  readonly type: string;
  /** What it is to ifacer, for messages: `the IPAM plugin`. */
  readonly what: string;
  /** The folders where plugins are: CNI_PATH. */
  readonly path: string;
  /** What differs from the environment that ifacer was started with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly config: JsonObject;
  /** How long it may take at most, in s, where that is less than such calls may. */
  readonly timeLeft?: number | undefined;
}

/** What a plugin answered. */
export interface PluginAnswer {
  readonly stdout: string;
  /** Lines that it wrote for the journal. */
  readonly notes: readonly string[];
}

/**
 * How long a plugin may take, in s: the kubelet waits two minutes for a Pod's sandbox (runtimeRequestTimeout), in which what was
 * begun has to be undone as well.
 */
export const patience = { ADD: 80, CHECK: 30, DEL: 30, GC: 60, STATUS: 30 } as const;

/** The cause of the error where a plugin was killed, so that nobody knows what it had done by then. */
export const pluginKilled = Symbol("killed");

/** Set for the plugins that ifacer starts: one that is ifacer, by whatever name, must not start another without end. */
const delegated = "IFACER_DELEGATED";

/**
 * Runs another plugin to its end, with the config on its standard input. No shell is involved.
 *
 * Throws its own words and code, with its name, where it fails (its 999 is ours 103, as ours means a bug of ours); 102: it is not
 * in CNI_PATH; 103: it can't be started.
 */
export async function callPlugin(call: PluginCall): Promise<PluginAnswer> {
  const { verb, type, what, environment, config } = call;
  if (process.env[delegated] !== undefined) {
    const message = `${what} ${type} is not started: ifacer was itself started by ifacer as such a plugin, which would not end`;
    throw new CniError(Code.invalidConfig, message);
  }
  const file = findPlugin(type, call);
  const timeout = Math.min(call.timeLeft ?? patience[verb], patience[verb]);
  const { status, stdout, stderr, killed } = await run(file, {
    env: { ...process.env, ...environment, CNI_COMMAND: verb, [delegated]: "1" },
    stdin: encodeJson(config),
    whose: `${what} ${type}`,
    timeout: timeout * 1000,
  });
  const whose = `${what} ${type}`;
  if (killed !== undefined) throw explainKill(whose, { timeout, verb, file, status, stdout, stderr, killed });
  if (status !== 0) throw explainFailure(whose, { verb, file, status, stdout, stderr });
  return { stdout, notes: stderr.split("\n").filter((line) => line !== "") };
}

async function run(
  file: string,
  {
    whose,
    ...input
  }: { whose: string; env: Readonly<Record<string, string | undefined>>; stdin: string; timeout: number },
): Promise<ProgramRun> {
  try {
    return await runProgram([file], input);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.ipFailed, `${whose} can't be started: ${reason}`, { details: `plugin: ${file}`, cause });
  }
}

/** The document that a plugin printed. Throws code 6 where it is no JSON object. */
export function readDocument(stdout: string): JsonObject {
  const document = decodeJson(new TextEncoder().encode(stdout), "the answer");
  if (document instanceof JsonObject) return document;
  throw new CniError(Code.decoding, "the answer is no JSON object");
}

function readError(stdout: string): JsonObject | undefined {
  try {
    return readDocument(stdout);
  } catch {
    return undefined;
  }
}

function explainFailure(
  whose: string,
  { verb, file, status, stdout, stderr }: ProgramRun & { readonly verb: string; readonly file: string },
): CniError {
  const document = readError(stdout);
  const words = (name: string) => {
    const value = document && member(document, name);
    return typeof value === "string" ? value : "";
  };
  const said = words("msg") || stderr.trim().split("\n")[0] || `it ended with status ${status} and said nothing`;
  const details = [
    words("details"),
    `plugin: ${file}, ${verb}, exit status ${status}`,
    ...(stderr.trim() === "" ? [] : [`stderr: ${stderr.trim().slice(0, 2000)}`]),
  ];
  const message = `${whose} failed: ${said}`;
  return new CniError(codeOf(document), message, { details: details.filter(Boolean).join("\n") });
}

function explainKill(
  whose: string,
  run: ProgramRun & { readonly verb: PluginCall["verb"]; readonly file: string; readonly timeout: number },
): CniError {
  const { verb, file, status, stderr, killed, timeout } = run;
  const why = {
    time: `did not end within ${Math.ceil(timeout)} s and was killed`,
    output: `said more than ${mostOutput >> 20} MiB and was killed`,
    signal: `was killed by signal ${status - 128}`,
  }[killed ?? "signal"];
  return new CniError(Code.ipFailed, `${whose} ${why}`, {
    cause: pluginKilled,
    details: [
      `plugin: ${file}, ${verb}`,
      ...(stderr.trim() === "" ? [] : [`stderr: ${stderr.trim().slice(0, 2000)}`]),
    ].join("\n"),
  });
}

/** The plugin's own code. 999 is what plugins say of a failure of any kind; ifacer's means a bug of ifacer's. */
function codeOf(document: JsonObject | undefined): number {
  const code = document && integer(member(document, "code") ?? null);
  return code === undefined || code <= 0 || code === Code.bug ? Code.ipFailed : code;
}
