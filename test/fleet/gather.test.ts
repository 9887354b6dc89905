import { describe, expect, test } from "bun:test";
import { type Gathered, Gathering } from "../../src/fleet/gather.ts";
import { readLogLine } from "../../src/fleet/line.ts";

const plan = (node?: string) => JSON.stringify({ version: 1, node, entries: [] });
const status = (node?: string) => JSON.stringify({ version: 1, node, links: [] });

function gather(...texts: string[]): Gathered {
  const gathering = new Gathering();
  for (const [index, text] of texts.entries()) {
    gathering.add({ number: index + 1, text, tooLong: false }, { name: "log", node: undefined });
  }
  return gathering.finish();
}

describe("what stands before a line", () => {
  test.each([
    ['[pod/p-x7k/preflight] {"a":1}', "p-x7k", '{"a":1}'],
    ["[pod/p-x7k/preflight] 2026-11-21T12:00:00.123456789Z {}", "p-x7k", "{}"],
    ["[pod/p-x7k/preflight]", "p-x7k", ""],
    ["{}\r", undefined, "{}"],
    ["\uFEFF{}", undefined, "{}"],
    ["[pod/p] {}", undefined, "[pod/p] {}"],
    ["[1,2]", undefined, "[1,2]"],
    [`[pod/${"p".repeat(300)}/c] {}`, undefined, `[pod/${"p".repeat(300)}/c] {}`],
  ])("%j", (line, pod, text) => {
    expect(readLogLine(line)).toEqual({ pod, text });
  });
});

test("a node's lines come together, from wherever they are", () => {
  const { nodes, unused } = gather(`[pod/p/c] ${plan("a")}`, status("a"), plan("b"));
  expect([...nodes.keys()]).toEqual(["a", "b"]);
  expect(nodes.get("a")).toMatchObject({ plan: { failures: [] }, status: { facts: [] } });
  expect(unused.size).toBe(0);
});

test("of a node that answers twice, the last answer counts", () => {
  const changed = JSON.stringify({ version: 1, node: "a", entries: [{ changes: [{ message: "x" }] }] });
  const { nodes, repeated } = gather(plan("a"), changed, status("a"));
  expect(nodes.get("a")?.plan).toMatchObject({ changes: ["x"] });
  expect([...repeated]).toEqual(["a"]);
});

test.each([[[0, 1]], [[1, 0]]])("a node that would fail by one of its answers fails, in order %j", (order) => {
  const possible = [false, true].map((possible) => JSON.stringify({ version: 1, node: "a", possible, entries: [] }));
  const { nodes } = gather(...order.map((index) => possible[index] ?? ""));
  expect(nodes.get("a")?.plan).toMatchObject({ failures: [{ message: "no reason is given" }] });
});

test("a node that does not say its name is called by its Pod", () => {
  expect([...gather(`[pod/p/c] ${plan()}`).nodes.keys()]).toEqual(["pod p"]);
});

test.each([
  ["cut off", plan("a").slice(0, 20), "broken"],
  ["without a name", plan(), "nameless"],
  ["text", "exec format error", "foreign"],
  ["another's JSON", '{"level":"info"}', "foreign"],
  ["JSON and more", `${plan("a")}}`, "broken"],
] as const)("a line that is %s is counted and shown", (_, text, fault) => {
  const { nodes, unused } = gather(text, text);
  expect([...nodes]).toEqual([]);
  expect([...unused]).toEqual([[fault, { count: 2, first: { source: "log", number: 1, text } }]]);
});

test("of what a Pod prints instead of an answer, the first line is known", () => {
  const { nodes } = gather(
    "[pod/p/c] exec format error",
    "[pod/p/c] and more",
    `[pod/q/c] ${plan("b")}`,
    "[pod/q/c] also",
  );
  expect(nodes.get("pod p")).toEqual({ plan: undefined, status: undefined, instead: "exec format error" });
  expect(nodes.get("b")).toMatchObject({ plan: {}, instead: "also" });
});

test("a node whose ifacer says it in a way that is not known has said nothing", () => {
  const { nodes, unused } = gather('{"version":2,"node":"a","entries":{}}');
  expect([...nodes.keys()]).toEqual(["a"]);
  expect(nodes.get("a")).toMatchObject({ plan: undefined, status: undefined });
  expect(unused.get("foreign")?.count).toBe(1);
});

test("a long line is shown by its beginning", () => {
  expect(gather("x".repeat(500)).unused.get("foreign")?.first.text).toBe(`${"x".repeat(80)}...`);
});
