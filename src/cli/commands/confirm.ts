import { confirmTrial } from "../../host/trialFile.ts";
import { type Options, UsageError } from "../arguments.ts";
import { type Report, versioned } from "../show/report.ts";
import { line } from "../show/screen.ts";

const others = ["--file", "--yes", "--update", "--replace", "--with-pods", "--try", "--each"];

/** `ifacer apply --confirm`: what `--try` has done stays. Who tries sees it, and where that one was killed nobody takes it back. */
export function confirm(options: Options): Report {
  if (others.some((name) => options.has(name))) {
    throw new UsageError("--confirm is about what was tried before: give nothing else with it");
  }
  const state = confirmTrial();
  const confirmed = state === "confirmed";
  return { status: confirmed ? 0 : 1, text: [line(0, said[state])], json: versioned({ confirmed }) };
}

const said = {
  confirmed: "confirmed: what was tried stays",
  busy: "too late or too early: what was tried is being done or taken back, or who did that was killed; 'ifacer doctor' and 'journalctl -t ifacer' tell",
  none: "nothing waits to be confirmed in this network namespace: it was confirmed or taken back before, which 'journalctl -t ifacer' tells",
};
