import { isatty } from "node:tty";
import { refusePermission } from "../../apply/apply.ts";
import { writeJournal } from "../../apply/journal.ts";
import { recover } from "../../apply/recover.ts";
import { CniError } from "../../error.ts";
import { isJournalThere } from "../../host/journal.ts";
import { withLock } from "../../host/lock.ts";
import { hasNetAdmin } from "../../host/proc.ts";
import { readLine, writeAll } from "../../host/stdioSync.ts";
import { toItsEnd } from "../../host/toItsEnd.ts";
import { showCommand } from "../../plan/shell.ts";
import { type Options, UsageError } from "../arguments.ts";
import { type File, listFiles, readFiles } from "../read/files.ts";
import { type Report, versioned } from "../show/report.ts";
import { command, type Line, line, render, type Screen } from "../show/screen.ts";
import { type Assessment, type Assessments, assess, count, listAssessments, showAssessments } from "./assess.ts";
import { carryOutAll, type Extent, type Step, showSteps } from "./carry.ts";
import { planUpdates, type Update } from "./update.ts";

/**
 * `ifacer apply`: shows the plan, asks, and does what ADD does; with `--update` and `--replace` also what ADD leaves alone or
 * refuses. With `--try` it is taken back unless somebody confirms it.
 */
export async function applyConfigs(options: Options, screen: Screen): Promise<Report> {
  if (options.has("--confirm")) return (await import("./confirm.ts")).confirm(options);
  if (options.has("--keeper")) return (await import("./keeper.ts")).keep();
  const wanted = {
    extent: {
      update: options.has("--update"),
      replace: options.has("--replace"),
      withPods: options.has("--with-pods"),
    },
    yes: options.has("--yes"),
    json: options.value("--output") === "json",
    seconds: readSeconds(options.value("--try")),
    screen,
  };
  if (wanted.extent.withPods && !wanted.extent.replace) {
    throw new UsageError("--with-pods is about what --replace may interrupt: give both or neither");
  }
  if (options.has("--each") && wanted.seconds !== undefined) {
    throw new UsageError("--try takes back all or nothing, --each does each by itself: give one of them");
  }
  if (!wanted.yes && !isatty(0)) throw new UsageError("standard input is no terminal that could be asked: say --yes");
  const files = options.values("--file");
  return options.has("--each") ? applyEach(listFiles(files), wanted) : applyFiles(readFiles(files), wanted);
}

/** In seconds: other calls that have to change something wait meanwhile. */
const longestTrial = 600;

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= longestTrial) return seconds;
  throw new UsageError(`--try is ${JSON.stringify(text)}, allowed are 1 to ${longestTrial} seconds`);
}

/** How it is to be done. */
interface Wanted {
  readonly extent: Extent;
  readonly yes: boolean;
  readonly json: boolean;
  /** How long is waited for a confirmation; `undefined`: none is needed. */
  readonly seconds: number | undefined;
  readonly screen: Screen;
}

/** Each file as if it were the only one: what fails of one keeps none of the others from being applied. */
async function applyEach(paths: readonly string[], wanted: Wanted): Promise<Report> {
  const reports: { readonly path: string; readonly report: Report }[] = [];
  for (const path of paths) reports.push({ path, report: await applyFile(path, wanted) });
  const failed = reports.filter(({ report }) => report.status !== 0).map(({ path }) => path);
  const summary = failed.length > 0 ? `not all was done: ${failed.join(", ")}` : `done: ${count(paths, "file")}`;
  return {
    status: failed.length > 0 ? 1 : 0,
    text: [line(0, summary, failed.length > 0 ? "red" : undefined)],
    json: versioned({
      applied: failed.length === 0,
      files: reports.map(({ path, report }) => ({ path, ...(report.json as object) })),
    }),
  };
}

/** Told at once, as a later one may take long. */
async function applyFile(path: string, wanted: Wanted): Promise<Report> {
  const report = await attempt(path, () => applyFiles(readFiles([path]), wanted));
  if (!wanted.json && typeof report.text !== "string") writeAll(1, render(report.text, wanted.screen));
  return report;
}

