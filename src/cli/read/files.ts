import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
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
 * Reads the files, `-` and none of them being standard input, and of folders the configs in them.
 *
 * Throws a UsageError where somebody would have to type the config at the terminal, and code 5 for what can't be read.
 */
export function readFiles(paths: readonly string[]): File[] {
  return (paths.length === 0 ? ["-"] : paths.flatMap(listSome)).map((path) => {
    if (path !== "-") return { name: path, bytes: readFile(path) };
    if (paths.length === 0 && isatty(0)) throw new UsageError("no config is given: name a file with -f, or pipe it in");
    return { name: "standard input", bytes: readAll() };
  });
}

function listSome(path: string): string[] {
  const files = listFiles([path]);
  if (files.length > 0) return files;
  throw new CniError(
    Code.io,
    `there is no config in the folder ${path}: their names end with .json, .yaml, .yml, .conf or .conflist`,
  );
}

/** Names that configs have; what else is in a folder, such as editors' copies, is none. */
const configNames = /^[^.].*\.(json|ya?ml|conf|conflist)$/;

/**
 * The paths, and instead of a folder its configs by name, not those in folders below, and nothing that is no file: reading a
 * named pipe would wait for ever. Throws code 5 for a folder that can't be read.
 */
export function listFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (path === "-" || look(path)?.isDirectory() !== true) return [path];
    return attempt(path, () => readdirSync(path))
      .filter((name) => configNames.test(name))
      .map((name) => join(path, name))
      .filter((file) => look(file)?.isFile() ?? true)
      .sort();
  });
}

/** `undefined`: there is nothing to be seen, which who reads it will be told. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function readFile(path: string): Uint8Array {
  return attempt(path, () => readFileSync(path));
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CniError(Code.io, `can't read the file ${path}: ${message}`, { cause });
  }
}
