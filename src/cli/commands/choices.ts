import { describeTooFew, isEnough } from "../../plan/choose.ts";
import type { Options } from "../arguments.ts";
import { chooseHere, type JudgementHere } from "../read/chosen.ts";
import { findEntries } from "../read/entries.ts";
import { readFiles } from "../read/files.ts";
import { judge } from "../read/judge.ts";
import { listVerdicts } from "../show/choice.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Line, line } from "../show/screen.ts";
import { layOut } from "../show/table.ts";
import { showFindings, showProblems } from "./validate.ts";

/** `ifacer nics -f`: which NICs of this node the entries with `select` choose now, and why not the others. */
export async function showChoices(options: Options): Promise<Report> {
  const found = findEntries(readFiles(options.values("--file")));
  const entries: JudgementHere[] = [];
  for (const entry of found.entries) entries.push(await chooseHere(judge(entry)));
  const choosing = entries.filter(({ select, desired }) => select !== undefined || desired === undefined);
  const good = choosing.length > 0 && found.problems.length === 0 && choosing.every(isGood);
  return {
    status: good ? 0 : 1,
    text: [
      ...choosing.flatMap(showChoice),
      ...showFindings(found),
      ...(choosing.length === 0 ? [line(0, "no entry has select: the interfaces that it lists are taken")] : []),
    ],
    json: versioned({
      good,
      entries: choosing.map(({ path, desired, problems, warnings, chosen }) => ({
        path,
        valid: desired !== undefined,
        problems,
        warnings,
        tooFew: chosen?.tooFew ?? null,
        ...(chosen ? listVerdicts(chosen.choice) : { chosen: [], nics: [] }),
      })),
      problems: found.problems,
      warnings: found.warnings,
    }),
  };
}

function isGood({ desired, chosen }: JudgementHere): boolean {
  return desired !== undefined && chosen?.tooFew === undefined;
}

function showChoice(judgement: JudgementHere): Line[] {
  const { path, select, chosen, problems, warnings } = judgement;
  const rows = (chosen?.choice.verdicts ?? []).map(({ candidate, ...verdict }) => ({
    cells: [`  ${candidate.link.name}`, verdict.chosen ? "chosen" : "not chosen", verdict.reason],
    colour: verdict.chosen ? ("green" as const) : undefined,
  }));
  const outcome =
    chosen === undefined || select === undefined
      ? "not valid"
      : isEnough(select.entry.rules, chosen.choice)
        ? `${chosen.choice.chosen.length} of ${rows.length} ${rows.length === 1 ? "NIC" : "NICs"} chosen`
        : describeTooFew(select.entry.rules, chosen.choice).message;
  return [
    line(0, `${path}: ${outcome}`, isGood(judgement) ? "green" : "red"),
    ...showProblems(problems, warnings),
    ...layOut(rows),
  ];
}
