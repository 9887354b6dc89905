import { readdirSync, type Stats, statSync } from "node:fs";
import { isatty } from "node:tty";
import { CniError, Code } from "../../error.ts";
import { longestName } from "../../fleet/answer.ts";
import { type Gathered, Gathering, type InputLine, longestLine } from "../../fleet/gather.ts";
import { compareNames } from "../../fleet/names.ts";
import { readLines } from "../../host/lines.ts";
import { UsageError } from "../arguments.ts";

/**
 * Reads what nodes answered: files of lines, folders with a file for each node, `-` and none of them being standard input.
 *
 * @param expected nodes that are there whether they say something or not
 *
 * Throws a UsageError where somebody would have to type it, and code 5 for what can't be read.
 */
export function readFleet(
  paths: readonly string[],
  { expected }: { expected: ReadonlySet<string> | undefined },
): Gathered {
  if (paths.length === 0 && isatty(0)) {
    throw new UsageError("no answers are given: name a file or a folder with -f, or pipe them in");
  }
  const gathering = new Gathering();
  for (const node of expected ?? []) gathering.expect(node);
  for (const path of paths.length === 0 ? ["-"] : paths) {
    if (path !== "-" && isFolder(path)) readFolder(path, gathering);
    else readFile(path, { name: path === "-" ? "standard input" : path, node: undefined }, gathering);
  }
  return gathering.finish();
}

/** The names of nodes in a file, as `kubectl get nodes -o name` prints them, `node/NAME`, or without what is in front. */
export function readNodeNames(path: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { text } of readLines(path, { longest: longestLine })) {
    const name = text.trim().replace(/^node\//, "");
    if (name.length > longestName) throw new CniError(Code.decoding, `${path} is no list of nodes: a line is too long`);
    if (name !== "") names.add(name);
  }
  if (names.size === 0)
    throw new CniError(Code.decoding, `there is no node in ${path}: fill it with 'kubectl get nodes -o name'`);
  return names;
}

function isFolder(path: string): boolean {
  return look(path).isDirectory();
}

function look(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): CniError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new CniError(Code.io, `can't read ${path}: ${message}`, { cause });
}

/** A file for each node, which is called as the node is. */
function readFolder(folder: string, gathering: Gathering): void {
  const names = listFolder(folder);
  for (const name of names.toSorted(compareNames)) {
    const path = `${folder}/${name}`;
    if (!look(path).isFile())
      throw new CniError(
        Code.io,
        `${path} is no file: in a folder of answers there is a file for each node, and nothing else`,
      );
    const node = name.replace(/\.(json|jsonl|log|txt)$/, "");
    gathering.expect(node);
    readFile(path, { name: path, node }, gathering);
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function readFile(path: string, source: { name: string; node: string | undefined }, gathering: Gathering): void {
  const lines = readLines(path, { longest: longestLine });
  for (const line of source.node === undefined ? lines : joinDocuments(lines)) gathering.add(line, source);
}

/** `-o json` prints a document from a line with `{` to one with `}`: it counts as one line. */
function* joinDocuments(lines: Iterable<InputLine>): Generator<InputLine> {
  let begun: { readonly number: number; readonly texts: string[]; length: number } | undefined;
  for (const line of lines) {
    const { text } = line;
    if (text.trimEnd() === "{") {
      // What was begun before was cut off.
      if (begun) yield join(begun);
      begun = { number: line.number, texts: [], length: 0 };
    }
    if (begun === undefined) {
      yield line;
      continue;
    }
    begun.length += text.length;
    if (begun.length <= longestLine) begun.texts.push(text);
    if (text.trimEnd() === "}") {
      yield join(begun);
      begun = undefined;
    }
  }
  if (begun) yield join(begun);
}

function join({ number, texts, length }: { number: number; texts: readonly string[]; length: number }): InputLine {
  return { number, text: texts.join("\n"), tooLong: length > longestLine };
}
