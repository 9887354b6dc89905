import { describe, expect, test } from "bun:test";
import { Gathering } from "../../src/fleet/gather.ts";
import { compareNames } from "../../src/fleet/names.ts";
import { isGood, type Summary, summarize } from "../../src/fleet/summary.ts";

/** Documents of nodes by their names. */
function sort(documents: readonly (readonly [node: string, document: object])[], expected?: string[]): Summary {
  const gathering = new Gathering();
  for (const node of expected ?? []) gathering.expect(node);
  for (const [index, [node, document]] of documents.entries()) {
    const text = JSON.stringify({ version: 1, node, ...document });
    gathering.add({ number: index + 1, text, tooLong: false }, { name: "log", node: undefined });
  }
  return summarize(gathering.finish(), { expected: expected && new Set(expected) });
}

const plan = (entry: object = {}) => ({ entries: [entry] });
const conflict = (message: string, reason = "inTheWay") => plan({ conflicts: [{ reason, message }] });
const changes = (...messages: string[]) => plan({ changes: messages.map((message) => ({ message })) });
const status = (...links: object[]) => ({ links: links.map((link) => ({ kind: "nic", master: "bond0", ...link })) });

test("names are in order, numbers in them as numbers", () => {
  const names = ["worker-10", "b", "worker-2", "worker-1", "a10.example", "a9.example", "worker-02"];
  expect(names.toSorted(compareNames)).toEqual(
    ["a9.example", "a10.example", "b", "worker-1", "worker-2", "worker-02", "worker-10"].toSorted(compareNames),
  );
  expect(["worker-10", "worker-2"].toSorted(compareNames)).toEqual(["worker-2", "worker-10"]);
});

describe("groups", () => {
  test("of nodes that answered alike, the largest first", () => {
    const { groups } = sort([
      ["d", changes("x", "y")],
      ["c", plan()],
      ["b", changes("x", "y")],
      ["a", changes("x")],
      ["e", changes("x", "y")],
      ["f", plan()],
    ]);
    expect(groups).toEqual([
      { outcome: "changes", nodes: ["b", "d", "e"], changes: ["x", "y"] },
      { outcome: "inPlace", nodes: ["c", "f"] },
      { outcome: "changes", nodes: ["a"], changes: ["x"] },
    ]);
  });

  test("of nodes on which ADD would fail, by reason; a node may have several", () => {
    const { groups } = sort([
      ["a", conflict("ens1 is used: move it")],
      ["b", plan({ conflicts: [{ message: "ens1 is used: move it" }, { message: "ens2 is used: move it" }] })],
    ]);
    expect(groups).toEqual([
      {
        outcome: "fails",
        nodes: ["a", "b"],
        reasons: [
          { nodes: ["a", "b"], message: "ens1 is used", example: "ens1 is used: move it", nics: undefined },
          { nodes: ["b"], message: "ens2 is used", example: "ens2 is used: move it", nics: undefined },
        ],
      },
    ]);
  });

  test.each([
    ["192.0.2.1/24", "192.0.2.2/24"],
    ["2001:db8::1/64", "2001:db8::2/64"],
    ["02:00:00:00:00:01", "02:00:00:00:00:02"],
  ])("addresses don't part nodes: %s, %s", (one, other) => {
    const { groups } = sort([
      ["a", conflict(`ens1 has ${one}: move it`)],
      ["b", conflict(`ens1 has ${other}: move it`)],
      ["c", conflict(`ens1 has ${other}: move it`)],
    ]);
    expect(groups).toMatchObject([{ reasons: [{ nodes: ["a", "b", "c"], message: `ens1 has ${one} or another` }] }]);
  });

  test("a NIC that is missing, by the NICs that nodes have instead", () => {
    const missing = conflict("the interface ens1 is not on this node", "missing");
    const { groups } = sort([
      ["a", missing],
      ["a", status({ name: "enp1s0" })],
      ["b", missing],
      ["b", status({ name: "eth0" })],
    ]);
    expect(groups).toMatchObject([
      {
        reasons: [
          { nodes: ["a"], nics: ["enp1s0"] },
          { nodes: ["b"], nics: ["eth0"] },
        ],
      },
    ]);
  });

  test("of nodes that said nothing, or not all that others said", () => {
    const error = { code: 102, message: "there is no 'ip'" };
    const { groups } = sort(
      [
        ["a", plan()],
        ["a", status()],
        ["b", { command: "plan", error }],
        ["b", { command: "status", error }],
        ["c", plan()],
        ["d", status()],
      ],
      ["a", "e"],
    );
    expect(groups).toEqual([
      {
        outcome: "silent",
        nodes: ["b", "c", "d", "e"],
        reasons: [
          { nodes: ["b"], message: "there is no 'ip'", code: 102 },
          { nodes: ["c"], message: "no line of status", code: undefined },
          { nodes: ["d"], message: "no line of plan", code: undefined },
          { nodes: ["e"], message: "no line", code: undefined },
        ],
      },
      { outcome: "inPlace", nodes: ["a"] },
    ]);
  });

  test("where nobody was asked for a plan", () => {
    expect(sort([["a", status()]]).groups).toEqual([{ outcome: "notAsked", nodes: ["a"] }]);
  });
});

