/** More than any manifest has, and little enough to be read many times over. */
const mostValues = 1_000_000;

/** Deeper than any manifest. */
const deepest = 100;

/**
 * What is wrong with a document that a YAML parser made, or `undefined`. By an alias a value may contain itself, and a few lines of
 * aliases to lists of aliases stand for more values than any memory holds: whoever walks over it would not come to an end.
 *
 * Each value is looked at once, however many aliases lead to it.
 */
export function findAliasFault(document: unknown): string | undefined {
  const sizes = new Map<object, number>();
  const above = new Set<object>();
  let fault: string | undefined;
  const measure = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    if (above.has(value)) fault ??= "a value contains itself by an alias";
    else if (above.size >= deepest) fault ??= `is nested deeper than ${deepest} levels`;
    if (fault !== undefined) return 1;
    above.add(value);
    let size = 1;
    for (const inner of Object.values(value)) size += measure(inner);
    above.delete(value);
    sizes.set(value, size);
    return size;
  };
  if (measure(document) > mostValues) fault ??= `its aliases stand for more than ${mostValues} values`;
  return fault;
}
