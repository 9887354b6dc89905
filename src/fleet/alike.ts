import type { Told } from "./answer.ts";

/** Nodes that have something in common. Names are in order. */
export interface Alike {
  readonly nodes: readonly string[];
}

/** Puts nodes with the same value together, the largest bucket first. */
export function bucket<T>(
  pairs: Iterable<readonly [name: string, value: T]>,
): { readonly value: T; readonly nodes: string[] }[] {
  const buckets = new Map<string | undefined, { value: T; nodes: string[] }>();
  for (const [name, value] of pairs) {
    const key = JSON.stringify(value);
    const known = buckets.get(key);
    if (known) known.nodes.push(name);
    else buckets.set(key, { value, nodes: [name] });
  }
  return [...buckets.values()].toSorted(compareSizes);
}

/** The largest first; those of one size stay as they are, in the order of their first nodes. */
export function compareSizes(one: Alike, other: Alike): number {
  return other.nodes.length - one.nodes.length;
}

/** Whether it is an answer, and not why there is none. */
export function isTold<T extends object>(told: Told<T> | undefined): told is T {
  return told !== undefined && !("error" in told);
}
