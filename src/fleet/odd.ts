import type { Fact, StatusAnswer } from "./facts.ts";

/** Something that differs on few nodes from what most have. */
export interface Oddity extends Pick<Fact, "property"> {
  /** What differs in the same way on the same nodes. */
  readonly subjects: readonly string[];
  readonly usual: { readonly value: string; readonly count: number };
  /** The nodes with another value, those with the most first. */
  readonly others: readonly { readonly value: string; readonly nodes: readonly string[] }[];
}

/** All that is known of one property of one subject. */
interface Spread extends Omit<Fact, "value"> {
  count: number;
  readonly values: Map<string, Same[]>;
}

/** Nodes that told exactly the same. */
interface Same {
  readonly status: StatusAnswer;
  readonly nodes: string[];
}

/**
 * Finds what looks odd: a value that few of the nodes have that have the subject at all, where more than half of them agree on
 * another. Two kinds of nodes, half of them each, are not odd.
 *
 * @param told what each node told, in the order of the nodes; the same object where nodes told the same
 */
export function findOddities(told: readonly (readonly [node: string, status: StatusAnswer])[]): Oddity[] {
  const alike = new Map<StatusAnswer, Same>();
  for (const [node, status] of told) {
    const same = alike.get(status);
    if (same) same.nodes.push(node);
    else alike.set(status, { status, nodes: [node] });
  }
  const found = [...spread([...alike.values()]).values()].flatMap(judge);
  const order = new Map(told.map(([node], index) => [node, index]));
  const ordered = found.map((oddity) => ({
    ...oddity,
    others: oddity.others.map(({ value, nodes }) => ({
      value,
      nodes: nodes.toSorted((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0)),
    })),
  }));
  return merge(ordered);
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

function spread(alike: readonly Same[]): Map<string, Spread> {
  const spreads = new Map<string, Spread>();
  for (const same of alike) {
    for (const { subject, property, value } of same.status.facts) {
      const key = JSON.stringify([subject, property]);
      const known = spreads.get(key) ?? { subject, property, count: 0, values: new Map<string, Same[]>() };
      const nodes = known.values.get(value);
      if (nodes) nodes.push(same);
      else known.values.set(value, [same]);
      known.count += same.nodes.length;
      spreads.set(key, known);
    }
  }
  return spreads;
}

function judge({ subject, property, count, values }: Spread): Oddity[] {
  if (values.size < 2) return [];
  const counted = [...values]
    .map(([value, alike]) => ({ value, nodes: alike.flatMap(({ nodes }) => nodes) }))
    .toSorted((one, other) => other.nodes.length - one.nodes.length);
  const [usual, ...rest] = counted;
  if (usual === undefined || usual.nodes.length * 2 <= count) return [];
  const others = rest.filter(({ nodes }) => isFew(nodes.length, count));
  if (others.length === 0) return [];
  return [{ subjects: [subject], property, usual: { value: usual.value, count: usual.nodes.length }, others }];
}

/** At most a tenth, and two of any number: a small cluster has odd nodes too. */
function isFew(count: number, all: number): boolean {
  return count <= Math.max(2, all / 10);
}
