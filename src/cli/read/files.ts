import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { CniError, Code } from "../../error.ts";
import { readAll } from "../../host/stdioSync.ts";
import { UsageError } from "../arguments.ts";

/** A file as it was given on the command line. */
export interface File {
  /** What messages call it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads the files, `-` and none of them being standard input.
 *
 * Throws a UsageError where somebody would have to type the config at the terminal, and code 5 for a file that can't be read.
 */
export function readFiles(paths: readonly string[]): File[] {
  return (paths.length === 0 ? ["-"] : paths).map((path) => {
    if (path !== "-") return { name: path, bytes: readFile(path) };
    if (paths.length === 0 && isatty(0)) throw new UsageError("no config is given: name a file with -f, or pipe it in");
    return { name: "standard input", bytes: readAll() };
  });
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `can't read the file ${path}: ${message}`, { cause });
  }
}
