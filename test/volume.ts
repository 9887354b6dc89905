/** What part of the full volume `make soak` asks for; 0: the sample that every `make test` takes. */
const part = Number(process.env["SOAK"] ?? 0);

/** How often a test does something that only chance finds faults in. */
export function volume({ sample, full }: { sample: number; full: number }): number {
  return part > 0 ? Math.ceil(full * part) : sample;
}

/** The time limit of such a test, in ms: that of the sample, or what an hour leaves. */
export function timeLimit(sample: number): number {
  return part > 0 ? 3_600_000 : sample;
}
