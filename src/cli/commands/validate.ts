import type { SelectEntry } from "../../config/select.ts";
import type { Desired } from "../../model.ts";
import type { Options } from "../arguments.ts";
import { type Entries, findEntries } from "../read/entries.ts";
import { readFiles } from "../read/files.ts";
import { describeProblem, type Judgement, judge } from "../read/judge.ts";
import { listTopLinks } from "../read/masters.ts";
import { findMixed } from "../read/mixed.ts";
import { describePlace, listLinks, listPlace } from "../show/inPods.ts";
import { describePool } from "../show/pool.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Line, line } from "../show/screen.ts";

/** `ifacer validate`: all that is wrong with configs and all that is doubtful about them. */
export function validate(options: Options): Report {
  const read = findEntries(readFiles(options.values("--file")));
  const judgements = read.entries.map(judge);
  const found = { ...read, warnings: [...read.warnings, ...findMixed(judgements)] };
  const faulty = judgements.filter(({ desired }) => desired === undefined).length;
  const valid = faulty === 0 && found.problems.length === 0;
  return {
    status: valid ? 0 : 1,
    text: [...judgements.flatMap(showJudgement), ...showFindings(found), line(0, countUp(judgements.length, faulty))],
    json: versioned({
      valid,
      entries: judgements.map((judgement) => ({
        path: judgement.path,
        valid: judgement.desired !== undefined,
        problems: judgement.problems,
        warnings: judgement.warnings,
        ...listPlace(judgement),
      })),
      problems: found.problems,
      warnings: found.warnings,
    }),
  };
}

/** What could not be read, and what is doubtful about what could. */
export function showFindings({ problems, warnings }: Entries): Line[] {
  return [
    ...problems.map((problem) => line(0, `error: ${describeProblem(problem)}`, "red")),
    ...warnings.map((warning) => line(0, `warning: ${describeProblem(warning)}`, "yellow")),
  ];
}

/** An entry's path, whether it is valid, and its problems and warnings. */
export function showJudgement({ path, desired, problems, warnings, inPods, select, pool }: Judgement): Line[] {
  const goal =
    desired &&
    (inPods
      ? `makes ${describePlace(desired, inPods)}`
      : pool
        ? describePool(pool)
        : select
          ? describeGoalByRule(desired, select.entry)
          : describeGoal(desired));
  return [
    line(0, `${path}: ${goal ? `valid, ${goal}` : "not valid"}`, goal ? "green" : "red"),
    ...showProblems(problems, warnings),
  ];
}

/** Problems and warnings of an entry, below its path. */
export function showProblems(problems: Judgement["problems"], warnings: Judgement["warnings"]): Line[] {
  return [
    ...problems.map((problem) => line(1, `error: ${describeProblem(problem)}`, "red")),
    ...warnings.map((warning) => line(1, `warning: ${describeProblem(warning)}`, "yellow")),
  ];
}

function describeGoal(desired: Desired): string {
  const links = listLinks(desired);
  return links.length === 0
    ? `nothing to make, Pods are on ${listTopLinks(desired).join(", ")}`
    : `makes ${links.join(", ")}`;
}

/** The names of NICs are those of an example. */
function describeGoalByRule(example: Desired, { isNamedAlike }: SelectEntry): string {
  const { bond, vlans } = example;
  if (bond === undefined && vlans.length === 0) return "nothing to make, Pods are on the chosen NICs";
  return isNamedAlike
    ? `makes ${listLinks(example).join(", ")} on the chosen NICs`
    : `makes VLAN ${vlans[0]?.id} on each chosen NIC`;
}

function countUp(all: number, faulty: number): string {
  if (all === 0) return "nothing was checked";
  return `${all} ${all === 1 ? "entry" : "entries"} of ifacer's, ${faulty === 0 ? "all valid" : `${faulty} not valid`}`;
}
