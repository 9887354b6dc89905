import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { removeIfPossible } from "./newFile.ts";

/**
 * Writes a file that only root may read, whole or not at all: whoever is killed meanwhile leaves the earlier one, and one with `.new`
 * after its name. For what is gone with the next boot: nothing is flushed to a disk. Nobody else may write it meanwhile.
 *
 * Throws what the system says where it can't be written.
 */
export function writeWholeFile(path: string, text: string): void {
  const draft = `${path}.new`;
  try {
    rmSync(draft, { force: true });
    const fd = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (cause) {
    removeIfPossible(draft);
    throw cause;
  }
}
