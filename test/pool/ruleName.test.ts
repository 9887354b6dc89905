import { expect, test } from "bun:test";
import { nameRule, readRuleName } from "../../src/pool/ruleName.ts";

test("a rule's name tells the rule, and is neither a path nor the name of a link", () => {
  const rule = { from: "192.168.0.0/16", table: "7425" };
  expect(nameRule(rule)).toBe("from 192.168.0.0-16 lookup 7425");
  expect(readRuleName(nameRule(rule))).toEqual(rule);
});

test.each(["bond0.100", "from-1.1.1.1-8", "from 1.1.1.1-8 lookup x", "from 1.1.1.1/8 lookup 5"])(
  "%j is none",
  (name) => {
    expect(readRuleName(name)).toBeUndefined();
  },
);
