import { describe, expect, test } from "bun:test";
import { command, line, lookAtScreen, render } from "../../../src/cli/show/screen.ts";

const wide = { width: Number.POSITIVE_INFINITY, colours: false };

describe("wrapping", () => {
  test.each([
    [line(0, "a bond of two"), 20, "a bond of two\n"],
    [line(0, "a bond of two NICs"), 10, "a bond of\n  two NICs\n"],
    [line(1, "a bond of two NICs"), 10, "  a bond\n    of two\n    NICs\n"],
    [line(0, "an-interface-name-that-is-long is kept"), 10, "an-interface-name-that-is-long\n  is kept\n"],
    [command(1, "ip link set dev ens192 up"), 10, "  ip link set dev ens192 up\n"],
    [{ lead: "└─ ", hang: "   │ ", text: "bond0: bond, up" }, 14, "└─ bond0:\n   │ bond, up\n"],
  ])("%p at %p columns", (one, width, text) => {
    expect(render([one], { width, colours: false })).toBe(text);
  });
});

test("control characters that a name brings along do not reach the terminal", () => {
  expect(render([line(0, "the NIC \x1b[31m\x07\x9b")], wide)).toBe("the NIC \\x1b[31m\\x07\\x9b\n");
});

test("colours do not count as columns", () => {
  expect(render([line(0, "one two", "red")], { width: 7, colours: true })).toBe("\x1b[31mone two\x1b[39m\n");
});

test.each([
  ["what COLUMNS says", { COLUMNS: "100" }, 100],
  ["at least 20 columns", { COLUMNS: "3" }, 20],
  ["no limit for a pipe", {}, Number.POSITIVE_INFINITY],
  ["no limit for nonsense", { COLUMNS: "wide" }, Number.POSITIVE_INFINITY],
])("the width is %s", (_, env, width) => {
  expect(lookAtScreen(env).width).toBe(width);
});
