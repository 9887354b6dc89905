import type { Alike } from "../../fleet/alike.ts";
import type { Reason } from "../../fleet/failures.ts";
import type { Fault, UnusedLines } from "../../fleet/gather.ts";
import type { Oddity } from "../../fleet/odd.ts";
import type { Group, Silence, Summary } from "../../fleet/summary.ts";
import { type Colour, type Line, line } from "./screen.ts";

/** How much is shown of what is long. */
export interface Extent {
  /** Every name, and every line. */
  readonly all: boolean;
}

/** The nodes at one look, as text. */
export function showFleet(summary: Summary, extent: Extent): Line[] {
  const { nodes, groups, drift, problems, odd } = summary;
  if (nodes === 0) return [line(0, "no node said anything", "red"), ...showUnused(summary)];
  const width = Math.max(...groups.map((group) => String(group.nodes.length).length));
  return [
    ...groups.flatMap((group) => showGroup(group, { width, extent, groups })),
    ...section("Differs from the config, and ADD leaves it alone:", drift, extent, ({ message, nodes }) => [
      `${message}: ${where(nodes, extent)}`,
    ]),
    ...section("Looks odd:", [...odd.map(describeOddity), ...problems.map(describeProblem)], extent, (write) => [
      write(extent),
    ]),
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

/** What the group has in common, in words. */
export function describeOutcome(group: Exclude<Group, { outcome: "silent" }>): string {
  switch (group.outcome) {
    case "inPlace":
      return "all is in place";
    case "changes":
      return group.changes.length === 1
        ? "1 change, ADD would make it"
        : `${group.changes.length} changes, ADD would make them`;
    case "fails":
      return "ADD would fail";
    case "notAsked":
      return "compared with no config";
  }
}

function describeSilence({ nodes, message, code }: Silence, extent: Extent): string {
  return `${listNames(nodes, extent)} (${describeSilenceReason({ message, code })})`;
}

export function describeSilenceReason({ message, code }: Omit<Silence, "nodes">): string {
  return code === undefined ? message : `${message}: code ${code}`;
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
      return [`${listNames(group.nodes, extent)}   ${group.changes.join("; ")}`];
    }
    case "fails": {
      const { shown, rest } = capped(group.reasons, extent, "reasons");
      const names = shown.map(({ nodes }) => listNames(nodes, extent));
      const width = Math.min(widest, Math.max(...names.map((text) => text.length)));
      return [
        ...shown.map((reason, index) => `${(names[index] ?? "").padEnd(width)}   ${describeReason(reason)}`),
        ...rest,
      ];
    }
  }
}

/** Columns for names before what they are about; longer lists push it to the right. */
const widest = 30;

/** `the interface ens160 is not on this node (they have enp1s0, enp2s0)` */
export function describeReason({ nodes, message, nics }: Reason): string {
  if (nics === undefined) return message;
  const [subject, verb] = nodes.length === 1 ? ["it", "has"] : ["they", "have"];
  const names = nics.length > mostNics ? [...nics.slice(0, mostNics), `${nics.length - mostNics} more`] : nics;
  return `${message} (${subject} ${verb} ${names.join(", ") || "no NIC"})`;
}

const mostNics = 8;

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

interface Phrase {
  readonly what: string;
  readonly value: (value: string) => string;
}

/** How a property is spoken of: `VLAN 100 is` and `on bond0`, `ens160 ens192 have speed` and `25000 Mb/s`. */
export function phrase({ subjects, property }: Pick<Oddity, "subjects" | "property">, extent: Extent): Phrase {
  const one = subjects.length === 1;
  const names = listNames(subjects, extent);
  switch (property) {
    case "parent":
      return { what: `${names} ${one ? "is" : "are"}`, value: (value) => `on ${value}` };
    case "master":
      return { what: `${names} ${one ? "belongs" : "belong"}`, value: (value) => `to ${value}` };
    case "kind":
      return { what: `${names} ${one ? "is" : "are"}`, value: (value) => `a ${value === "nic" ? "NIC" : value}` };
    case "speed":
      return { what: `${names} ${one ? "has" : "have"} speed`, value: (value) => `${value} Mb/s` };
    default:
      return { what: `${names} ${one ? "has" : "have"} ${property}`, value: (value) => value };
  }
}

/** Where the nodes are few, their names; else how many. */
function where(nodes: readonly string[], extent: Extent): string {
  return nodes.length > mostNames && !extent.all
    ? `${countNodes(nodes.length)}: ${listNames(nodes, extent)}`
    : listNames(nodes, extent);
}

function countNodes(count: number): string {
  return `${count} ${count === 1 ? "node" : "nodes"}`;
}

/** How many names, and how many lines of one kind, are shown without `--all`. */
const [mostNames, mostLines] = [8, 20];

/** `worker-1 worker-2 worker-3`, a long list with the count of those that are left out. */
export function listNames(nodes: readonly string[], { all }: Extent): string {
  if (all || nodes.length <= mostNames) return nodes.join(" ");
  const shown = nodes.slice(0, mostNames - 2);
  return `${shown.join(" ")} and ${nodes.length - shown.length} more`;
}

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

export function describeUnused(fault: Fault, { count, first: { source, number, text } }: UnusedLines): string {
  const place = `${count === 1 ? "" : "the first is "}line ${number} of ${source}`;
  return `${count} ${describeFault(fault, count)}: ${place}, ${JSON.stringify(text)}`;
}

function describeFault(fault: Fault, count: number): string {
  const are = count === 1 ? "is" : "are";
  switch (fault) {
    case "broken":
      return `${are} cut off or not JSON`;
    case "tooLong":
      return `${are} longer than 4 MiB`;
    case "nameless":
      return `${count === 1 ? "does" : "do"} not say of which node (--node NAME of 'ifacer plan' and 'ifacer status')`;
    case "foreign":
      return `${are} no answer of ifacer's`;
  }
}

function showStrangers({ repeated, unexpected }: Summary, extent: Extent): Line[] {
  return [
    ...(repeated.length > 0
      ? [line(0, `Answered more than once, the last answer counts: ${listNames(repeated, extent)}`, "yellow")]
      : []),
    ...(unexpected.length > 0
      ? [line(0, `Answered, and are not in the list of nodes: ${listNames(unexpected, extent)}`, "yellow")]
      : []),
  ];
}
