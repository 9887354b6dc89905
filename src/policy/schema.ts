import * as z from "zod/v4/core";
import { parseSubnet } from "../config/addresses.ts";
import { array, boolean, object, shapeOf, text } from "../config/kinds.ts";

const patternWords = "a name or a pattern with * and ?, each in an item of its own";

/** Other signs of other pattern languages would match nothing, and a deny that matches nothing protects nothing. */
function pattern() {
  const error = () => patternWords;
  const sign = /^[^\s/:#[\]{}()|^$,!\\'"]+$/;
  return text(patternWords, [new z.$ZodCheckRegex({ check: "string_format", format: "regex", pattern: sign, error })]);
}

function patterns() {
  return array(pattern(), "an array of names or patterns with * and ?");
}

const rangesWords = "VLAN ids from 1 to 4094 and ranges of them, such as 100-199,300";

function ranges() {
  const fn = (value: unknown) => parseRanges(String(value)) !== undefined;
  return text(rangesWords, [new z.$ZodCustom({ type: "custom", check: "custom", fn, error: () => rangesWords })]);
}

const kindWords = "a kind of link, as ip-link(8) calls it, such as veth";

function kinds() {
  const error = () => kindWords;
  const kind = text(kindWords, [
    new z.$ZodCheckRegex({ check: "string_format", format: "regex", pattern: /^[a-z][a-z0-9_-]*$/, error }),
  ]);
  return array(kind, "an array of kinds of link, such as veth");
}

const subnetWords = "a subnet such as 10.0.0.0/8";

function subnets() {
  const fn = (value: unknown) => parseSubnet(String(value)) !== undefined;
  const subnet = text(subnetWords, [
    new z.$ZodCustom({ type: "custom", check: "custom", fn, error: () => subnetWords }),
  ]);
  return array(subnet, "an array of subnets such as 10.0.0.0/8");
}

const interfacesFields = { allow: patterns, deny: patterns, slaveKinds: kinds };

const policyFields = {
  interfaces: (value?: unknown) =>
    object(shapeOf(interfacesFields, value), "an object with allow, deny and slaveKinds"),
  vlanIDs: ranges,
  bond: boolean,
  allowInUse: boolean,
  removeUnused: boolean,
  probe: boolean,
  linkInContainer: boolean,
  nodePath: boolean,
  nodePathRoutes: subnets,
  nodePathAddresses: subnets,
  plugin: boolean,
  pluginTypes: () => array(text("the type of a main plugin, such as ipvlan"), "an array of types of main plugins"),
  ipamTypes: () => array(text("the type of an IPAM plugin, such as host-local"), "an array of types of IPAM plugins"),
};

/** The keys of the policy, and those of its `interfaces`. */
export const policyKeys = Object.keys(policyFields);
export const interfacesKeys = Object.keys(interfacesFields);

/**
 * The schema of what the policy file may hold. A key that is not there restricts nothing.
 *
 * @param policy the policy that is to be judged: only what that one needs is built. Without it, the schema of all
 */
export function policySchema(policy?: unknown) {
  return object(shapeOf(policyFields, policy));
}

export type Policy = z.output<ReturnType<typeof policySchema>>;

/** The first and the last id. */
export type Range = readonly [first: number, last: number];

/** `100-199,300` as ranges; `undefined` where it is not such a list. */
export function parseRanges(text: string): readonly Range[] | undefined {
  const found: Range[] = [];
  for (const part of text.split(",")) {
    const [, left, right] = /^\s*([1-9]\d{0,3})\s*(?:-\s*([1-9]\d{0,3})\s*)?$/.exec(part) ?? [];
    const [first, last] = [Number(left), Number(right ?? left)];
    if (!(first <= last && last <= 4094)) return undefined;
    found.push([first, last]);
  }
  return found;
}
