// By Bun's own functions, which work on other threads meanwhile; loading node:fs takes a quarter of an empty program's time.

/** What ifacer keeps until the next boot. */
export const runFolder = "/run/ifacer";

/** Where it is noted who uses a link (host/note.ts). Not there: nobody ever noted anything on this node. */
export const usersFolder = `${runFolder}/users`;

/** All of a file's text; empty where it can't be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch {
    return "";
  }
}

/** What stat(2) tells of a file; `undefined`: it can't be looked at. */
export async function stat(path: string) {
  try {
    return await Bun.file(path).stat();
  } catch {
    return undefined;
  }
}

export async function isThere(path: string): Promise<boolean> {
  return (await stat(path)) !== undefined;
}

/**
 * Whether a folder may have an entry of this name: what can't be looked at may be there, and so is a symbolic link to nothing,
 * of which stat(2) says the same as of no entry.
 *
 * @param name letters only
 */
export async function mayBeThere(folder: string, name: string): Promise<boolean> {
  try {
    await Bun.file(`${folder}/${name}`).stat();
    return true;
  } catch (cause) {
    if (!isAbsence(cause)) return true;
  }
  try {
    // The brackets make it a pattern: of a plain name only the target would be looked at.
    const pattern = new Bun.Glob(`[${name[0]}]${name.slice(1)}`);
    for await (const _ of pattern.scan({ cwd: folder, onlyFiles: false })) return true;
    return false;
  } catch (cause) {
    return !isAbsence(cause);
  }
}

function isAbsence(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
