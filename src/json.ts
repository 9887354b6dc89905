import { CniError, Code } from "./error.ts";

/**
 * A JSON value without the losses of `JSON.parse`: objects keep every member in document order, numbers that JavaScript
 * can't hold or that were not written the plain way keep their text.
 */
export type Json = null | boolean | number | string | JsonNumber | JsonObject | readonly Json[];

export type JsonMember = readonly [name: string, value: Json];

/** An object as it was written: duplicates and spellings of names included. */
export class JsonObject {
  readonly members: readonly JsonMember[];

  constructor(members: readonly JsonMember[]) {
    this.members = members;
  }
}

/**
 * A number whose text a JavaScript number would not give back: `1.0`, `1e2`, `-0`, `9007199254740993`, `1e999`.
 * Numbers such as `100` or `0.5` are plain `number`s, so a plain whole `number` was written as an integer.
 */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** A value in a few words for messages: `5`, `"x"`, `an object`. */
export function describeJson(value: Json): string {
  if (isJsonArray(value)) return "a list";
  if (value instanceof JsonObject) return "an object";
  const text = encodeJson(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/**
 * The integer that Go's decoder would read into an `int` field; `undefined` for all it refuses (`1.0`, `1e2`, `"1"`)
 * and for integers beyond 2^53, which no field of ours takes.
 */
export function integer(value: Json): number | undefined {
  if (value instanceof JsonNumber) return value.text === "-0" ? 0 : undefined;
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** A name as Go's decoder folds it when it looks for a field: ASCII case, the Kelvin sign as k, the long s as s. */
export function foldName(name: string): string {
  return name.toLowerCase().replaceAll("\u017f", "s");
}

/** All values of the members that Go's decoder would read into the field `name`, in document order. */
export function membersNamed(object: JsonObject, name: string): readonly Json[] {
  const found: Json[] = [];
  for (const [other, value] of object.members) {
    // Folding changes no length.
    if (other === name || (other.length === name.length && foldName(other) === foldName(name))) found.push(value);
  }
  return found;
}

/**
 * The value that Go's decoder would leave in the field `name`: names match case-insensitively, the last one in document
 * order counts, `null` is as good as not given.
 */
export function member(object: JsonObject, name: string): Exclude<Json, null> | undefined {
  let found: Exclude<Json, null> | undefined;
  for (const value of membersNamed(object, name)) if (value !== null) found = value;
  return found;
}

/** The value as compact JSON text. `encodeJson(decodeJson(text))` differs from `text` in white space and escapes only. */
export function encodeJson(value: Json): string {
  const open: { readonly container: JsonObject | readonly Json[]; next: number }[] = [];
  let text = "";
  let current = value;
  for (;;) {
    if (isJsonArray(current) || current instanceof JsonObject) {
      open.push({ container: current, next: 0 });
      text += isJsonArray(current) ? "[" : "{";
    } else {
      text += current instanceof JsonNumber ? current.text : JSON.stringify(current);
    }
    for (;;) {
      const frame = open[open.length - 1];
      if (frame === undefined) return text;
      const { container, next } = frame;
      const separator = next === 0 ? "" : ",";
      frame.next = next + 1;
      if (isJsonArray(container)) {
        const item = container[next];
        if (item !== undefined) {
          text += separator;
          current = item;
          break;
        }
        text += "]";
      } else {
        const found = container.members[next];
        if (found !== undefined) {
          text += `${separator}${JSON.stringify(found[0])}:`;
          current = found[1];
          break;
        }
        text += "}";
      }
      open.pop();
    }
  }
}

/**
 * Decodes JSON exactly as far as Go's encoding/json accepts it: no byte order mark, nothing after the value, at most
 * 10000 levels; bytes that are not UTF-8 and lone surrogates become U+FFFD.
 *
 * @param source what is decoded, for the message: `the network config on standard input`, a path
 * @throws CniError with code 6 that says what was expected, what was found and where
 */
export function decodeJson(bytes: Uint8Array, source: string): Json {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const open: { readonly items: Json[] | JsonMember[]; name: string | undefined }[] = [];
  let at = 0;

  /** The code of the next character that is not white space; NaN at the end. */
  const peek = (): number => {
    if (text.charCodeAt(at) <= 0x20) {
      whiteSpace.lastIndex = at;
      whiteSpace.test(text);
      at = whiteSpace.lastIndex;
    }
    return text.charCodeAt(at);
  };

  const name = (): string => {
    if (peek() !== quote) throw expected("a name in double quotes");
    const found = string();
    if (peek() !== colon) throw expected("':'");
    at++;
    return found;
  };

  const string = (): string => {
    const start = at;
    plainString.lastIndex = start;
    if (plainString.test(text)) {
      at = plainString.lastIndex;
      return text.slice(start + 1, at - 1);
    }
    at++;
    for (let code = text.charCodeAt(at); code !== quote; code = text.charCodeAt(at)) {
      if (Number.isNaN(code)) throw expected("the end of a string");
      if (code < 0x20) throw refused("a control character inside a string (write it as an escape such as \\n)");
      at += code === backslash ? 2 : 1;
    }
    at++;
    try {
      return (JSON.parse(text.slice(start, at)) as string).toWellFormed();
    } catch {
      at = start;
      throw refused("an escape that JSON does not know in the string");
    }
  };

  const scalar = (first: number): Json => {
    if (first === quote) return string();
    literal.lastIndex = at;
    if (!literal.test(text)) throw expected("a value");
    const found = text.slice(at, literal.lastIndex);
    at = literal.lastIndex;
    if (found === "true" || found === "false") return found === "true";
    if (found === "null") return null;
    // No number that JavaScript prints is longer, and reading a longer one may take its time.
    const number = found.length > 32 ? Number.NaN : Number(found);
    return String(number) === found ? number : new JsonNumber(found);
  };

  const expected = (what: string): CniError => {
    const found = text.codePointAt(at);
    return refused(
      `expected ${what}, got ${found === undefined ? "the end" : JSON.stringify(String.fromCodePoint(found))}`,
    );
  };

  const refused = (problem: string): CniError => {
    if (text.trim() === "") return new CniError(Code.decoding, `${source} is empty, a JSON object is needed`);
    const before = text.slice(0, at);
    const line = before.split("\n").length;
    const column = at - before.lastIndexOf("\n");
    return new CniError(Code.decoding, `${source} is not valid JSON: ${problem} at line ${line}, column ${column}`);
  };

  if (text.startsWith("\ufeff")) throw refused("a byte order mark (save the text as UTF-8 without BOM)");
  for (;;) {
    let value: Json;
    const first = peek();
    if (first === openBrace || first === openBracket) {
      if (open.length === deepest) throw refused(`more than ${deepest} levels of nesting`);
      at++;
      if (peek() !== (first === openBrace ? closeBrace : closeBracket)) {
        open.push({ items: [], name: first === openBrace ? name() : undefined });
        continue;
      }
      at++;
      value = first === openBrace ? new JsonObject([]) : [];
    } else {
      value = scalar(first);
    }

    for (;;) {
      const top = open[open.length - 1];
      const next = peek();
      if (top === undefined) {
        if (at < text.length) throw refused("there is something after its end");
        return value;
      }
      const inObject = top.name !== undefined;
      (top.items as unknown[]).push(inObject ? [top.name, value] : value);
      if (next === comma) {
        at++;
        if (inObject) top.name = name();
        break;
      }
      if (next !== (inObject ? closeBrace : closeBracket)) throw expected(inObject ? "',' or '}'" : "',' or ']'");
      at++;
      value = inObject ? new JsonObject(top.items as JsonMember[]) : (top.items as Json[]);
      open.pop();
    }
  }
}

/** Go's limit (maxNestingDepth); the decoder is a loop with its own stack, so that it needs no other. */
const deepest = 10_000;

const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

// One native match for a token: a loop over characters costs ten times as much until it is compiled.
const whiteSpace = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids just these in strings
const plainString = /"[^"\\\0-\x1f]*"/y;
const literal = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
