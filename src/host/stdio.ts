// By Bun's own functions, not by node:fs, which takes a quarter of an empty program's time to load.

import { CniError, Code } from "../error.ts";

/**
 * Reads standard input to its end. Throws code 5 where it can't be read.
 *
 * @param beside by another thread: for who has something else to do meanwhile, as starting a thread takes longer than reading
 */
export async function readStdin({ beside }: { beside: boolean }): Promise<Uint8Array> {
  try {
    return await (beside ? Bun.stdin.bytes() : Bun.readableStreamToBytes(Bun.stdin.stream()));
  } catch (cause) {
    throw new CniError(Code.io, `can't read standard input: ${describe(cause)}`, { cause });
  }
}

/** Not every message of Bun's has the error's name in it, which is what one looks up. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause ? String(cause.code) : "";
  return cause.message.startsWith(code) ? cause.message : `${code}: ${cause.message}`;
}

/** What a pipe takes as a whole or not at all (PIPE_BUF, pipe(7)), in bytes. */
const atOnce = 4096;

/** The most bytes that UTF-8 needs for what counts as one in a string's length. */
const mostBytes = 3;

/**
 * Whether the program was started without a standard output. The engine opens /dev/null in its place, where all that is
 * written would seem to arrive, and so that it is closed in children: what was inherited is never that (proc(5), fdinfo).
 *
 * fdinfo is read only where standard output is /dev/null, as the time of its last change tells without a thread of its own.
 */
export async function lacksStdout(): Promise<boolean> {
  if (Bun.stdout.lastModified !== Bun.file("/dev/null").lastModified) return false;
  try {
    const info = await Bun.file("/proc/self/fdinfo/1").text();
    const name = "flags:";
    return (Number.parseInt(info.slice(info.indexOf(name) + name.length), 8) & closeOnExec) !== 0;
  } catch {
    return false;
  }
}

/** O_CLOEXEC, the same on x64 and arm64. */
const closeOnExec = 0o2000000;

/** Writes all of `text` to standard output, however slowly the other side reads. Throws code 5 where it can't be written. */
export async function writeStdout(text: string): Promise<void> {
  if (text.length * mostBytes <= atOnce) {
    try {
      await Bun.write(Bun.stdout, text);
      return;
    } catch {
      // The other way tells why.
    }
  }
  const { writeAll } = await import("./stdioSync.ts");
  writeAll(1, text);
}
