/** What part of the full volume `make soak` asks for; 0: the sample that every `make test` takes. */
const part = Number(process.env["SOAK"] ?? 0);

/** How often a test does something that only chance finds faults in. */
export function volume({ sample, full }: { sample: number; full: number }): number {
  return part > 0 ? Math.ceil(full * part) : sample;
}

/**
 * Begins a test's turn of the hour that `make soak` takes at most, in minutes, and returns whether there is time for one more. `make test`
 * takes its whole sample.
 */
export function beginTurn(minutes: number): () => boolean {
  const begin = performance.now();
  return () => part === 0 || performance.now() - begin < minutes * 60_000;
}

/** The time limit of such a test, in ms: that of the sample, or what an hour leaves. */
export function timeLimit(sample: number): number {
  return part > 0 ? 3_600_000 : sample;
}
