import { lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { CniError, Code } from "../error.ts";
import { makeFolder, refuseLinks } from "./newFile.ts";

/**
 * Puts a symbolic link into place, with the folders that it needs. Returns whether it was made.
 *
 * Throws code 5 where something else is there, or it can't be made.
 */
export function putLink(path: string, target: string, { root }: { root: string }): boolean {
  if (root !== "") refuseLinks(root, path);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() && readlinkSync(path) === target) return false;
  if (there !== undefined) {
    throw new CniError(Code.io, `${path} is there and not ifacer's: look at it, and move it away if it may go`);
  }
  return attempt(path, "made", () => {
    makeFolder(dirname(path));
    symlinkSync(target, path);
    return true;
  });
}

/**
 * Removes a file of ours, or a link with this target. Returns whether it was there.
 *
 * Throws code 5 where what is there is somebody else's, or it can't be removed.
 */
export function removeOurs(
  path: string,
  own: { readonly mark: string } | { readonly target: string },
  { root }: { root: string },
): boolean {
  if (root !== "") refuseLinks(root, path);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return false;
  return attempt(path, "removed", () => {
    const isOurs =
      "mark" in own
        ? there.isFile() && readFileSync(path, "utf8").startsWith(own.mark)
        : there.isSymbolicLink() && readlinkSync(path) === own.target;
    if (!isOurs) throw new CniError(Code.io, `${path} is not ifacer's, and stays: look at it`);
    rmSync(path);
    return true;
  });
}

function attempt<T>(path: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof CniError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `${path} can't be ${what}: ${reason}`, { cause });
  }
}
