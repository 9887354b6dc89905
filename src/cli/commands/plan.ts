import type { Options } from "../arguments.ts";
import { readFiles } from "../read/files.ts";
import { type Report, versioned } from "../show/report.ts";
import { assess, listAssessments, showAssessments } from "./assess.ts";

/** `ifacer plan`: what ADD would do with each config on this node, and why it would fail. */
export async function showPlan(options: Options): Promise<Report> {
  const assessed = await assess(readFiles(options.values("--file")));
  return {
    status: assessed.possible ? 0 : 1,
    text: showAssessments(assessed),
    json: versioned({ possible: assessed.possible, ...listAssessments(assessed) }),
  };
}
