import { expect, test } from "bun:test";
import { Code, errorOfAll } from "../src/error.ts";

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