describe("what looks odd", () => {
  /** So many nodes with each MTU. */
  const spread = (...counts: number[]) =>
    counts.flatMap((count, kind) =>
      Array.from({ length: count }, (_, at) => [`n${kind}-${at}`, status({ name: "ens1", mtu: 1000 + kind })] as const),
    );
  const odd = (...counts: number[]) =>
    sort(spread(...counts)).odd.map(({ usual, others }) => [usual.count, ...others.map(({ nodes }) => nodes.length)]);

  test.each<[number[], number[][]]>([
    [[40], []],
    [[38, 2], [[38, 2]]],
    [[2, 38], [[38, 2]]],
    [[300, 30, 1], [[300, 30, 1]]],
    [[60, 40], []],
    [[50, 50], []],
    [[2, 1], [[2, 1]]],
    [[1, 1], []],
    [[70, 25, 5], [[70, 5]]],
    [[40, 30, 1], [[40, 1]]],
    [[30, 40, 5], [[40, 5]]],
  ])("MTUs on %j nodes", (counts, expected) => {
    expect(odd(...counts)).toEqual(expected);
  });

  test("links that differ in the same way are told together", () => {
    const links = (mtu: number) => status({ name: "a", mtu }, { name: "b", mtu }, { name: "c", mtu: 1500 });
    const nodes = ["n1", "n2", "n3", "n4"].map((node) => [node, links(node === "n2" ? 1500 : 9000)] as const);
    expect(sort(nodes).odd).toEqual([
      {
        subjects: ["a", "b"],
        property: "MTU",
        usual: { value: "9000", count: 3 },
        others: [{ value: "1500", nodes: ["n2"] }],
      },
    ]);
  });

  test("problems of links, without what to do about them", () => {
    const troubled = status({
      name: "bond0",
      problems: ["bond0 has one slave that works: nothing takes over if it fails"],
    });
    expect(sort([["a", troubled]]).problems).toEqual([{ nodes: ["a"], message: "bond0 has one slave that works" }]);
  });
});

test("who answers and is not in the list of nodes is named", () => {
  const { unexpected, nodes } = sort(
    [
      ["a", plan()],
      ["b", plan()],
    ],
    ["a"],
  );
  expect([unexpected, nodes]).toEqual([["b"], 2]);
});

test.each<[string, Parameters<typeof sort>, boolean]>([
  ["all in place", [[["a", plan()]]], true],
  ["changes", [[["a", changes("x")]]], true],
  ["state only", [[["a", status()]]], true],
  ["no node", [[]], false],
  ["a failure", [[["a", conflict("x")]]], false],
  ["a silent node", [[["a", plan()]], ["a", "b"]], false],
])("good or not: %s", (_, given, good) => {
  expect(isGood(sort(...given))).toBe(good);
});
