import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { CniError, Code } from "../error.ts";
import { removeIfPossible } from "./newFile.ts";

/** The file that this process runs, even if its name has been given to another file since (proc_pid_exe(5)). */
const ownFile = "/proc/self/exe";

export interface Installation {
  readonly path: string;
  /** False: the same file was there already. */
  readonly changed: boolean;
}

/**
 * Puts this executable into `folder` as `name`, mode 0755, in one step: whoever starts it meanwhile gets the old file or the
 * new one, and after a power cut it is one of the two.
 *
 * Throws code 5 where the folder is not there, is none, or can't be written. Nothing is changed then.
 */
export function installInto(folder: string, { name }: { name: string }): Installation {
  const path = `${folder.replace(/\/+$/, "")}/${name}`;
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined)
    throw new CniError(Code.io, `there is no folder ${folder}: make it, or name the one where the runtime looks`);
  if (!found.isDirectory())
    throw new CniError(Code.io, `${folder} is not a folder: name the one that ${name} is to be put into`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw new CniError(Code.io, `${path} is a folder: remove it, or name another folder`);
  try {
    removeLeftovers(folder);
    if (there?.isFile() && isSame(path)) {
      if ((there.mode & 0o7777) === mode) return { path, changed: false };
      chmodSync(path, mode);
    } else {
      putBeside(folder, path);
    }
    return { path, changed: true };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `can't install ${path}: ${reason}; what was there is still there`, { cause });
  }
}

const mode = 0o755;

function putBeside(folder: string, path: string): void {
  const part = `${folder}/${partPrefix}${crypto.randomUUID()}`;
  try {
    copyFileSync(ownFile, part, constants.COPYFILE_EXCL);
    const file = openSync(part, "r+");
    try {
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (cause) {
    removeIfPossible(part);
    throw cause;
  }
  const directory = openSync(folder, "r");
  fsyncSync(directory);
  closeSync(directory);
}

const partPrefix = ".ifacer-part-";

/** In milliseconds: no copy takes that long. */
const leftoverAge = 600_000;

/** What an install that was killed left behind, a hundred megabytes each. */
function removeLeftovers(folder: string): void {
  for (const entry of readdirSync(folder)) {
    if (!entry.startsWith(partPrefix)) continue;
    const file = statSync(`${folder}/${entry}`, { throwIfNoEntry: false });
    if (file && Date.now() - file.mtimeMs > leftoverAge) rmSync(`${folder}/${entry}`, { force: true });
  }
}

/** Whether the file has the same bytes as this executable. */
function isSame(path: string): boolean {
  if (statSync(path).size !== statSync(ownFile).size) return false;
  const files = [openSync(ownFile, "r"), openSync(path, "r")] as const;
  const chunks = [Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)] as const;
  try {
    for (;;) {
      const lengths = files.map((file, index) => readSync(file, chunks[index] ?? chunks[0])) as [number, number];
      if (lengths[0] !== lengths[1]) return false;
      if (lengths[0] === 0) return true;
      if (!chunks[0].subarray(0, lengths[0]).equals(chunks[1].subarray(0, lengths[1]))) return false;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}
