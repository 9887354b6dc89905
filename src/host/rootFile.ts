import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { dirname } from "node:path";

/** A file's bytes, or why they can't be trusted; `undefined`: there is no such file. */
export type RootFile = { readonly bytes: Uint8Array } | { readonly fault: string };

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Reads a file that only root may have written: it and its folder have to be root's and nobody else's to write, and no
 * symbolic links, whose target somebody else might take away. Where there is none, this costs one open(2).
 */
export function readRootFile(path: string): RootFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") return findFolderFault(dirname(path));
    if (code === "ELOOP") return { fault: `${path} is a symbolic link: put the file itself there` };
    return { fault: `${path} can't be opened: ${cause instanceof Error ? cause.message : cause}` };
  }
  try {
    const file = fstatSync(fd);
    if (!file.isFile()) return { fault: `${path} is not a file` };
    const folder = dirname(path);
    const fault = findFault(path, file) ?? findFault(folder, lstatSync(folder));
    return fault === undefined ? { bytes: readFileSync(fd) } : { fault };
  } catch (cause) {
    return { fault: `${path} can't be read: ${cause instanceof Error ? cause.message : cause}` };
  } finally {
    closeSync(fd);
  }
}

/** Where a file is not there because its folder is a symbolic link to nothing, nobody knows what the file was to say. */
function findFolderFault(folder: string): RootFile | undefined {
  const isLink = lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink ? { fault: `${folder} is a symbolic link: make it a folder` } : undefined;
}

const writableByOthers = 0o022;

function findFault(path: string, { uid, mode }: Stats): string | undefined {
  if ((mode & constants.S_IFMT) === constants.S_IFLNK) return `${path} is a symbolic link: make it a folder`;
  if (uid !== 0) return `${path} belongs to the user with id ${uid}: run 'chown root: ${path}'`;
  if ((mode & writableByOthers) !== 0) {
    const shown = (mode & 0o7777).toString(8).padStart(4, "0");
    return `${path} can be written by others than root, its mode is ${shown}: run 'chmod go-w ${path}'`;
  }
  return undefined;
}
