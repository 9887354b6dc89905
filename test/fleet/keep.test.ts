import { describe, expect, test } from "bun:test";
import type { StatusAnswer } from "../../src/fleet/facts.ts";
import { type Facts, keepFacts } from "../../src/fleet/keep.ts";
import { findOddities } from "../../src/fleet/odd.ts";

/** What a node tells that has these MTUs of these links. */
function tell(mtus: Readonly<Record<string, string>>): StatusAnswer {
  const facts = Object.entries(mtus).map(([subject, value]) => ({ subject, property: "MTU", value }));
  return { nics: [], problems: [], facts };
}

/** The different facts that these answers hold. */
function countHeld(answers: readonly StatusAnswer[]): number {
  return new Set(answers.flatMap(({ facts }) => facts)).size;
}

/** So many answers, each with links of its own beside bond0. */
function tellMany(facts: Facts, { nodes, own, odd = -1 }: { nodes: number; own: number; odd?: number }) {
  return Array.from({ length: nodes }, (_, node) => {
    const links = Array.from({ length: own }, (_, at) => [`enx${node}-${at}`, "1500"]);
    return facts.keep(tell({ ...Object.fromEntries(links), bond0: node === odd ? "1500" : "9000" }));
  });
}

describe("no more is kept than memory is meant for", () => {
  test.each([
    [10, 100],
    [1000, 100],
    [200, 1000],
  ])("%d nodes with %d links of their own", (nodes, own) => {
    const facts = keepFacts(2000);
    const answers = tellMany(facts, { nodes, own });
    expect(countHeld(answers)).toBeLessThanOrEqual(2000 + own + 1);
    // Nothing is lost without being counted.
    expect(countHeld(answers) + facts.countLost()).toBe(nodes * own + 1);
  });

  test("and what nodes have in common is compared all the same, wherever it comes", () => {
    const facts = keepFacts(2000);
    const answers = tellMany(facts, { nodes: 1000, own: 10, odd: 700 });
    expect(findOddities(answers.map((answer, node) => [`n${node}`, answer]))).toEqual([
      {
        subjects: ["bond0"],
        property: "MTU",
        usual: { value: "9000", count: 999 },
        others: [{ value: "1500", nodes: ["n700"] }],
      },
    ]);
  });

  test("links that nodes with the same answer have are no single node's", () => {
    const facts = keepFacts(100);
    const shared = facts.keep(tell({ a: "1500", b: "1500" }));
    facts.share(shared);
    tellMany(facts, { nodes: 100, own: 10 });
    expect(shared.facts.length).toBe(2);
  });

  test("values without number of one link are one value in the end, which is never the usual one", () => {
    const facts = keepFacts();
    const many = Array.from({ length: 3000 }, (_, node) => facts.keep(tell({ bond0: String(node) })));
    expect(countHeld(many)).toBe(1001);
    const pairs = many.map((answer, node) => [`n${node}`, answer] as const);
    expect(findOddities(pairs)).toEqual([]);
    const usual = Array.from({ length: 3200 }, (_, node) => [`m${node}`, facts.keep(tell({ bond0: "0" }))] as const);
    const [oddity] = findOddities([...pairs.slice(0, 1200), ...usual]);
    expect(oddity?.usual).toEqual({ value: "0", count: 3201 });
    expect(oddity?.others.find(({ value }) => value === "another value")?.nodes.length).toBe(200);
  });
});
