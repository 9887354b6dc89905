import { escapeUnseen } from "../unseen.ts";

/** The longest word of a message, in characters: no name or list of addresses that can be right is longer. */
const longestWord = 700;

/** One line, with words of a readable length: the names and values that it quotes come from anybody. */
export function makeReadable(message: string): string {
  return escapeUnseen((message.length <= longestWord ? message : cutWords(message)).replaceAll("\n", "\\n"));
}

function cutWords(message: string): string {
  const overlong = new RegExp(`"(?:[^"\\\\]|\\\\.){${longestWord},}"|\\S{${longestWord + 1},}`, "g");
  return message.replace(overlong, (word) => `${word.slice(0, longestWord)}...`);
}
