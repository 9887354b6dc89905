/** A JSON object of which nothing is trusted. */
export type Members = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Its items that are objects. */
export function objects(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Its items that are text, each as a sentence. */
export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string").map(sentence) : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** No sentence of ifacer's is longer; what is must not fill the screen. */
const longestSentence = 1000;

/** What is shown of a value where there should be a sentence or a word. */
export function sentence(value: unknown): string {
  const given = typeof value === "string" || typeof value === "number" ? String(value) : "?";
  return given.length > longestSentence ? `${given.slice(0, longestSentence)}...` : given;
}

/** Those with different keys, in the order of the first of each. */
export function unique<T>(values: readonly T[], keyOf: (value: T) => unknown = (value) => value): T[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}

/** What is the matter comes first in a sentence of ifacer's, what to do about it after a colon. */
export function shorten(message: string): string {
  return message.split(": ", 1)[0] ?? "";
}
