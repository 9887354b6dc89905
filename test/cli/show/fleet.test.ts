import { describe, expect, test } from "bun:test";
import { showFleet } from "../../../src/cli/show/fleet.ts";
import type { Group, Summary } from "../../../src/fleet/summary.ts";

const nothing = { drift: [], odd: [], lostFacts: 0, problems: [], unused: new Map(), repeated: [], unexpected: [] };
const names = (count: number, prefix = "n") => Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

function show(given: Partial<Summary>, { all = false } = {}): string[] {
  const groups = given.groups ?? [{ outcome: "inPlace", nodes: names(1) }];
  const nodes = groups.reduce((sum, group) => sum + group.nodes.length, 0);
  return showFleet({ ...nothing, nodes, ...given, groups }, { all }).map(({ lead, text }) => `${lead}${text}`);
}

const fails = (count: number, more: object = {}): Group => ({
  outcome: "fails",
  nodes: names(count),
  reasons: [{ nodes: names(count), message: "ens1 is used", example: "", nics: undefined, ...more }],
});

describe("a long list is cut with its count", () => {
  test.each([
    [8, "n1 n2 n3 n4 n5 n6 n7 n8"],
    [9, "n1 n2 n3 n4 n5 n6 and 3 more"],
  ])("of %d names", (count, expected) => {
    expect(show({ groups: [fails(count)] })[1]).toBe(`        ${expected}   ens1 is used`);
  });

  test("and is whole with --all", () => {
    expect(show({ groups: [fails(9)] }, { all: true })[1]).toBe("        n1 n2 n3 n4 n5 n6 n7 n8 n9   ens1 is used");
  });

  test("of reasons", () => {
    const reasons = names(22).map((name) => ({
      nodes: [name],
      message: `${name} is odd`,
      example: "",
      nics: undefined,
    }));
    const group: Group = { outcome: "fails", nodes: names(22), reasons };
    expect(show({ groups: [group] }).slice(-2)).toEqual([
      "         n20   n20 is odd",
      "         2 more reasons, --all shows them",
    ]);
    expect(show({ groups: [group] }, { all: true })).toHaveLength(23);
  });

  test("of groups with changes; what is worse is always shown", () => {
    const groups = [
      ...names(30).map((name): Group => ({ outcome: "changes", nodes: [name], changes: [name] })),
      fails(1),
    ];
    expect(show({ groups }).slice(-3)).toEqual([
      "1 node: ADD would fail",
      "        n1   ens1 is used",
      "10 more groups with other changes, --all shows them",
    ]);
  });
});

test("names that are many stand behind what they are about", () => {
  const nodes = names(3, "node.rack-1.example.org-");
  expect(show({ groups: [fails(3, { nodes })] })[1]).toBe(`        ens1 is used: ${nodes.join(" ")}`);
});

test.each([
  [["enp1s0", "enp2s0"], 2, "(they have enp1s0, enp2s0)"],
  [["enp1s0"], 1, "(it has enp1s0)"],
  [[], 1, "(it has no NIC)"],
  [names(10), 1, "(it has n1, n2, n3, n4, n5, n6, n7, n8, 2 more)"],
])("NICs %j on %d nodes", (nics, count, expected) => {
  expect(show({ groups: [fails(count, { nics })] })[1]).toEndWith(`ens1 is used ${expected}`);
});

test.each([
  ["parent", "VLAN 100 is on a on 9 nodes, on b on n1"],
  ["master", "VLAN 100 belongs to a on 9 nodes, to b on n1"],
  ["kind", "VLAN 100 is a a on 9 nodes, a b on n1"],
  ["speed", "VLAN 100 has speed a Mb/s on 9 nodes, b Mb/s on n1"],
  ["miimon", "VLAN 100 has miimon a on 9 nodes, b on n1"],
])("how %s is spoken of", (property, expected) => {
  const odd = [
    { subjects: ["VLAN 100"], property, usual: { value: "a", count: 9 }, others: [{ value: "b", nodes: ["n1"] }] },
  ];
  expect(show({ odd }).slice(1)).toEqual(["Looks odd:", `  ${expected}`]);
});

test("a problem that many have", () => {
  const problems = [{ message: "bond0 has one slave that works", nodes: names(9) }];
  expect(show({ problems }).at(-1)).toBe("  bond0 has one slave that works on 9 nodes: n1 n2 n3 n4 n5 n6 and 3 more");
});

test("who answered twice, and who was not expected", () => {
  expect(show({ repeated: ["a"], unexpected: ["b"] }).slice(1)).toEqual([
    "Answered more than once, the last answer counts, or one by which ADD would fail: a",
    "Answered, and are not in the list of nodes: b",
  ]);
});
