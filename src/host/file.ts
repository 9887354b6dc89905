// By Bun's own functions, which work on other threads meanwhile; loading node:fs takes a quarter of an empty program's time.

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

/** Whether there may be something at this path: what can't be looked at may be. */
export async function mayBeThere(path: string): Promise<boolean> {
  try {
    await Bun.file(path).stat();
    return true;
  } catch (cause) {
    return !(cause instanceof Error && "code" in cause && cause.code === "ENOENT");
  }
}
