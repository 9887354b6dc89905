import type { Reason } from "../../fleet/failures.ts";
import { type Fault, longestLine, type UnusedLines } from "../../fleet/gather.ts";
import type { Oddity } from "../../fleet/odd.ts";
import type { Group, Silence, Summary } from "../../fleet/summary.ts";

/** How much is shown of what is long. */
export interface Extent {
  /** Every name, and every line. */
  readonly all: boolean;
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

/** `no line`, or what went wrong with its code. */
export function describeSilenceReason({ message, code }: Omit<Silence, "nodes">): string {
  return code === undefined ? message : `${message}: code ${code}`;
}

/** `the interface ens160 is not on this node (they have enp1s0, enp2s0)` */
export function describeReason({ nodes, message, nics }: Reason): string {
  if (nics === undefined) return message;
  const [subject, verb] = nodes.length === 1 ? ["it", "has"] : ["they", "have"];
  const names = nics.length > mostNics ? [...nics.slice(0, mostNics), `${nics.length - mostNics} more`] : nics;
  return `${message} (${subject} ${verb} ${names.join(", ") || "no NIC"})`;
}

const mostNics = 8;

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

export function countNodes(count: number): string {
  return `${count} ${count === 1 ? "node" : "nodes"}`;
}

/** How many names are shown without `--all`. */
export const mostNames = 8;

/** `worker-1 worker-2 worker-3`, a long list with the count of those that are left out. */
export function listNames(nodes: readonly string[], { all }: Extent): string {
  if (all || nodes.length <= mostNames) return nodes.join(" ");
  const shown = nodes.slice(0, mostNames - 2);
  return `${shown.join(" ")} and ${nodes.length - shown.length} more`;
}

/** That not all could be compared, as the nodes have too little in common. */
export function describeLost({ lostFacts }: Pick<Summary, "lostFacts">): string {
  return `${lostFacts} properties of links that single nodes have are left out of the comparison: they are too many`;
}

/** How many lines there are of a kind, and where the first of them stands. */
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
      return `${are} longer than ${longestLine >> 20} MiB`;
    case "nameless":
      return `${count === 1 ? "does" : "do"} not say of which node (--node NAME of 'ifacer plan' and 'ifacer status')`;
    case "foreign":
      return `${are} no answer of ifacer's`;
  }
}
