import { findNearest } from "../config/nearest.ts";

/** An option of a command: `--yes`, or with a value `-f FILE`. */
export interface Option {
  readonly long: string;
  readonly short?: string;
  /** What stands for its value in the help; `undefined`: it has none. */
  readonly value?: string;
  /** The values that it takes; `undefined`: any. */
  readonly choices?: readonly string[];
  readonly repeatable?: boolean;
  /** Takes all words up to the next option, also none. */
  readonly many?: boolean;
  readonly doc: string;
}

/** The options as given: for each its values, an empty one for an option that has none. */
export class Options {
  readonly #given: ReadonlyMap<string, readonly string[]>;

  constructor(given: ReadonlyMap<string, readonly string[]>) {
    this.#given = given;
  }

  has(long: string): boolean {
    return this.#given.has(long);
  }

  value(long: string): string | undefined {
    return this.#given.get(long)?.[0];
  }

  values(long: string): readonly string[] {
    return this.#given.get(long) ?? [];
  }
}

/** The command line is not as the help says; exit status 2. The message is one lower-case sentence. */
export class UsageError extends Error {}

/**
 * Reads the words after a command's name: `-f FILE`, `-fFILE`, `--file FILE`, `--file=FILE`. Commands have options only.
 *
 * Throws a UsageError that names the word and what is allowed.
 */
export function readOptions(words: readonly string[], options: readonly Option[]): Options {
  const given = new Map<string, string[]>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const { spelling, attached } = split(word);
    const option = options.find(({ long, short }) => spelling === long || spelling === short);
    if (option === undefined) throw new UsageError(describeUnknown(spelling, options));
    const name = option.short ? `${option.short} (${option.long})` : option.long;
    if (given.has(option.long) && !option.repeatable) throw new UsageError(`${name} is given twice`);
    if (option.value === undefined && attached !== undefined) throw new UsageError(`${name} takes no value`);
    if (option.many) {
      const values = attached === undefined ? [] : [attached];
      for (let next = words[at + 1]; next !== undefined && !next.startsWith("-"); next = words[at + 1]) {
        values.push(next);
        at++;
      }
      given.set(option.long, values);
      continue;
    }
    const value = option.value === undefined ? "" : (attached ?? words[++at]);
    if (value === undefined) throw new UsageError(`${name} needs a value: ${option.value}`);
    if (option.choices && !option.choices.includes(value)) {
      throw new UsageError(`${name} is ${JSON.stringify(value)}, allowed ${option.choices.join(", ")}`);
    }
    given.set(option.long, [...(given.get(option.long) ?? []), value]);
  }
  return new Options(given);
}

function split(word: string): { spelling: string; attached: string | undefined } {
  const long = /^(--[^=]+)=(.*)$/s.exec(word);
  if (long) return { spelling: long[1] ?? "", attached: long[2] };
  if (/^-[^-]./s.test(word)) return { spelling: word.slice(0, 2), attached: word.slice(2) };
  return { spelling: word, attached: undefined };
}

function describeUnknown(word: string, options: readonly Option[]): string {
  const shown = JSON.stringify(word);
  if (!word.startsWith("-") || word === "-")
    return `there is nothing to be done with ${shown}: files are given with -f`;
  const near = findNearest(
    word,
    options.map(({ long }) => long),
  );
  return `there is no option ${shown}${near ? `, did you mean ${near}?` : ""}`;
}
