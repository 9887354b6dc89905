import * as z from "zod/mini";
import type { File } from "../read/files.ts";
import type { Extent, Step } from "./carry.ts";

/** What `apply --try` gives to the process that does it. */
export interface Job {
  readonly files: readonly File[];
  readonly extent: Extent;
  readonly seconds: number;
}

/** What that process says, a line of JSON each: first `failed` or `waiting`, and after `waiting` what came of it. */
export interface Answer {
  readonly type: "failed" | "waiting" | "kept" | "takenBack";
  readonly done: readonly Step[];
}

export function writeJob({ files, extent, seconds }: Job): string {
  const encoded = files.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes).toString("base64") }));
  return JSON.stringify({ files: encoded, extent, seconds });
}

/** `undefined`: the bytes are none. */
export function readJob(bytes: Uint8Array): Job | undefined {
  const read = jobSchema.safeParse(parse(new TextDecoder().decode(bytes)));
  if (!read.success) return undefined;
  const files = read.data.files.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes, "base64") }));
  return { ...read.data, files };
}

/** Reads a line that the process said; `undefined`: it is none of its lines. */
export function readAnswer(line: string): Answer | undefined {
  const read = answerSchema.safeParse(parse(line));
  if (!read.success) return undefined;
  const { type, done } = read.data;
  return {
    type,
    done: done.map(({ message, refused }) => (refused === undefined ? { message } : { message, refused })),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const jobSchema = z.object({
  files: z.array(z.object({ name: z.string(), bytes: z.string() })),
  extent: z.object({ update: z.boolean(), replace: z.boolean(), withPods: z.boolean() }),
  seconds: z.int(),
});

// Of zod, nothing but what a journal is read by: what is shared with a Pod's call is loaded for it.
const answerSchema = z.object({
  type: z.enum(["failed", "waiting", "kept", "takenBack"]),
  done: z.array(z.object({ message: z.string(), refused: z.optional(z.string()) })),
});
