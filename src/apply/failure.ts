import { CniError, Code } from "../error.ts";
import type { IpRun } from "../host/ip.ts";
import { type Driver, isLoaded } from "../host/proc.ts";
import type { Change, Plan } from "../model.ts";
import { describeLack } from "../plan/describe.ts";
import { writeLines } from "./lines.ts";

/** What is known of a failed ADD. */
export interface Failure {
  readonly changes: readonly Change[];
  readonly run: IpRun;
  /** What was still to be done when it stopped. */
  readonly rest: Plan;
  /** The `ip` lines that undoing should have done and did not; empty: the host is as it was. */
  readonly left: readonly string[];
}

/** The error for a failed ADD: the step, the kernel's words, and whether the host is as it was before. */
export function explainFailure({ changes, run, rest, left }: Failure): CniError {
  const [step] = rest.changes;
  const lack = step ? describeLack(step) : (rest.conflicts[0]?.message ?? "");
  const driver = step && findMissingDriver(step);
  const kernelWords = run.stderr.split("\n")[0] || `ip ended with status ${run.status}`;
  const cause = driver ? `the kernel has no ${driver} driver: load it with 'modprobe ${driver}'` : kernelWords;
  const end =
    left.length === 0 ? "all was undone" : `undoing failed too, run: ${left.map((line) => `ip ${line}`).join("; ")}`;
  return new CniError(driver ? Code.notSupported : Code.ipFailed, `${lack}: ${cause}; ${end}`, {
    details: [
      `step: ${step ? writeLines(step).join("; ") : "none was left"}`,
      `command: ${run.command}, exit status ${run.status}`,
      `stderr: ${run.stderr}`,
      "input:",
      ...changes.flatMap(writeLines),
      ...(left.length > 0 ? ["left to undo:", ...left.map((line) => `ip ${line}`)] : []),
    ].join("\n"),
  });
}

function findMissingDriver(step: Change): Driver | undefined {
  if (step.type === "addBond" && !isLoaded("bonding")) return "bonding";
  if (step.type === "addVlan" && !isLoaded("8021q")) return "8021q";
  return undefined;
}
