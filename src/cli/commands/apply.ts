import { isatty } from "node:tty";
import { apply } from "../../apply/apply.ts";
import type { Choosing } from "../../apply/locked.ts";
import { applyNetwork } from "../../apply/network.ts";
import { recover } from "../../apply/recover.ts";
import { CniError, Code } from "../../error.ts";
import { runIp } from "../../host/ip.ts";
import { withLock } from "../../host/lock.ts";
import { hasNetAdmin } from "../../host/proc.ts";
import { readLine, writeAll } from "../../host/stdioSync.ts";
import type { Desired } from "../../model.ts";
import { observe } from "../../observe/observe.ts";
import { describeDone, describeLack } from "../../plan/describe.ts";
import { showCommand } from "../../plan/shell.ts";
import { readPolicy } from "../../policy/load.ts";
import type { PoolEntry } from "../../pool/entry.ts";
import { type Options, UsageError } from "../arguments.ts";
import { type File, listFiles, readFiles } from "../read/files.ts";
import { type Report, versioned } from "../show/report.ts";
import { command, type Line, line, render, type Screen } from "../show/screen.ts";
import {
  type Assessment,
  type Assessments,
  assess,
  count,
  listAssessments,
  planNow,
  showAssessments,
} from "./assess.ts";
import { planPool } from "./poolPlan.ts";
import { planUpdates, type Update } from "./update.ts";

/** `ifacer apply`: shows the plan, asks, and does what ADD does; with `--update` also what ADD leaves alone. */
export async function applyConfigs(options: Options, screen: Screen): Promise<Report> {
  const wanted = {
    yes: options.has("--yes"),
    update: options.has("--update"),
    json: options.value("--output") === "json",
    screen,
  };
  if (!wanted.yes && !isatty(0)) throw new UsageError("standard input is no terminal that could be asked: say --yes");
  const files = options.values("--file");
  return options.has("--each") ? applyEach(listFiles(files), wanted) : applyFiles(readFiles(files), wanted);
}

/** How it is to be done. */
interface Wanted {
  readonly yes: boolean;
  readonly update: boolean;
  readonly json: boolean;
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
  const { screen, json } = wanted;
  const assessed = await assess(files);
  const updates = wanted.update ? assessed.assessments.flatMap(({ plan }) => planUpdates(plan?.drift ?? [])) : [];
  const plan = [...showAssessments(assessed), ...showUpdates(updates)];
  if (!assessed.possible) return report(assessed, { plan, done: [], said: "nothing was done", status: 1 });
  if (countWork(assessed, updates) === 0)
    return report(assessed, { plan, done: [], said: "nothing is to be done", status: 0 });

  // What is asked about is shown before, and on the terminal also when standard output is a file.
  if (!wanted.yes) {
    writeAll(2, render(plan, screen));
    if (!ask()) return report(assessed, { plan: [], done: [], said: "nothing was done", status: 1 });
  } else if (!json) {
    writeAll(1, render(plan, screen));
  }
  const done = await carryOutAll(assessed, wanted);
  const failed = done.some(({ refused }) => refused !== undefined);
  return report(assessed, { plan: [], done, said: failed ? "not all was done" : "done", status: failed ? 1 : 0 });
}

/** One thing that was done, or that the kernel would not do and its words. */
interface Step {
  readonly message: string;
  readonly refused?: string;
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
    text: [
      ...plan,
      ...done.map(({ message, refused }) =>
        refused === undefined ? line(0, message, "green") : line(0, `refused: ${message}: ${refused}`, "red"),
      ),
      ...assessed.assessments.flatMap(showLeftOut),
      line(0, said),
    ],
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

/** Stops at the config that fails, and still tells what was done before it. */
async function carryOutAll({ assessments }: Assessments, wanted: { update: boolean }): Promise<Step[]> {
  const done: Step[] = [];
  for (const { path, desired, inPods, chosen, pool } of assessments) {
    try {
      if (desired && pool) await makeRoutes(pool, done);
      else if (desired && !inPods) await carryOut(desired, { ...wanted, done, choose: chosen?.choose });
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      const { message, details } = error;
      return [...done, { message: path, refused: [message, ...details.split("\n")].filter(Boolean).join("; ") }];
    }
  }
  return done;
}

/** Adds to `done` what was done, as soon as it was: a later step may fail. */
async function carryOut(
  desired: Desired,
  { update, done, choose }: { update: boolean; done: Step[]; choose: Choosing | undefined },
): Promise<void> {
  const { changes, refused, notes } = await apply(desired, {
    judge: readPolicy(),
    seen: await observe(desired, { depth: "links" }),
    choose,
  });
  done.push(
    ...notes.map((message) => ({ message })),
    ...changes.map((change) => ({ message: describeDone(change) })),
    ...refused.map((change) => ({ message: describeLack(change), refused: "the driver did not take it" })),
  );
  if (update) await bringInLine(desired, done);
}

/** What ADD makes on the node for a network over several NICs; the interfaces are each Pod's. */
async function makeRoutes(pool: PoolEntry, done: Step[]): Promise<void> {
  const { layout, seen } = await planPool(pool);
  if (layout === undefined || seen === undefined) return;
  const { changes, notes } = await applyNetwork(layout.desired, { judge: readPolicy(), seen });
  done.push(...[...notes, ...changes.map(describeDone)].map((message) => ({ message })));
}

/**
 * Each update by itself, as the kernel takes one and refuses another. What was done is learnt by looking again.
 *
 * Throws code 101 (no permission), 5 or 11 (lock).
 */
async function bringInLine(desired: Desired, done: Step[]): Promise<void> {
  if (planUpdates((await planNow(desired)).drift).every(({ line }) => line === undefined)) return;
  if (!(await hasNetAdmin())) {
    throw new CniError(Code.noPermission, "ifacer may not change the network: run it as root with CAP_NET_ADMIN");
  }
  await withLock(async (lock) => {
    const { notes } = await recover({ lock });
    done.push(...notes.map((message) => ({ message })));
    for (const { drift, line } of planUpdates((await planNow(desired)).drift)) {
      if (line === undefined) continue;
      const { stderr, status } = await runIp(["-batch", "-"], [line], { lock });
      const message = `${drift.what} of ${drift.link} from ${drift.current} to ${drift.desired}`;
      const rest = (await planNow(desired)).drift;
      const isThere = !rest.some(({ link, what }) => link === drift.link && what === drift.what);
      done.push(isThere ? { message: `set ${message}` } : { message, refused: describeRefusal(stderr, status) });
    }
  });
}

function describeRefusal(stderr: string, status: number): string {
  return (
    stderr.split("\n")[0] || (status === 0 ? "the kernel took it without effect" : `ip ended with status ${status}`)
  );
}
