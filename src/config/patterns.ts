/**
 * Whether a pattern fits the whole name: `*` stands for any characters, `?` for one.
 *
 * Without a regular expression: tenants write patterns, and one with many `*` would take that an age.
 */
export function matches(pattern: string, name: string): boolean {
  const [signs, characters] = [[...pattern], [...name]];
  let sign = 0;
  // Where the last `*` was, and up to where it reaches.
  let star = -1;
  let reach = 0;
  for (let at = 0; at < characters.length; ) {
    if (signs[sign] === "*") {
      star = sign++;
      reach = at;
    } else if (signs[sign] === "?" || signs[sign] === characters[at]) {
      sign++;
      at++;
    } else if (star >= 0) {
      sign = star + 1;
      at = ++reach;
    } else return false;
  }
  return signs.slice(sign).every((rest) => rest === "*");
}
