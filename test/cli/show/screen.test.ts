import { describe, expect, test } from "bun:test";
import { command, line, lookAtScreen, render } from "../../../src/cli/show/screen.ts";
import { escapeUnseen } from "../../../src/unseen.ts";

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
  expect(render([line(0, "the NIC \x1b[31m\x07\x9b")], wide)).toBe("the NIC \\u001b[31m\\u0007\\u009b\n");
});

test.each([
  ["marks of direction", "a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"],
  ["what has no width", "a\u200bb\ufeffc\u00ad", "a\\u200bb\\ufeffc\\u00ad"],
  ["separators of lines", "a\u2028b\u2029", "a\\u2028b\\u2029"],
  ["tags beyond the first plane", "a\u{e0041}", "a\\udb40\\udc41"],
  ["half a character", "a\ud800", "a\\ud800"],
  ["letters and pictures", "größe 網路 \u{1f600}", "größe 網路 \u{1f600}"],
])("what nobody would see is shown: %s", (_, given, shown) => {
  expect(escapeUnseen(given)).toBe(shown);
  const json = JSON.stringify({ [given]: [given, '\n"'] }, null, 2);
  const escaped = escapeUnseen(json, "\n");
  expect(JSON.parse(escaped)).toEqual(JSON.parse(json));
  expect(escaped.replaceAll("\n", "")).toBe(escapeUnseen(escaped.replaceAll("\n", "")));
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
