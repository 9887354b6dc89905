import { findAltNameFault } from "./names.ts";
import { findNearest } from "./nearest.ts";

/** What values an option takes, as data: parser, documentation and JSON schema read it. */
export type ValueRule =
  /** A whole number, both limits included. */
  | { readonly kind: "number"; readonly min: number; readonly max: number; readonly unit?: "ms" | "s" }
  /** One of the words, or its place among them, which is the kernel's number for it. */
  | { readonly kind: "choice"; readonly words: readonly string[] }
  /** on, off, 1 or 0; `off` and `on` are the words that `ip` takes for them. */
  | { readonly kind: "switch"; readonly off: "off" | "0"; readonly on: "on" | "1" }
  /** Unicast addresses, no two the same. */
  | { readonly kind: "addresses"; readonly family: "IPv4" | "IPv6"; readonly most: number }
  /** A unicast MAC address; all zeros is the driver's word for "none". */
  | { readonly kind: "mac" }
  /** One of the config's interfaces. */
  | { readonly kind: "interface" }
  /** A list of FROM:TO, each FROM once; the largest number that either may be. */
  | { readonly kind: "priorities"; readonly mostFrom: number; readonly mostTo: number };

/** The value as the one word that `ip` takes for it, or the end of a sentence that says what was wrong with it. */
export type ParsedValue = { readonly value: string } | { readonly fault: string };

/** The interfaces that a value of kind `interface` may name; `undefined`: any. */
export interface ValueContext {
  readonly interfaces?: readonly string[] | undefined;
}

/**
 * Checks `text` against `rule` and brings it to its one canonical form, so that equal values are equal words.
 *
 * Numbers are decimal ASCII without sign or leading zero, because `ip` would read `010` as 8 and `0x10` as 16.
 */
export function parseValue(rule: ValueRule, text: string, context: ValueContext = {}): ParsedValue {
  switch (rule.kind) {
    case "number": {
      const number = parseNumber(text, rule);
      return number === undefined ? reject(rule, text) : { value: String(number) };
    }
    case "choice":
      return parseChoice(rule, text);
    case "switch":
      if (text === "on" || text === "1") return { value: rule.on };
      if (text === "off" || text === "0") return { value: rule.off };
      return reject(rule, text, findNearest(text, ["on", "off"]));
    case "addresses":
      return parseAddresses(rule, text);
    case "mac":
      return parseMac(rule, text);
    case "interface":
      return parseInterface(rule, text, context.interfaces);
    case "priorities":
      return parsePriorities(rule, text);
  }
}

/** What `rule` allows, in words: `0 to 255`, `slow, fast (or 0 to 1)`. */
export function describeRule(rule: ValueRule, context: ValueContext = {}): string {
  switch (rule.kind) {
    case "number":
      return `${rule.min} to ${rule.max}${rule.unit ? ` ${rule.unit}` : ""}`;
    case "choice":
      return `${rule.words.join(", ")} (or 0 to ${rule.words.length - 1})`;
    case "switch":
      return "on, off (or 1, 0)";
    case "addresses":
      return `up to ${rule.most} different unicast ${rule.family} addresses, separated by commas`;
    case "mac":
      return "a unicast MAC address such as 02:00:00:00:00:01";
    case "interface":
      return describeInterfaces(context.interfaces);
    case "priorities":
      return `FROM:TO pairs separated by commas, FROM 0 to ${rule.mostFrom} and each once, TO 0 to ${rule.mostTo}`;
  }
}

/** Names that can't be are left out: their own problem shows them, in quotes. */
function describeInterfaces(interfaces: readonly string[] = []): string {
  const names = interfaces.filter((name) => findAltNameFault(name) === undefined);
  const shown = [...names.slice(0, 10), ...(names.length > 10 ? ["..."] : [])];
  return shown.length === 0 ? "one of the interfaces" : `one of ${shown.join(", ")}`;
}

