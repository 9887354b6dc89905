import type { Alike } from "../../fleet/alike.ts";
import type { Oddity } from "../../fleet/odd.ts";
import type { Group, Silence, Summary } from "../../fleet/summary.ts";
import {
  countNodes,
  describeLost,
  describeOutcome,
  describeReason,
  describeSilenceReason,
  describeUnused,
  type Extent,
  listNames,
  mostNames,
  phrase,
} from "./fleetWords.ts";
import { type Colour, type Line, line } from "./screen.ts";

/** The nodes at one look, as text. */
export function showFleet(summary: Summary, extent: Extent): Line[] {
  const { nodes, groups, drift, problems, odd } = summary;
  if (nodes === 0) return [line(0, "no node said anything", "red"), ...showUnused(summary)];
  const width = Math.max(...groups.map((group) => String(group.nodes.length).length));
  const changing = capped(
    groups.filter(({ outcome }) => outcome === "changes"),
    extent,
    "groups with other changes",
  );
  const shown = groups.filter((group) => group.outcome !== "changes" || changing.shown.includes(group));
  return [
    ...shown.flatMap((group) => showGroup(group, { width, extent, groups })),
    ...changing.rest.map((text) => line(0, text)),
    ...section("Differs from the config, and ADD leaves it alone:", drift, extent, ({ message, nodes }) => [
      `${message}: ${where(nodes, extent)}`,
    ]),
    ...section("Looks odd:", [...odd.map(describeOddity), ...problems.map(describeProblem)], extent, (write) => [
      write(extent),
    ]),
    ...(summary.lostFacts > 0 ? [line(0, describeLost(summary), "yellow")] : []),
    ...showUnused(summary),
    ...showStrangers(summary, extent),
  ];
}

interface Showing {
  readonly width: number;
  readonly extent: Extent;
  readonly groups: readonly Group[];
}

function showGroup(group: Group, { width, extent, groups }: Showing): Line[] {
  const depth = " ".repeat(width + 7);
  const first: Line = {
    lead: `${String(group.nodes.length).padStart(width)} `,
    hang: depth,
    text: describeGroup(group, extent),
    colour: colourOf(group),
  };
  return [
    first,
    ...listBelow(group, { extent, groups }).map((text): Line => ({ lead: depth, hang: `${depth}  `, text })),
  ];
}

function colourOf({ outcome }: Group): Colour | undefined {
  switch (outcome) {
    case "inPlace":
      return "green";
    case "fails":
    case "silent":
      return "red";
    case "changes":
    case "notAsked":
      return undefined;
  }
}

/** `268 nodes: all is in place` without the number. */
function describeGroup(group: Group, extent: Extent): string {
  const nodes = group.nodes.length === 1 ? "node" : "nodes";
  if (group.outcome !== "silent") return `${nodes}: ${describeOutcome(group)}`;
  const reasons = capped(group.reasons, extent, "reasons");
  return `${nodes} said nothing: ${[...reasons.shown.map((reason) => describeSilence(reason, extent)), ...reasons.rest].join(", ")}`;
}

function describeSilence({ nodes, message, code }: Silence, extent: Extent): string {
  return `${listNames(nodes, extent)} (${describeSilenceReason({ message, code })})`;
}

/** Why ADD would fail, node by node. What few nodes would have changed differently from most is told too. */
function listBelow(group: Group, { extent, groups }: Omit<Showing, "width">): string[] {
  switch (group.outcome) {
    case "inPlace":
    case "silent":
    case "notAsked":
      return [];
    case "changes": {
      const usual = groups.find(({ outcome }) => outcome === "changes");
      if (group === usual && !extent.all) return [];
      return [attribute(group.changes.join("; "), listNames(group.nodes, extent), { width: 0 })];
    }
    case "fails": {
      const { shown, rest } = capped(group.reasons, extent, "reasons");
      const names = shown.map(({ nodes }) => listNames(nodes, extent));
      const width = Math.max(...names.map(({ length }) => length).filter((length) => length <= widest));
      const texts = shown.map((reason, index) => attribute(describeReason(reason), names[index] ?? "", { width }));
      return [...texts, ...rest];
    }
  }
}

/** Who says what: names in a column before it, but behind it where they are many. */
function attribute(what: string, who: string, { width }: { width: number }): string {
  return who.length > widest ? `${what}: ${who}` : `${who.padEnd(width)}   ${what}`;
}

/** Columns for names before what they are about; longer lists stand behind it. */
const widest = 30;

type Describe = (extent: Extent) => string;

function describeOddity(oddity: Oddity): Describe {
  return (extent) => {
    const { what, value } = phrase(oddity, extent);
    const most = `${what} ${value(oddity.usual.value)} on ${countNodes(oddity.usual.count)}`;
    const others = capped(oddity.others, extent, "values");
    const rest = others.shown.map((other) => `${value(other.value)} on ${listNames(other.nodes, extent)}`);
    return [most, ...rest, ...others.rest].join(", ");
  };
}

function describeProblem({ message, nodes }: { readonly message: string } & Alike): Describe {
  return (extent) => `${message} on ${where(nodes, extent)}`;
}

/** Where the nodes are few, their names; else how many. */
function where(nodes: readonly string[], extent: Extent): string {
  return nodes.length > mostNames && !extent.all
    ? `${countNodes(nodes.length)}: ${listNames(nodes, extent)}`
    : listNames(nodes, extent);
}

/** How many lines of one kind are shown without `--all`. */
const mostLines = 20;

function capped<T>(
  things: readonly T[],
  { all }: Extent,
  what: string,
): { shown: readonly T[]; rest: readonly string[] } {
  if (all || things.length <= mostLines) return { shown: things, rest: [] };
  return { shown: things.slice(0, mostLines), rest: [`${things.length - mostLines} more ${what}, --all shows them`] };
}

function section<T>(
  title: string,
  things: readonly T[],
  extent: Extent,
  write: (thing: T) => readonly string[],
): Line[] {
  if (things.length === 0) return [];
  const { shown, rest } = capped(things, extent, "lines");
  return [line(0, title, "yellow"), ...[...shown.flatMap(write), ...rest].map((text) => line(1, text))];
}

/** What became of lines that were no answers. */
function showUnused({ unused }: Summary): Line[] {
  const count = [...unused.values()].reduce((sum, lines) => sum + lines.count, 0);
  if (count === 0) return [];
  const title = `${count} ${count === 1 ? "line was" : "lines were"} of no use:`;
  return [line(0, title, "yellow"), ...[...unused].map(([fault, lines]) => line(1, describeUnused(fault, lines)))];
}

function showStrangers({ repeated, unexpected }: Summary, extent: Extent): Line[] {
  return [
    ...(repeated.length > 0
      ? [
          line(
            0,
            `Answered more than once, the last answer counts, or one by which ADD would fail: ${listNames(repeated, extent)}`,
            "yellow",
          ),
        ]
      : []),
    ...(unexpected.length > 0
      ? [line(0, `Answered, and are not in the list of nodes: ${listNames(unexpected, extent)}`, "yellow")]
      : []),
  ];
}
