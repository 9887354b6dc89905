import { CniError, Code } from "../error.ts";
import { describeJson, integer, isJsonArray, type Json, JsonObject, membersNamed } from "../json.ts";

/** What a member must be for the reference library's types to decode it; `null` and missing are always fine. */
export type Shape = keyof typeof words | Fields | readonly [Shape] | { readonly anyOf: Shape };

type Fields = { readonly fields: Readonly<Record<string, Shape>> };

const words = {
  string: "a string",
  boolean: "true or false",
  integer: "an integer",
  address: "an IP address",
  subnet: "an IP address with its prefix length, such as 192.0.2.1/24",
} as const;

/** `dns` of a network config and of a result. */
export const dnsShape: Shape = {
  fields: { nameservers: ["string"], domain: "string", search: ["string"], options: ["string"] },
};

/**
 * @param path where the value stands, for the message: `prevResult`
 * @throws CniError code 6 that names the first member of a wrong type, as Go's decoder would refuse it
 */
export function checkShape(value: Json, shape: Shape, path: string): void {
  if (value === null) return;
  if (typeof shape === "string") {
    if (!isScalar(value, shape)) throw wrongType(path, words[shape], value);
  } else if (isList(shape)) {
    if (!isJsonArray(value)) throw wrongType(path, "a list", value);
    value.forEach((item, index) => {
      checkShape(item, shape[0], `${path}[${index}]`);
    });
  } else if (!(value instanceof JsonObject)) {
    throw wrongType(path, "an object", value);
  } else if ("anyOf" in shape) {
    for (const [name, inner] of value.members) checkShape(inner, shape.anyOf, `${path}.${name}`);
  } else {
    for (const [name, field] of Object.entries(shape.fields)) {
      for (const inner of membersNamed(value, name)) checkShape(inner, field, path === "" ? name : `${path}.${name}`);
    }
  }
}

/** The family of an address, with or without a prefix length; `undefined`: not an address. */
export function addressFamily(text: string): "4" | "6" | undefined {
  const [address = "", length = "0", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  if (isIPv4(address)) return Number(length) <= 32 ? "4" : undefined;
  return isIPv6(address) && Number(length) <= 128 ? "6" : undefined;
}

// Written out because node:net costs 2.5 ms at start-up, and the URL parser refuses addresses such as ::0:0:0:0:192.0.2.1.

function isIPv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

function isIPv6(text: string): boolean {
  const lastGroup = text.slice(text.lastIndexOf(":") + 1);
  const inGroups = isIPv4(lastGroup) ? `${text.slice(0, -lastGroup.length)}0:0` : text;
  const halves = inGroups.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8;
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function isScalar(value: Json, kind: keyof typeof words): boolean {
  switch (kind) {
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return integer(value) !== undefined;
    case "address":
      return value === "" || (typeof value === "string" && !value.includes("/") && addressFamily(value) !== undefined);
    case "subnet":
      return typeof value === "string" && value.includes("/") && addressFamily(value) !== undefined;
  }
}

function wrongType(path: string, wanted: string, got: Json): CniError {
  return new CniError(Code.decoding, `${path} of the network config must be ${wanted}, got ${describeJson(got)}`);
}
