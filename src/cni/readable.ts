/** The longest word of a message, in characters: no name or list of addresses that can be right is longer. */
const longestWord = 700;

/** One line, with words of a readable length: the names and values that it quotes come from anybody. */
export function makeReadable(message: string): string {
  return escapeControls(message.length <= longestWord ? message : cutWords(message)).replaceAll("\n", "\\n");
}

function cutWords(message: string): string {
  const overlong = new RegExp(`"(?:[^"\\\\]|\\\\.){${longestWord},}"|\\S{${longestWord + 1},}`, "g");
  return message.replace(overlong, (word) => `${word.slice(0, longestWord)}...`);
}

/** Without what a terminal or a log would act on: control characters but tabs and line feeds, and Unicode's line ends. */
export function escapeControls(text: string): string {
  // A look at each character, as it costs less than a pattern that is made ready for one message.
  let shown = "";
  let done = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isControl(code)) continue;
    shown += `${text.slice(done, at)}\\u${code.toString(16).padStart(4, "0")}`;
    done = at + 1;
  }
  return shown + text.slice(done);
}

function isControl(code: number): boolean {
  if (code < 0x20) return code !== 0x09 && code !== 0x0a;
  return (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029;
}
