/** The values by their key, in their order; those without one are left out. */
export function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K | undefined): ReadonlyMap<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const key = keyOf(value);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
