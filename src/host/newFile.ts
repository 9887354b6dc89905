import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { CniError, Code } from "../error.ts";

interface Place {
  /** How the text begins of a file that may be replaced. */
  readonly mark: string;
  /** The folder that stands for `/`, in which `path` is, without a slash at its end; empty: this system's own. */
  readonly root: string;
}

/**
 * Puts a text file into place in one step, mode 0644, with the folders that it needs, mode 0755. Whoever reads it meanwhile gets
 * the old one or the new one.
 *
 * Returns whether it was changed. Throws code 5 where it can't be written, where a symbolic link below another root leads who
 * knows where, or where a file is there whose text does not begin with `mark`: that is somebody else's. Nothing is changed then.
 */
export function putTextFile(path: string, text: string, { mark, root }: Place): boolean {
  if (root !== "") refuseLinks(root, path);
  const there = readIfThere(path);
  if (there?.text === text && there.mode === mode) return false;
  if (there !== undefined && !there.text.startsWith(mark)) {
    throw new CniError(Code.io, `${path} is there and not ifacer's: look at it, and move it away if it may go`);
  }
  const part = `${path}.${crypto.randomUUID()}`;
  try {
    makeFolder(dirname(path));
    const file = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      // Of the last bytes that a disk has room for, write(2) takes a part and says so.
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
    return true;
  } catch (cause) {
    removeIfPossible(part);
    throw fail(path, "written", cause);
  }
}

/** Removes what a failure left, which must not hide why it failed. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It stays.
  }
}

const mode = 0o644;

/** A link in an image may be meant for the system that the image becomes: here it leads elsewhere. Throws code 5. */
export function refuseLinks(root: string, path: string): void {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CniError(Code.io, `${root} is not a folder: name the root folder of the system that ${path} is for`);
  const folders: string[] = [];
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) folders.unshift(folder);
  for (const folder of folders) {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true && found?.isSymbolicLink() !== true) return;
    if (found.isSymbolicLink())
      throw new CniError(
        Code.io,
        `${folder} is a symbolic link, which may lead out of ${root}: put the file where it belongs yourself`,
      );
  }
}

/** Makes a folder, mode 0755 whatever the umask is, and those above it. */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  makeFolder(dirname(path));
  mkdirSync(path);
  chmodSync(path, 0o755);
}

/** The file's text and mode; `undefined`: there is none. A link that leads nowhere is somebody else's as well. */
function readIfThere(path: string): { readonly text: string; readonly mode: number } | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return { text: readFileSync(file, "utf8"), mode: fstatSync(file).mode & 0o7777 };
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
