import { expect, test } from "bun:test";
import { makeReadable } from "../../src/cni/readable.ts";
import { escapeUnseen } from "../../src/unseen.ts";

test.each([
  ["a\u007fb\u0085c\u001b[31m\u2028", "a\\u007fb\\u0085c\\u001b[31m\\u2028"],
  ["one\ntwo", "one\\ntwo"],
  ["to the \u202etfel", "to the \\u202etfel"],
  [
    `the interface ${"x".repeat(10_000)} is not on this node`,
    `the interface ${"x".repeat(700)}... is not on this node`,
  ],
  [`got "${"a b".repeat(4000)}", allowed 1`, `got "${"a b".repeat(233)}..., allowed 1`],
])("a message is one readable line: %#", (message, shown) => {
  expect(makeReadable(message)).toBe(shown);
});

test("details keep their lines and their length, and have no control characters", () => {
  const details = `one\n\ttwo\u007f ${"x".repeat(10_000)}`;
  expect(escapeUnseen(details, "\t\n")).toBe(details.replace("\u007f", "\\u007f"));
});
