/** What a terminal or a log would obey, or what changes how text beside it is shown and is not seen itself: marks of direction, for example. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text that others chose, with what nobody would see of it as escapes: `\u001b`, `\u202e`. A JSON document stays what it is.
 *
 * @param keep characters that stay, such as the line feeds of a text of several lines
 */
export function escapeUnseen(text: string, keep = ""): string {
  // Almost all text is plain, and to make the pattern ready takes longer than to look at each character.
  return isPlain(text, keep)
    ? text
    : text.replace(unseen, (character) => (keep.includes(character) ? character : writeUnits(character)));
}

function isPlain(text: string, keep: string): boolean {
  for (const character of text) {
    if ((character < " " || character > "~") && !keep.includes(character)) return false;
  }
  return true;
}

function writeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
