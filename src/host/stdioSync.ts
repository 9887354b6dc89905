import { readSync, writeSync } from "node:fs";
import { CniError, Code } from "../error.ts";

/**
 * Writes all of `text`, however slowly the other side reads. `process.stdout.write` followed by an exit would cut a pipe's
 * reader off at 64 KiB.
 *
 * Throws code 5 where it can't be written, because the other side closed it for example.
 */
export function writeAll(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (cause) {
      if (!isBusy(cause)) throw new CniError(Code.io, `can't write the answer: ${describe(cause)}`, { cause });
      Bun.sleepSync(1);
    }
  }
}

/** Reads standard input to its end. Throws code 5 where it can't be read. */
export function readAll(): Uint8Array {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(65536);
    try {
      const length = readSync(0, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
    } catch (cause) {
      if (!isBusy(cause)) throw new CniError(Code.io, `can't read standard input: ${describe(cause)}`, { cause });
      Bun.sleepSync(1);
    }
  }
}

/** The other side of a non-blocking pipe is not ready yet. */
function isBusy(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "EAGAIN" || cause.code === "EINTR");
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Reads one line of standard input, without its line feed; what there is where the input ends before. */
export function readLine(): string {
  const bytes: number[] = [];
  const byte = Buffer.alloc(1);
  for (;;) {
    try {
      if (readSync(0, byte) === 0 || byte[0] === 0x0a) return Buffer.from(bytes).toString();
      bytes.push(byte[0] ?? 0);
    } catch (cause) {
      if (!isBusy(cause)) throw new CniError(Code.io, `can't read standard input: ${describe(cause)}`, { cause });
      Bun.sleepSync(1);
    }
  }
}
