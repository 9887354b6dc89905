import { describe, expect, test } from "bun:test";
import { startTable } from "../../../src/cli/show/live.ts";
import { toPendingRow, toRow } from "../../../src/cli/show/reachTable.ts";
import { lookAtScreen, type Screen } from "../../../src/cli/show/screen.ts";

/** ECMA-48: erase what is below. */
const erase = "\x1b[J";

/** A terminal: what it shows of what is written to it. */
function terminal(width: number) {
  const lines: string[] = [];
  let written = "";
  return {
    write(text: string) {
      written += text;
      const end = text.endsWith(erase) ? text.length : 0;
      if (end > 0) lines.splice(lines.length - Number.parseInt(text.slice(2), 10));
      for (const line of text.slice(end).split("\n").slice(0, -1)) {
        for (let at = 0; at === 0 || at < line.length; at += width) lines.push(line.slice(at, at + width));
      }
    },
    lines,
    written: () => written,
  };
}

const header = { cells: ["TO", "WHAT"] };
const names = ["a", "b", "c"];
const pending = names.map((name) => ({ cells: [name, ""] }));
const long = `${"x".repeat(50)} end`;

function fill(screen: Screen, width: number) {
  const shown = terminal(width);
  const table = startTable(header, pending, { screen, quiet: false, write: shown.write });
  const steps: string[][] = [[...shown.lines]];
  for (const index of [2, 0, 1]) {
    table.set(index, { cells: [names[index] ?? "", index === 0 ? long : "ok"] }, { done: true });
    steps.push([...shown.lines]);
  }
  return { steps, written: shown.written() };
}

describe("a table while it fills", () => {
  test("on a terminal each row is written in its place, and cut as long as others are to come", () => {
    const { steps } = fill({ width: 20, colours: false, height: 24 }, 20);
    expect(steps).toEqual([
      ["TO  WHAT", "a", "b", "c"],
      ["TO  WHAT", "a", "b", "c   ok"],
      ["TO  WHAT", `a   ${"x".repeat(15)}`, "b", "c   ok"],
      ["TO  WHAT", `a   ${"x".repeat(16)}`, "x".repeat(20), `${"x".repeat(14)} end`, "b   ok", "c   ok"],
    ]);
  });

  test.each<[what: string, screen: Screen]>([
    ["a pipe", { width: Number.POSITIVE_INFINITY, colours: false }],
    ["a terminal that is too low", { width: 80, colours: true, height: 4 }],
    ["a dumb terminal", { width: 80, colours: false, height: undefined }],
  ])("on %s line by line, as rows are done", (_, screen) => {
    const { steps, written } = fill(screen, 1000);
    expect(written).not.toContain(erase);
    expect(steps.at(-1)).toEqual(["TO  WHAT", "c   ok", `a   ${long}`, "b   ok"]);
  });

  test("nothing where nobody wants to see it", () => {
    const shown = terminal(80);
    const table = startTable(header, pending, {
      screen: { width: 80, colours: false },
      quiet: true,
      write: shown.write,
    });
    table.set(0, { cells: ["a", "ok"] }, { done: true });
    expect(shown.written()).toBe("");
  });
});

test("the table of who reaches whom is whole on a terminal of 80 columns when it is done", () => {
  const addresses = ["192.0.2.10", "2001:db8:1:2:3:4:5:6"].map((address) => ({
    address,
    interface: "net1",
    connected: true,
    bitsPerSecond: 9.4e9,
    reason: null,
  }));
  const row = { from: "worker-1-a", to: "worker-2-b", addresses, reason: null };
  const shown = terminal(80);
  const first = toPendingRow(
    "worker-1-a",
    "worker-2-b",
    addresses.map(({ address }) => address),
  );
  const table = startTable(header, [first], {
    screen: { width: 80, colours: false, height: 24 },
    quiet: false,
    write: shown.write,
  });
  table.set(0, toRow(row), { done: true });
  expect(shown.lines.slice(1).join("")).toContain("[9.40 Gbit/s  9.40 Gbit/s]");
});

test.each([
  [
    { TERM: "dumb", COLUMNS: "100" },
    { width: 100, colours: false, height: undefined },
  ],
  [{ COLUMNS: "5" }, { width: 20, colours: false, height: undefined }],
])("what is no terminal that obeys is known: %j", (env, screen) => {
  expect(lookAtScreen(env)).toEqual(screen);
});
