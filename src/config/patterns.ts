/** Whether a pattern fits the whole name: `*` stands for any characters, `?` for one. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${parts}$`, "su").test(name);
}
