import { expect, test } from "bun:test";
import { CniError, Code, errorOfAll } from "../src/error.ts";

test.each([
  ["a\u007fb\u0085c\u001b[31m\u2028", "a\\u007fb\\u0085c\\u001b[31m\\u2028"],
  ["one\ntwo", "one\\ntwo"],
  [
    `the interface ${"x".repeat(10_000)} is not on this node`,
    `the interface ${"x".repeat(700)}... is not on this node`,
  ],
  [`got "${"a b".repeat(4000)}", allowed 1`, `got "${"a b".repeat(233)}..., allowed 1`],
])("a message is one readable line: %#", (message, shown) => {
  expect(new CniError(Code.bug, message).message).toBe(shown);
});

test("details keep their lines and their length, and have no control characters", () => {
  const details = `one\n\ttwo\u007f ${"x".repeat(10_000)}`;
  expect(new CniError(Code.bug, "x", { details }).details).toBe(details.replace("\u007f", "\\u007f"));
});

/** The facts of an error as the runtime shows them in an event (libcni, Error). */
function show(facts: readonly string[]): string {
  const { message, details } = errorOfAll(Code.invalidConfig, facts, { lead: "not valid, " });
  return details === "" ? message : `${message}; ${details}`;
}

test("an event has each fact once, in one line", () => {
  expect(show(["a: wrong"])).toBe("not valid, a: wrong");
  expect(show(["a: wrong", "b: wrong", "c: wrong"])).toBe("not valid, a: wrong (the first of 3); b: wrong; c: wrong");
});

test("of very many facts a hundred are shown and the others counted", () => {
  const facts = Array.from({ length: 250 }, (_, index) => `fact ${index}`);
  const shown = show(facts).split("; ");
  expect([shown.length, shown.at(-2), shown.at(-1)]).toEqual([101, "fact 99", "and 150 more"]);
});
