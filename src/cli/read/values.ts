import { canonicalAddress } from "../../wire/address.ts";
import { type Options, UsageError } from "../arguments.ts";

interface Range {
  readonly from: number;
  readonly to: number;
  readonly otherwise: number;
  readonly whole?: boolean;
}

/** The number that an option is given. Throws a UsageError where it is none or out of its range. */
export function readNumber(options: Options, long: string, { from, to, otherwise, whole = false }: Range): number {
  const word = options.value(long);
  if (word === undefined) return otherwise;
  const value = /^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN;
  if (!(value >= from && value <= to) || (whole && !Number.isInteger(value))) {
    const kind = whole ? "whole number" : "number";
    throw new UsageError(`${long} is ${JSON.stringify(word)}, allowed is a ${kind} from ${from} to ${to}`);
  }
  return value;
}

/** The ids that `100-110,200` stands for. Throws a UsageError where it is no such list or too long. */
export function readVlanIDs(list: string, most: number): number[] {
  const ids = list.split(",").flatMap((part) => {
    const [, first = "", last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === "" || from < 1 || to > 4094 || from > to) {
      throw new UsageError(`--vlans is ${JSON.stringify(list)}, allowed are ids from 1 to 4094 such as 100-110,200`);
    }
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  const unique = [...new Set(ids)];
  if (unique.length > most)
    throw new UsageError(`--vlans names ${unique.length} VLANs, at most ${most} are asked in one go`);
  return unique;
}

/** The addresses that an option names, as the kernel writes them. Throws a UsageError where one is none. */
export function readAddresses(options: Options, long: string): string[] {
  return options.values(long).map((word) => {
    const address = canonicalAddress(word);
    if (address === undefined)
      throw new UsageError(`${long} is ${JSON.stringify(word)}, allowed is an IPv4 or IPv6 address`);
    return address;
  });
}
