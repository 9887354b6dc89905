/** One word of a command as it has to be typed into a shell: in single quotes where the shell would read it otherwise. */
export function quoteForShell(word: string): string {
  return /^[A-Za-z0-9_.,:/=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