/** `text` as a message shows it: in quotes, control characters escaped, never long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

function reject(rule: ValueRule, got: string, near?: string, context?: ValueContext): ParsedValue {
  const hint = near === undefined ? "" : `; did you mean ${quote(near)}?`;
  return { fault: `got ${quote(got)}, allowed ${describeRule(rule, context)}${hint}` };
}

function parseNumber(text: string, range: { min: number; max: number }): number | undefined {
  if (!/^(0|[1-9][0-9]{0,9})$/.test(text)) return undefined;
  const number = Number(text);
  return number >= range.min && number <= range.max ? number : undefined;
}

function parseChoice(rule: ValueRule & { kind: "choice" }, text: string): ParsedValue {
  if (rule.words.includes(text)) return { value: text };
  const place = parseNumber(text, { min: 0, max: rule.words.length - 1 });
  const word = place === undefined ? undefined : rule.words[place];
  return word === undefined ? reject(rule, text, findNearest(text, rule.words)) : { value: word };
}

function parseInterface(rule: ValueRule, text: string, interfaces: readonly string[] | undefined): ParsedValue {
  const listed = interfaces?.includes(text) ?? true;
  if (listed && findAltNameFault(text) === undefined) return { value: text };
  return reject(rule, text, findNearest(text, interfaces ?? []), { interfaces });
}

function parseMac(rule: ValueRule, text: string): ParsedValue {
  const isMac = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text);
  const isGroup = (Number.parseInt(text.slice(0, 2), 16) & 1) === 1;
  return isMac && !isGroup ? { value: text.toLowerCase() } : reject(rule, text);
}

function parseAddresses(rule: ValueRule & { kind: "addresses" }, text: string): ParsedValue {
  const parse = rule.family === "IPv4" ? parseIPv4 : parseIPv6;
  const addresses: string[] = [];
  const items = splitList(text);
  if (items.length > rule.most) return reject(rule, `${items.length} addresses`);
  for (const item of items) {
    const address = parse(item);
    if (address === undefined) return reject(rule, item);
    if (addresses.includes(address)) return { fault: `${address} is in the list twice` };
    addresses.push(address);
  }
  return { value: addresses.join(",") };
}

/** Neither 0.0.0.0 nor the broadcast address: the driver takes these for no target (bond_is_ip_target_ok). */
function parseIPv4(text: string): string | undefined {
  const octets = text.split(".");
  if (octets.length !== 4 || octets.some((octet) => parseNumber(octet, { min: 0, max: 255 }) === undefined)) {
    return undefined;
  }
  return text === "0.0.0.0" || text === "255.255.255.255" ? undefined : text;
}

/** Neither `::`, `::1` nor multicast (bond_is_ip6_target_ok). */
function parseIPv6(text: string): string | undefined {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text)) return undefined;
  const canonical = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (canonical === undefined || canonical === "::" || canonical === "::1") return undefined;
  return /^ff[0-9a-f]{2}:/.test(canonical) ? undefined : canonical;
}

/**
 * Pairs in the order of FROM. Those to 0 are left out: 0 is what everything unmapped has, and the kernel does not
 * report them (vlan_fill_info). Where nothing is left, the value is empty: there is nothing to set.
 */
function parsePriorities(rule: ValueRule & { kind: "priorities" }, text: string): ParsedValue {
  const pairs = new Map<number, number>();
  const items = splitList(text);
  if (items.length > mostPriorities) return { fault: `has ${items.length} pairs, allowed are ${mostPriorities}` };
  for (const item of items) {
    const [left = "", right = "", ...rest] = item.split(":");
    const from = parseNumber(left, { min: 0, max: rule.mostFrom });
    const to = parseNumber(right, { min: 0, max: rule.mostTo });
    if (from === undefined || to === undefined || rest.length > 0) return reject(rule, item);
    if (pairs.has(from)) return { fault: `${from} is mapped twice` };
    pairs.set(from, to);
  }
  const kept = [...pairs].filter(([, to]) => to !== 0).sort(([a], [b]) => a - b);
  return { value: kept.map(([from, to]) => `${from}:${to}`).join(",") };
}

/** A few thousand would be more than the kernel can tell of a link in one message. */
const mostPriorities = 1000;

/** `a,b`, `a b` or the JSON array `["a","b"]`: its items. Anything else comes back as the one item it is. */
function splitList(text: string): readonly string[] {
  if (!text.startsWith("[")) return text.split(/\s*,\s*|\s+/);
  try {
    const items: unknown = JSON.parse(text);
    const words = Array.isArray(items) ? items.filter((item) => typeof item === "string") : [];
    return words.length > 0 && words.length === (items as unknown[]).length ? words.map((word) => word.trim()) : [text];
  } catch {
    return [text];
  }
}
