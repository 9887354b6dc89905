import { writeLines } from "../../apply/lines.ts";
import { asksForAnything } from "../../config/desired.ts";
import type { Desired, Plan } from "../../model.ts";
import { observe } from "../../observe/observe.ts";
import { describeVerdict } from "../../plan/choose.ts";
import { describeLack } from "../../plan/describe.ts";
import { plan } from "../../plan/plan.ts";
import { showCommand } from "../../plan/shell.ts";
import { readPolicy } from "../../policy/load.ts";
import { chooseHere, type JudgementHere } from "../read/chosen.ts";
import { type Entries, findEntries } from "../read/entries.ts";
import type { File } from "../read/files.ts";
import { judge as judgeEntry } from "../read/judge.ts";
import { listVerdicts } from "../show/choice.ts";
import { describePlace, listPlace, showInPod } from "../show/inPods.ts";
import { listAttached, showAttached } from "../show/pool.ts";
import { command, type Line, line } from "../show/screen.ts";
import { planForPods } from "./podPlan.ts";
import { type PoolPlan, planPool } from "./poolPlan.ts";
import type { Replaced } from "./replacing.ts";
import { showFindings, showProblems } from "./validate.ts";

/** An entry, and its plan on this node. */
export interface Assessment extends JudgementHere {
  /** `undefined`: the entry is not valid. */
  readonly plan: Plan | undefined;
  /** How the network is laid out over this node's NICs, where it is over several. */
  readonly pooled?: PoolPlan | undefined;
  /** What replacing links does before the changes, and whom it interrupts, where any are replaced. */
  readonly replaced?: Replaced | undefined;
}

export interface Assessments {
  readonly found: Entries;
  readonly assessments: readonly Assessment[];
  /** ADD would succeed with each of them, as far as can be told beforehand. */
  readonly possible: boolean;
}

/**
 * Judges the entries of files, and plans each against the node as it is now, with all that ADD
 * would look at.
 *
 * @param replacing where `apply --replace` is to be planned
 *
 * Throws code 102 or 103 where the node can't be looked at, 106 where its policy can't be read.
 */
export async function assess(files: readonly File[], replacing?: { readonly withPods: boolean }): Promise<Assessments> {
  const found = findEntries(files);
  const assessments: Assessment[] = [];
  for (const entry of found.entries) {
    const judgement = await chooseHere(judgeEntry(entry));
    const { desired, inPods, pool } = judgement;
    if (desired && replacing && !inPods && !pool && !judgement.chosen?.tooFew) {
      const { planReplacing } = await import("./replacing.ts");
      assessments.push({ ...judgement, ...(await planReplacing(desired, replacing)) });
      continue;
    }
    const pooled = desired && pool ? await planPool(pool) : undefined;
    const planned =
      planShortage(judgement) ??
      pooled?.plan ??
      (desired && (inPods ? await planForPods(desired, inPods) : await planNow(desired)));
    assessments.push({ ...judgement, plan: planned, pooled });
  }
  const possible = found.problems.length === 0 && assessments.every(({ plan }) => plan && plan.conflicts.length === 0);
  return { found, assessments, possible };
}

/** Where too few NICs are chosen, nothing can be planned. */
function planShortage({ chosen }: JudgementHere): Plan | undefined {
  if (chosen?.tooFew === undefined) return undefined;
  return { changes: [], conflicts: [{ reason: "missing", link: "", message: chosen.tooFew }], drift: [] };
}

/** The plan for this node as it is now, what the node's policy forbids being conflicts. */
export async function planNow(desired: Desired): Promise<Plan> {
  const judge = readPolicy();
  if (!asksForAnything(desired)) return { changes: [], conflicts: [], drift: [] };
  const current = await observe(desired, { depth: "use" });
  const { changes, conflicts, drift } = plan(desired, current);
  return { changes, conflicts: [...(await judge(desired, current)), ...conflicts], drift };
}

/** The plans as text. */
export function showAssessments({ found, assessments }: Assessments): Line[] {
  return [...assessments.flatMap(showAssessment), ...showFindings(found)];
}

function showAssessment(assessment: Assessment): Line[] {
  const { path, desired, inPods, chosen, pooled, replaced, plan, problems, warnings } = assessment;
  return [
    line(0, `${path}: ${describeOutcome(assessment)}`, plan && plan.conflicts.length === 0 ? "green" : "red"),
    ...showProblems(problems, warnings),
    ...(desired && inPods ? showInPod(desired) : []),
    ...(pooled?.layout ? showAttached(pooled.layout) : []),
    ...(chosen?.choice.verdicts ?? []).map((verdict) => line(1, `select: ${describeVerdict(verdict)}`)),
    ...(replaced?.interrupted ?? []).map((sentence) => line(1, `interrupts: ${sentence}`, "yellow")),
    ...(plan?.conflicts.length === 0 ? (replaced?.lead ?? []) : []).map((line) => command(1, showCommand(line))),
    ...(plan ? showPlan(plan) : []),
  ];
}

function describeOutcome({ desired, inPods, plan }: Assessment): string {
  if (desired === undefined || plan === undefined) return "not valid, ADD would fail";
  const { changes, conflicts } = plan;
  if (conflicts.length > 0) return `${count(conflicts, "conflict")}, ADD would fail and touch nothing`;
  if (inPods) return `nothing on the node, ADD would make ${describePlace(desired, inPods)}`;
  return changes.length === 0
    ? "all is in place"
    : `${count(changes, "change")}, ADD would make ${changes.length === 1 ? "it" : "them"}`;
}

function showPlan({ changes, conflicts, drift }: Plan): Line[] {
  return [
    ...conflicts.map(({ message }) => line(1, `conflict: ${message}`, "red")),
    ...changes.flatMap((change) => [
      line(1, `change: ${describeLack(change)}`),
      // Lines that would not be run are better not shown to be copied.
      ...(conflicts.length > 0 ? [] : writeLines(change).map((line) => command(2, showCommand(line)))),
    ]),
    ...drift.map(({ link, what, current, desired }) =>
      line(1, `drift: ${link} has ${what} ${current}, the config wants ${desired}; ADD leaves it alone`, "yellow"),
    ),
  ];
}

/** `1 change`, `2 changes`. */
export function count(things: readonly unknown[], word: string): string {
  return `${things.length} ${word}${things.length === 1 ? "" : "s"}`;
}

/** The plans as `-o json` prints them. */
export function listAssessments({ found, assessments }: Assessments): Readonly<Record<string, unknown>> {
  return {
    entries: assessments.map(({ plan, pooled, replaced, ...judgement }) => ({
      path: judgement.path,
      valid: judgement.desired !== undefined,
      problems: judgement.problems,
      warnings: judgement.warnings,
      ...listPlace(judgement),
      ...(pooled && { attached: listAttached(pooled.layout) }),
      ...(judgement.chosen && { select: listVerdicts(judgement.chosen.choice) }),
      ...(replaced && { interrupts: replaced.interrupted, before: replaced.lead.map(showCommand) }),
      changes: (plan?.changes ?? []).map((change) => ({
        ...change,
        message: describeLack(change),
        commands: writeLines(change).map(showCommand),
      })),
      conflicts: plan?.conflicts ?? [],
      drift: plan?.drift ?? [],
    })),
    problems: found.problems,
    warnings: found.warnings,
  };
}
