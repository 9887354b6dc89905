import { findNearest } from "../config/nearest.ts";
import { CniError, Code } from "../error.ts";
import { writeAll } from "../host/stdioSync.ts";
import { escapeUnseen } from "../unseen.ts";
import { type Options, readOptions, UsageError } from "./arguments.ts";
import { type Command, commands } from "./commands.ts";
import { describeAll, describeCommand } from "./help.ts";
import { sayInOneLine, versioned } from "./show/report.ts";
import { lookAtScreen, render } from "./show/screen.ts";

/** Runs `ifacer WORDS...` and returns its exit status: 0 good, 1 the answer is no, 2 wrong usage. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const [name = "", ...rest] = words;
  try {
    if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) return write(describeAll());
    if (name === "help") return write(describeCommand(find(rest[0] ?? "")));
    const command = find(name === "--version" ? "version" : name);
    if (rest.includes("--help") || rest.includes("-h")) return write(describeCommand(command));
    return await answer(command, readOptions(rest, command.options));
  } catch (error) {
    return explain(error, name);
  }
}

function find(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return command;
  const near = findNearest(
    name,
    commands.map((candidate) => candidate.name),
  );
  throw new UsageError(`there is no command ${JSON.stringify(name)}${near ? `, did you mean ${near}?` : ""}`);
}

function write(text: string): number {
  writeAll(1, text);
  return 0;
}

async function answer(command: Command, options: Options): Promise<number> {
  const node = options.value("--node");
  const json = options.value("--output") === "json" || node !== undefined;
  const writeDocument = (document: unknown): void => {
    const text =
      node === undefined
        ? JSON.stringify(document, null, 2)
        : JSON.stringify(sayInOneLine(document, { node, command: command.name }));
    writeAll(1, `${escapeUnseen(text, "\n")}\n`);
  };
  const screen = lookAtScreen(process.env);
  try {
    const report = await command.run(options, screen);
    // What is said in one line goes with the rest of a Pod's log: nothing is said beside it.
    const notes = node === undefined ? (report.notes ?? []) : [];
    for (const note of notes) tell(`ifacer: ${escapeUnseen(note)}\n`);
    const { text } = report;
    if (json) writeDocument(report.json);
    else writeAll(1, typeof text === "string" ? text : render(text, screen));
    return report.status;
  } catch (error) {
    const known = error instanceof CniError;
    if (json && !(error instanceof UsageError) && !isClosedPipe(known ? error.cause : error)) {
      const code = known ? error.code : Code.bug;
      const { message, details } = describe(error);
      writeDocument(versioned({ error: { code, message, details } }));
      if (node !== undefined) return 1;
    }
    throw error;
  }
}

/** Tells on standard error what went wrong, in words. */
function explain(error: unknown, name: string): number {
  if (error instanceof UsageError) {
    const known = commands.some((command) => command.name === name);
    tell(`ifacer: ${error.message}; see 'ifacer ${known ? `${name} ` : ""}--help'\n`);
    return 2;
  }
  // Who reads along may stop reading, as 'head' does.
  if (error instanceof CniError && isClosedPipe(error.cause)) return 1;
  const { message, details } = describe(error);
  tell(`ifacer: ${escapeUnseen(message)}\n`);
  if (details !== "") tell(`${details.replace(/[^\n]+/g, (line) => `  ${escapeUnseen(line)}`)}\n`);
  return 1;
}

/** What is said of an error; of one that nobody foresaw, what helps to find it. */
function describe(error: unknown): { readonly message: string; readonly details: string } {
  if (error instanceof CniError) return error;
  const [message, details] = error instanceof Error ? [error.message, error.stack ?? ""] : [String(error), ""];
  return { message: `ifacer has a bug, please report it: ${message}`, details };
}

/** Writes to standard error. That nobody can read it must not change the exit status. */
function tell(text: string): void {
  try {
    writeAll(2, text);
  } catch {
    // It is closed or full.
  }
}

function isClosedPipe(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "EPIPE";
}
