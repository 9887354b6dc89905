import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { CniError, Code } from "../error.ts";

/**
 * Puts a text file into place in one step, mode 0644, with the folders that it needs. Whoever reads it meanwhile gets the old one
 * or the new one.
 *
 * Returns whether it was changed. Throws code 5 where it can't be written, or where a file is there whose text does not begin
 * with `mark`: that is somebody else's. Nothing is changed then.
 */
export function putTextFile(path: string, text: string, { mark }: { mark: string }): boolean {
  const there = readIfThere(path);
  if (there === text) return false;
  if (there !== undefined && !there.startsWith(mark)) {
    throw new CniError(Code.io, `${path} is there and not ifacer's: look at it, and move it away if it may go`);
  }
  const part = `${path}.${crypto.randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const file = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      writeSync(file, text);
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
    return true;
  } catch (cause) {
    rmSync(part, { force: true });
    throw fail(path, "written", cause);
  }
}

const mode = 0o644;

/** The file's text; `undefined`: there is none. A link that leads nowhere is somebody else's as well. */
function readIfThere(path: string): string | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) {
      return undefined;
    }
    throw fail(path, "read", cause);
  }
}

function fail(path: string, what: string, cause: unknown): CniError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CniError(Code.io, `${path} can't be ${what}: ${reason}`, { cause });
}
