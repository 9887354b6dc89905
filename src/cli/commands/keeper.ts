import { writeJournal } from "../../apply/journal.ts";
import { recover } from "../../apply/recover.ts";
import { beginTrial, type Trial } from "../../apply/trial.ts";
import { CniError, Code } from "../../error.ts";
import { outliveOthers, tellSystem } from "../../host/kernelLog.ts";
import { withLock } from "../../host/lock.ts";
import { readAll, writeAll } from "../../host/stdioSync.ts";
import { endTrial, isWaiting, offerTrial } from "../../host/trialFile.ts";
import { UsageError } from "../arguments.ts";
import type { Report } from "../show/report.ts";
import { type Assessments, assess } from "./assess.ts";
import { carryOutAll, type Step } from "./carry.ts";
import { type Answer, type Job, readJob } from "./trial.ts";

/**
 * What `ifacer apply --try` starts beside itself: does what it reads from standard input, holds the lock, waits for a
 * confirmation, and takes all back without one. It outlives the terminal and the session: nothing that it says has to be heard.
 */
export async function keep(): Promise<Report> {
  const job = readJob(readAll());
  if (job === undefined) throw new UsageError("--keeper is what --try starts by itself: use that");
  outliveOthers();
  // The terminal's end is nothing to it; whoever ends it by hand wants it taken back at once.
  let hurried = false;
  process.on("SIGHUP", () => {});
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => (hurried = true));
  try {
    const status = await withLock((lock) => tryOut(job, { lock, isHurried: () => hurried }));
    return { status, text: "", json: {} };
  } catch (error) {
    // Who started it hears its standard error, but may be gone by now.
    tellSystem(`apply --try: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}

interface Keeping {
  readonly lock: number;
  readonly isHurried: () => boolean;
}

async function tryOut(job: Job, { lock, isHurried }: Keeping): Promise<0 | 1> {
  const { extent } = job;
  const { notes, unanswered } = await recover({ lock });
  if (unanswered) {
    await writeJournal(unanswered);
    throw new CniError(
      Code.tryAgain,
      "links are there whose probe nobody has answered: try again when their ADD is done",
    );
  }
  const assessed = await assess(job.files, extent.replace ? extent : undefined);
  const trial = beginTrial({ lock });
  try {
    return await doAndWait(job, assessed, { trial, notes, lock, isHurried });
  } catch (error) {
    // Whatever it was: nobody else takes it back.
    tellSystem(`apply --try: ${(await undo(trial)).map(tell).join("; ")}`);
    throw error;
  }
}

interface Waiting extends Keeping {
  readonly trial: Trial;
  /** What was settled before. */
  readonly notes: readonly string[];
}

async function doAndWait(
  { extent, seconds }: Job,
  assessed: Assessments,
  { trial, notes, lock, isHurried }: Waiting,
): Promise<0 | 1> {
  const done: Step[] = [
    ...notes.map((message) => ({ message })),
    ...(await carryOutAll(assessed, extent, { lock, trial })),
  ];
  if (done.some(({ refused }) => refused !== undefined)) {
    const undone = await undo(trial);
    tellSystem(`apply --try: not all could be done, ${undone.map(tell).join("; ")}`);
    say({ type: "failed", done: [...done, ...undone] });
    return 1;
  }
  offerTrial();
  say({ type: "waiting", done });
  tellSystem(
    `apply --try: ${done.map(tell).join("; ")}; taken back in ${seconds} s without 'ifacer apply --confirm', by pid ${process.pid}`,
  );
  const end = performance.now() + seconds * 1000;
  while (isWaiting() && !isHurried() && performance.now() < end) await Bun.sleep(pause);
  if (endTrial()) {
    tellSystem("apply --try: confirmed, all stays");
    say({ type: "kept", done: [] });
    return 0;
  }
  const undone = await undo(trial);
  const within = isHurried() ? "" : ` within ${seconds} s`;
  tellSystem(`apply --try: nobody confirmed it${within}, ${undone.map(tell).join("; ")}`);
  say({ type: "takenBack", done: undone });
  return 1;
}

/** How often is looked for the confirmation, in ms. */
const pause = 100;

/** Takes back what was done. As long as something is left, so is what is written of it. */
async function undo(trial: Trial): Promise<Step[]> {
  try {
    const { notes, isComplete } = await trial.undo();
    const what = notes.map((message) =>
      isComplete ? { message } : { message: "all is taken back", refused: message },
    );
    return what.length > 0 ? what : [{ message: "all was taken back" }];
  } catch (error) {
    return [{ message: "all is taken back", refused: error instanceof Error ? error.message : String(error) }];
  }
}

function tell({ message, refused }: Step): string {
  return refused === undefined ? message : `refused: ${message}: ${refused}`;
}

/** Nobody may be there to hear it. */
function say(answer: Answer): void {
  try {
    writeAll(1, `${JSON.stringify(answer)}\n`);
  } catch {}
}
