import type { Group, Summary } from "../../fleet/summary.ts";
import { escapeUnseen } from "../../unseen.ts";
import {
  describeLost,
  describeOutcome,
  describeReason,
  describeSilenceReason,
  describeUnused,
  type Extent,
  listNames,
  phrase,
} from "./fleetWords.ts";

/** The nodes at one look, as tables in Markdown, for a ticket. */
export function writeFleetTable(summary: Summary, extent: Extent): string {
  const { groups, drift, odd, problems, unused, repeated, unexpected } = summary;
  const answers = groups.flatMap((group) => listRows(group, extent));
  const oddities = [
    ...odd.map((oddity) => {
      const { what, value } = phrase(oddity, extent);
      const others = oddity.others.map((other) => `${value(other.value)} on ${listNames(other.nodes, extent)}`);
      return [what, `${value(oddity.usual.value)} on ${oddity.usual.count}`, others.join(", ")];
    }),
    ...problems.map(({ message, nodes }) => [message, "", listNames(nodes, extent)]),
  ];
  const rest = [
    ...(summary.lostFacts > 0 ? [["not compared", describeLost(summary)]] : []),
    ...[...unused].map(([fault, lines]) => ["lines of no use", describeUnused(fault, lines)]),
    ...(repeated.length > 0 ? [["answered more than once", listNames(repeated, extent)]] : []),
    ...(unexpected.length > 0 ? [["not in the list of nodes", listNames(unexpected, extent)]] : []),
  ];
  return [
    table(["Nodes", "Answer", "Which"], answers),
    table(
      ["Differs from the config", "Nodes"],
      drift.map(({ message, nodes }) => [message, listNames(nodes, extent)]),
    ),
    table(["Looks odd", "Most nodes", "Others"], oddities),
    table(["Also", ""], rest),
  ]
    .filter((text) => text !== "")
    .join("\n");
}

function listRows(group: Group, extent: Extent): string[][] {
  switch (group.outcome) {
    case "inPlace":
    case "notAsked":
      return [[String(group.nodes.length), describeOutcome(group), ""]];
    case "changes": {
      const answer = `${describeOutcome(group)}: ${group.changes.join("; ")}`;
      return [[String(group.nodes.length), answer, listNames(group.nodes, extent)]];
    }
    case "fails":
      return group.reasons.map((reason) => [
        String(reason.nodes.length),
        `ADD would fail: ${describeReason(reason)}`,
        listNames(reason.nodes, extent),
      ]);
    case "silent":
      return group.reasons.map((reason) => [
        String(reason.nodes.length),
        `said nothing: ${describeSilenceReason(reason)}`,
        listNames(reason.nodes, extent),
      ]);
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  return [head, head.map(() => "---"), ...rows.map((row) => row.map(escapeMarkdown))]
    .map((cells) => `| ${cells.join(" | ")} |\n`)
    .join("");
}

/** Text that shows as it is: no markup, link, cell or mention of a person can be made of it. */
function escapeMarkdown(text: string): string {
  return escapeUnseen(text)
    .replace(/[\\`*_[\]<>|~#]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("@", "&#64;");
}
