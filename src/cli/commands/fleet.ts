import { isGood, type Summary, summarize } from "../../fleet/summary.ts";
import { type Options, UsageError } from "../arguments.ts";
import { readFleet, readNodeNames } from "../read/fleet.ts";
import { showFleet } from "../show/fleet.ts";
import { writeFleetTable } from "../show/fleetTable.ts";
import { type Report, versioned } from "../show/report.ts";

/** `ifacer fleet`: what many nodes answered to `plan` and `status`, alike answers together, and what looks odd. */
export function compareNodes(options: Options): Report {
  const markdown = options.has("--markdown");
  if (markdown && options.has("--output")) throw new UsageError("--markdown is text: don't give -o with it");
  const list = options.value("--nodes");
  const files = options.values("--file");
  if (list === "-" && (files.length === 0 || files.includes("-"))) {
    throw new UsageError("--nodes - and the answers both want standard input: name one of them as a file");
  }
  const expected = list === undefined ? undefined : readNodeNames(list);
  const { gathered, notes } = readFleet(files, { expected });
  const summary = summarize(gathered, { expected });
  const extent = { all: options.has("--all") };
  return {
    status: isGood(summary) ? 0 : 1,
    text: markdown ? writeFleetTable(summary, extent) : showFleet(summary, extent),
    json: versioned({ good: isGood(summary), ...listSummary(summary) }),
    notes,
  };
}

function listSummary({ unused, ...summary }: Summary): Readonly<Record<string, unknown>> {
  return { ...summary, unused: [...unused].map(([fault, { count, first }]) => ({ fault, count, first })) };
}