async function attempt(path: string, work: () => Promise<Report>): Promise<Report> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const { code, message, details } = error;
    const text = [message, ...details.split("\n")].filter(Boolean).join("; ");
    return { status: 1, text: [line(0, `${path}: ${text}`, "red")], json: { error: { code, message, details } } };
  }
}

async function applyFiles(files: readonly File[], wanted: Wanted): Promise<Report> {
  const { extent, screen, json, seconds } = wanted;
  const assessed = await assess(files, extent.replace ? extent : undefined);
  const updates = extent.update ? assessed.assessments.flatMap(({ plan }) => planUpdates(plan?.drift ?? [])) : [];
  const plan = [...showAssessments(assessed), ...showUpdates(updates)];
  if (!assessed.possible) return report(assessed, { plan, done: [], said: "nothing was done", status: 1 });
  if (countWork(assessed, updates) === 0) {
    const done = await settleEarlier();
    return report(assessed, { plan, done, said: "nothing is to be done", status: 0 });
  }

  // What is asked about is shown before, and on the terminal also when standard output is a file.
  if (!wanted.yes) {
    writeAll(2, render(plan, screen));
    if (!ask()) return report(assessed, { plan: [], done: [], said: "nothing was done", status: 1 });
  } else if (!json) {
    writeAll(1, render(plan, screen));
  }
  if (seconds !== undefined) {
    if (!(await hasNetAdmin())) refusePermission();
    const { tryOut } = await import("./try.ts");
    return report(assessed, { plan: [], ...(await tryOut(files, { ...wanted, seconds })) });
  }
  const done = await toItsEnd(() => carryOutAll(assessed, extent));
  const failed = done.some(({ refused }) => refused !== undefined);
  return report(assessed, { plan: [], done, said: failed ? "not all was done" : "done", status: failed ? 1 : 0 });
}

/** Links may be in place, and what was lost while they were replaced not yet put back, where somebody was killed. */
async function settleEarlier(): Promise<Step[]> {
  if (!isJournalThere() || !(await hasNetAdmin())) return [];
  return withLock(async (lock) => {
    const { notes, unanswered } = await recover({ lock });
    // That is for the next ADD of its config, which asks again.
    if (unanswered) await writeJournal(unanswered);
    return notes.map((message) => ({ message }));
  });
}

interface Ending {
  readonly plan: readonly Line[];
  readonly done: readonly Step[];
  readonly said: string;
  readonly status: 0 | 1;
}

function report(assessed: Assessments, { plan, done, said, status }: Ending): Report {
  return {
    status,
    text: [...plan, ...showSteps(done), ...assessed.assessments.flatMap(showLeftOut), line(0, said)],
    json: versioned({ applied: status === 0, done, ...listAssessments(assessed) }),
  };
}

function showLeftOut({ path, inPods }: Assessment): Line[] {
  return inPods ? [line(0, `${path}: left out, its links belong to each Pod, whose own ADD makes them`)] : [];
}

function countWork({ assessments }: Assessments, updates: readonly Update[]): number {
  const changes = assessments.flatMap(({ plan }) => plan?.changes ?? []);
  return changes.length + updates.filter((update) => update.line !== undefined).length;
}

function ask(): boolean {
  writeAll(2, "Do this? Only 'yes' is taken for a yes: ");
  return readLine().trim().toLowerCase() === "yes";
}

function showUpdates(updates: readonly Update[]): Line[] {
  return updates.flatMap((update) => {
    const { link, what, desired } = update.drift;
    const title = `update: ${what} of ${link} to ${desired}`;
    if (update.line === undefined) return [line(1, `${title}: not done, ${update.reason}`, "yellow")];
    return [line(1, `${title}; it interrupts: ${update.interrupts}`), command(2, showCommand(update.line))];
  });
}
