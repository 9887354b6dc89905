import { writeAll } from "../host/stdio.ts";

/** Runs `ifacer WORDS...` and returns its exit status: 0 good, 1 the answer is no, 2 wrong usage. */
export function runCommandLine(words: readonly string[]): number {
  writeAll(2, `ifacer: there is no command ${JSON.stringify(words[0])}\n`);
  return 2;
}
