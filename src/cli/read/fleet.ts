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
 * @returns with notes about the files that were left out
 *
 * Throws a UsageError where somebody would have to type it, and code 5 for what can't be read.
 */
export function readFleet(
  paths: readonly string[],
  { expected }: { expected: ReadonlySet<string> | undefined },
): { readonly gathered: Gathered; readonly notes: readonly string[] } {
  if (paths.length === 0 && isatty(0)) {
    throw new UsageError("no answers are given: name a file or a folder with -f, or pipe them in");
  }
  if (paths.filter((path) => path === "-").length > 1)
    throw new UsageError("-f - is given twice: standard input can be read only once");
  const notes: string[] = [];
  const gathering = new Gathering();
  for (const node of expected ?? []) gathering.expect(node);
  for (const path of paths.length === 0 ? ["-"] : paths) {
    if (path !== "-" && isFolder(path)) notes.push(...readFolder(path, gathering));
    else readFile(path, { name: path === "-" ? "standard input" : path, node: undefined }, gathering);
  }
  return { gathered: gathering.finish(), notes };
}

/**
 * The names of nodes in a file: the first word of each line, as `kubectl get nodes` prints them, with `-o name` as `node/NAME`, or
 * with a line of headings.
 */
export function readNodeNames(path: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { text } of readLines(path, { longest: longestLine })) {
    const name = (/\S+/.exec(text)?.[0] ?? "").replace(/^node\//, "");
    if (name.length > longestName) throw new CniError(Code.decoding, `${path} is no list of nodes: a line is too long`);
    // No node has upper case letters in its name.
    if (name !== "" && name !== "NAME") names.add(name);
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

/** A file for each node, which is called as the node is. Returns what was left out: no node is called like an editor's file. */
function readFolder(folder: string, gathering: Gathering): string[] {
  const all = listFolder(folder).toSorted(compareNames);
  const leftOut = all.filter((name) => name.startsWith(".") || name.endsWith("~"));
  for (const name of all.filter((name) => !leftOut.includes(name))) {
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
  return leftOut.map((name) => `${folder}/${name} is left out: it is hidden or a backup, no node's answers`);
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
  let read = 0;
  for (const line of source.node === undefined ? lines : joinDocuments(lines)) {
    gathering.add(line, source);
    read += line.text.length;
    if (read < mostUncollected) continue;
    read = 0;
    Bun.gc(true);
  }
}

/** After how many characters what was parsed of them is collected: left to itself, the engine lets a gigabyte of it gather. */
const mostUncollected = 4 << 20;

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
