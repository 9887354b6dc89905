import { describe, expect, test } from "bun:test";
import { agreeOnVersion } from "../../src/cni/agree.ts";
import { CniError } from "../../src/error.ts";
import { resultShape, supportedVersions, type Verb, verbs } from "../../src/protocol/versions.ts";

/** The version agreed on, or the code of the error. */
function agree(cniVersion: string, verb: Verb): string | number {
  try {
    return agreeOnVersion(cniVersion, verb);
  } catch (error) {
    return error instanceof CniError ? error.code : "not a CniError";
  }
}

const oldestFor: Partial<Record<Verb, number>> = {
  CHECK: supportedVersions.indexOf("0.4.0"),
  GC: supportedVersions.indexOf("1.1.0"),
  STATUS: supportedVersions.indexOf("1.1.0"),
};

describe.each([...verbs])("%s", (verb) => {
  test.each([...supportedVersions])("cniVersion %s", (version) => {
    const allowed = supportedVersions.indexOf(version) >= (oldestFor[verb] ?? 0);
    expect(agree(version, verb)).toBe(allowed ? version : 1);
  });
});

test.each<[string, string | number, number, number]>([
  ["", "0.1.0", 1, 1],
  ["0.5.0", 1, 1, 1],
  ["1.2.0", 1, 1, 1],
  ["2.0.0", 1, 1, 1],
  ["1.0", 1, 1, 1],
  ["1", 1, 1, 1],
  ["1.1", 1, 1, 1],
  ["01.1.0", 1, 1, 1],
  ["+1.1.0", 1, 1, 1],
  ["1.-1.0", 1, 1, 1],
  ["99999999999999999999.0.0", 1, 6, 6],
  ["1.0.0-rc1", 1, 6, 6],
  ["v1.0.0", 1, 6, 6],
  ["abc", 1, 6, 6],
  ["1.0.0.0", 1, 6, 6],
  ["1..0", 1, 6, 6],
  [" 1.0.0", 1, 6, 6],
  ["1.0.0\n", 1, 6, 6],
  ["1.1.0 ", 1, 6, 6],
])("cniVersion %j: ADD and DEL %p, CHECK %p, GC and STATUS %p", (version, plain, check, young) => {
  expect([agree(version, "ADD"), agree(version, "DEL")]).toEqual([plain, plain]);
  expect(agree(version, "CHECK")).toBe(check);
  expect([agree(version, "GC"), agree(version, "STATUS")]).toEqual([young, young]);
});

test.each([
  ["1.2.0", "ADD", 'cniVersion "1.2.0" is not supported: use one of 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0'],
  ["abc", "CHECK", 'cniVersion "abc" is not a version: use one of 0.1.0'],
  ["0.3.1", "CHECK", "CHECK needs cniVersion 0.4.0 or later, the network config says 0.3.1"],
  ["", "GC", "GC needs cniVersion 1.1.0 or later, the network config says 0.1.0"],
] as const)("cniVersion %j with %s says %s", (version, verb, message) => {
  expect(() => agreeOnVersion(version, verb)).toThrow(message);
});

test("a version of a megabyte is refused in a short sentence", () => {
  const version = "9".repeat(1_000_000);
  expect([agree(version, "ADD"), agree(version, "CHECK")]).toEqual([1, 6]);
  expect(() => agreeOnVersion(version, "STATUS")).toThrow(/^.{1,200}$/);
});

test("results have three shapes", () => {
  expect(supportedVersions.map(resultShape)).toEqual([
    "ip4ip6",
    "ip4ip6",
    "versionedIPs",
    "versionedIPs",
    "versionedIPs",
    "ips",
    "ips",
  ]);
});
