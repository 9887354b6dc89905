const collator = new Intl.Collator("en", { numeric: true });

/** Orders names of nodes with the numbers in them as numbers: worker-2 comes before worker-10. */
export function compareNames(one: string, other: string): number {
  return collator.compare(one, other) || (one < other ? -1 : one > other ? 1 : 0);
}
