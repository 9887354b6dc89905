import type { Fact, StatusAnswer } from "./facts.ts";
import { isKnown } from "./keep.ts";

/** Something that differs on few nodes from what most have. */
export interface Oddity extends Pick<Fact, "property"> {
  /** What differs in the same way on the same nodes. */
  readonly subjects: readonly string[];
  readonly usual: { readonly value: string; readonly count: number };
  /** The nodes with another value, those with the most first. */
  readonly others: readonly { readonly value: string; readonly nodes: readonly string[] }[];
}

/**
 * Finds what looks odd: a value that few of the nodes have that have the subject at all, where more than half of them agree on
 * another. Two kinds of nodes, half of them each, are not odd.
 *
 * @param told what each node told, in the order of the nodes; what is told alike is the same object, be it all or a single fact
 */
export function findOddities(told: readonly (readonly [node: string, status: StatusAnswer])[]): Oddity[] {
  const judged = [...groupFacts(countFacts(told)).values()].flatMap(judge);
  const nodesOf = new Map<Fact, string[]>(judged.flatMap(({ others }) => others.map((fact) => [fact, []])));
  const oddOf = new Map<StatusAnswer, Fact[]>();
  for (const [node, status] of told) {
    const odd = oddOf.get(status) ?? status.facts.filter((fact) => nodesOf.has(fact));
    oddOf.set(status, odd);
    for (const fact of odd) nodesOf.get(fact)?.push(node);
  }
  return merge(
    judged.map(({ usual, count, others }) => ({
      subjects: [usual.subject],
      property: usual.property,
      usual: { value: usual.value, count },
      others: others.map((fact) => ({ value: fact.value, nodes: nodesOf.get(fact) ?? [] })),
    })),
  );
}

/** On how many nodes each fact is. */
function countFacts(told: readonly (readonly [node: string, status: StatusAnswer])[]): ReadonlyMap<Fact, number> {
  const alike = new Map<StatusAnswer, number>();
  for (const [, status] of told) alike.set(status, (alike.get(status) ?? 0) + 1);
  const counts = new Map<Fact, number>();
  for (const [{ facts }, count] of alike) {
    for (const fact of facts) counts.set(fact, (counts.get(fact) ?? 0) + count);
  }
  return counts;
}

interface Counted {
  readonly fact: Fact;
  readonly count: number;
}

/** The facts about one property of one subject, together. */
function groupFacts(counts: ReadonlyMap<Fact, number>): ReadonlyMap<string, readonly Counted[]> {
  const groups = new Map<string, Counted[]>();
  for (const [fact, count] of counts) {
    const key = JSON.stringify([fact.subject, fact.property]);
    const group = groups.get(key);
    if (group) group.push({ fact, count });
    else groups.set(key, [{ fact, count }]);
  }
  return groups;
}

interface Judged {
  readonly usual: Fact;
  readonly count: number;
  readonly others: readonly Fact[];
}

function judge(facts: readonly Counted[]): Judged[] {
  const all = facts.reduce((sum, { count }) => sum + count, 0);
  const [usual, ...rest] = facts.toSorted((one, other) => other.count - one.count);
  if (usual === undefined || usual.count * 2 <= all || !isKnown(usual.fact)) return [];
  const others = rest.filter(({ count }) => isFew(count, all)).map(({ fact }) => fact);
  return others.length === 0 ? [] : [{ usual: usual.fact, count: usual.count, others }];
}

function merge(oddities: readonly Oddity[]): Oddity[] {
  const merged = new Map<string, Oddity>();
  for (const oddity of oddities) {
    const key = JSON.stringify({ ...oddity, subjects: [] });
    const known = merged.get(key);
    merged.set(key, known ? { ...known, subjects: [...known.subjects, ...oddity.subjects] } : oddity);
  }
  return [...merged.values()];
}

/** At most a tenth, and two of any number: a small cluster has odd nodes too. */
function isFew(count: number, all: number): boolean {
  return count <= Math.max(2, all / 10);
}
