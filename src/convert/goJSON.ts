/**
 * `value` as Go's json.Marshal writes it: no spaces, `<`, `>`, `&`, U+2028 and U+2029 escaped, `undefined` members left out.
 *
 * `keys`: `declared` keeps the order of the members, as for a Go struct; `sorted` orders them by their bytes, as for a Go
 * map. `value` is what JSON.parse can give.
 */
export function marshalGo(value: unknown, keys: "declared" | "sorted"): string {
  if (typeof value === "string") return marshalString(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : JSON.stringify(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => marshalGo(item, keys)).join(",")}]`;

  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (keys === "sorted") members.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${members.map(([key, member]) => `${marshalString(key)}:${marshalGo(member, keys)}`).join(",")}}`;
}

/** Go has no lone surrogates: its decoder has already made them U+FFFD. */
function marshalString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
