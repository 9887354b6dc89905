/**
 * A word as a POSIX shell takes it for just this word. Names may hold `;`, `$` and more, and commands are shown to be copied
 * by root.
 */
export function quoteForShell(word: string): string {
  return /^[A-Za-z0-9_.,:/=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The command within a sentence: in quotes, which whoever copies it may take along; without where its words have some, as a shell
 * would see what is quoted within quotes as not quoted.
 */
export function quoteCommand(line: string): string {
  const command = showCommand(line);
  return command.includes("'") ? command : `'${command}'`;
}

/**
 * A line for `ip -batch -` as the command that an operator types in a shell. No word of such a line has a space in it, and the
 * only quotes with a meaning in it are those of the empty word.
 */
export function showCommand(line: string): string {
  return ["ip", ...line.split(" ").map((word) => quoteForShell(word === '""' ? "" : word))].join(" ");
}
