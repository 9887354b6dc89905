import { expect, test } from "bun:test";
import { drawGrid, drawReachMermaid } from "../../../src/cli/show/reachTable.ts";
import type { Row } from "../../../src/reach/test.ts";

function row(from: string, to: string, connected: readonly boolean[], reason: string | null = null): Row {
  const addresses = connected.map((connected, at) => ({
    address: `192.0.2.${at}`,
    interface: null,
    connected,
    bitsPerSecond: null,
    reason: null,
  }));
  return { from, to, addresses, reason };
}

test("the grid has a letter for all, some and none of the addresses, and a row for each that asked", () => {
  const rows = [
    row("a", "bc", [true, true]),
    row("bc", "a", [true, false]),
    row("a", "d", [true], "no address in two"),
    row("d", "a", [false]),
    row("d", "bc", [true]),
  ];
  expect(drawGrid(rows).map(({ text, colour }) => `${text}|${colour ?? ""}`)).toEqual([
    "        1  2  3|",
    "a    1     +  ~|red",
    "bc   2  ~      |red",
    "d    3  -  +   |red",
    "+ all addresses are connected, ~ some, - none|",
  ]);
});

test("the grid and the diagram of 300 peers, 90,000 rows, are drawn in seconds", () => {
  const names = Array.from({ length: 300 }, (_, at) => `worker-${at}`);
  let read = 0;
  const rows = names.flatMap((from) =>
    names.map((to) => ({
      ...row(from, to, [true]),
      get from() {
        read++;
        return from;
      },
    })),
  );
  expect(drawGrid(rows).length).toBe(302);
  expect(drawReachMermaid(rows).split("\n").length).toBeGreaterThan(90_000);
  // Each row is looked at some times, not once for each other one.
  expect(read / rows.length).toBeLessThan(10);
});
