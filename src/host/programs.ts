const usualFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/**
 * The path of a program: on PATH, else in the folders where distributions put it, as a runtime's environment may have no
 * PATH; `undefined`: it is in none of `searchedFolders()`. Relative entries of PATH are left out.
 */
export function findProgram(name: string): string | undefined {
  return Bun.which(name, { PATH: searchedFolders().join(":") }) ?? undefined;
}

/** Where `findProgram` looks, in this order. */
export function searchedFolders(): string[] {
  const onPath = (process.env["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"));
  return [...onPath, ...usualFolders];
}
