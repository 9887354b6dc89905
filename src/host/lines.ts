import { closeSync, openSync, readSync } from "node:fs";
import { CniError, Code } from "../error.ts";

/** A line without its line feed. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Of one that is too long, how it begins. */
  readonly text: string;
  readonly tooLong: boolean;
}

/** How much is kept of a line that is too long, in bytes. */
const kept = 1000;

/**
 * Reads a file, or standard input (`-`), line by line, and holds no more than one line of it.
 *
 * @param longest in bytes: of a longer line, only how it begins is kept
 *
 * Throws code 5 where it can't be read.
 */
export function* readLines(path: string, { longest }: { longest: number }): Generator<Line> {
  let number = 0;
  let begun: Buffer[] = [];
  let length = 0;
  const end = (last: Buffer): Line => {
    number++;
    const tooLong = length + last.length > longest;
    const bytes = begun.length === 0 ? last : Buffer.concat([...begun, last]);
    return { number, text: (tooLong ? bytes.subarray(0, kept) : bytes).toString(), tooLong };
  };
  for (const chunk of readChunks(path)) {
    let from = 0;
    for (let at = chunk.indexOf("\n"); at >= 0; at = chunk.indexOf("\n", from)) {
      yield end(chunk.subarray(from, at));
      begun = [];
      length = 0;
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    if (rest.length === 0) continue;
    length += rest.length;
    if (length <= longest) begun.push(Buffer.from(rest));
    else begun = [Buffer.from(Buffer.concat([...begun, rest]).subarray(0, kept))];
  }
  if (length > 0) yield end(Buffer.alloc(0));
}

/** The bytes of a file, some at a time. Each is gone when the next one is asked for. */
function* readChunks(path: string): Generator<Buffer> {
  const bytes = Buffer.allocUnsafe(1 << 18);
  let fd: number | undefined;
  try {
    fd = path === "-" ? 0 : openSync(path, "r");
    for (;;) {
      const length = readSome(fd, bytes);
      if (length === 0) return;
      yield bytes.subarray(0, length);
    }
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    const what = path === "-" ? "standard input" : `the file ${path}`;
    throw new CniError(Code.io, `can't read ${what}: ${cause.message}`, { cause });
  } finally {
    if (fd !== undefined && fd !== 0) closeSync(fd);
  }
}

/** Waits where a pipe that does not block has nothing yet. */
function readSome(fd: number, bytes: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, bytes);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
      if (code !== "EAGAIN" && code !== "EINTR") throw cause;
      Bun.sleepSync(1);
    }
  }
}
