import { describe, expect, test } from "bun:test";
import { readAnswer } from "../../src/fleet/answer.ts";

const plan = (entry: object, more: object = {}) => ({ version: 1, node: "a", entries: [entry], ...more });
const status = (...links: object[]) => ({ version: 1, node: "a", links });
const link = (more: object) => ({ name: "bond0", namespace: null, kind: "bond", mtu: 1500, ...more });

describe("a plan", () => {
  test.each<[string, object, object]>([
    ["nothing", {}, { failures: [], changes: [], drift: [] }],
    ["changes", { changes: [{ message: "bond0 is down" }] }, { changes: ["bond0 is down"] }],
    [
      "conflicts, without what to do about them",
      { conflicts: [{ reason: "inTheWay", message: "ens1 is used: move it" }] },
      { failures: [{ message: "ens1 is used: move it", brief: "ens1 is used", missing: false }] },
    ],
    [
      "problems, with their place",
      { problems: [{ path: "bond.mode", message: "is 9" }] },
      { failures: [{ message: "bond.mode: is 9", brief: "bond.mode: is 9", missing: false }] },
    ],
    [
      "drift",
      { drift: [{ link: "bond0", what: "miimon", current: "50", desired: "100" }] },
      { drift: ["bond0 has miimon 50, the config wants 100"] },
    ],
  ])("%s", (_, entry, expected) => {
    expect(readAnswer(plan(entry))).toMatchObject({ node: "a", plan: expected, status: undefined });
  });

  test("what several entries have in common counts once", () => {
    const entry = { changes: [{ message: "bond0 is down" }], conflicts: [{ reason: "missing", message: "no ens1" }] };
    expect(readAnswer({ version: 1, entries: [entry, entry] })?.plan).toMatchObject({
      failures: [{ message: "no ens1", missing: true }],
      changes: ["bond0 is down"],
    });
  });

  test("that is not possible and does not say why", () => {
    expect(readAnswer(plan({}, { possible: false }))?.plan).toMatchObject({
      failures: [{ brief: "no reason is given" }],
    });
  });
});

describe("an error", () => {
  const error = { code: 102, message: "there is no 'ip' on this node" };
  test.each<[string, object, object]>([
    ["of plan", { command: "plan", error }, { plan: { error }, status: undefined }],
    ["of status", { command: "status", error }, { plan: undefined, status: { error } }],
    ["of either", { error }, { plan: { error }, status: { error } }],
    [
      "about the policy, by which ADD would fail",
      { command: "plan", error: { code: 106, message: "nobody may" } },
      { plan: { failures: [{ brief: "nobody may" }] } },
    ],
    [
      "of a megabyte",
      { command: "plan", error: { code: 1, message: "x".repeat(1e6) } },
      { plan: { error: { message: `${"x".repeat(1000)}...` } } },
    ],
    ["without words", { command: "plan", error: {} }, { plan: { error: { code: 0, message: "no reason is given" } } }],
  ])("%s", (_, document, expected) => {
    expect(readAnswer({ version: 1, node: "a", ...document })).toMatchObject(expected);
  });
});

describe("what nodes are compared by", () => {
  test.each<[string, object, string[]]>([
    [
      "a NIC",
      { name: "ens1", kind: "nic", driver: "ice", speed: 25000, master: "bond0" },
      ["ens1 driver ice", "ens1 speed 25000", "ens1 master bond0"],
    ],
    [
      "a NIC by itself",
      { name: "ens1", kind: "nic", driver: null, speed: null, master: null },
      ["ens1 master nothing"],
    ],
    ["a bond", { bond: { mode: "802.3ad", options: { miimon: "50" } } }, ["bond0 mode 802.3ad", "bond0 miimon 50"]],
    [
      "a VLAN",
      { name: "v", kind: "vlan", parent: "bond0", vlan: { id: 7, protocol: "802.1Q" } },
      ["v VLAN id 7", "v VLAN protocol 802.1Q", "VLAN 7 parent bond0"],
    ],
  ])("%s", (_, members, expected) => {
    const told = readAnswer(status(link(members)))?.status;
    const facts = told && "facts" in told ? told.facts : [];
    const texts = facts.map(({ subject, property, value }) => `${subject} ${property} ${value}`);
    expect(texts.filter((text) => !/ (kind|MTU) /.test(text))).toEqual(expected);
  });

  test("links in Pods' namespaces don't count", () => {
    expect(readAnswer(status(link({ namespace: "pod1" })))?.status).toEqual({ nics: [], facts: [], problems: [] });
  });

  test("an id that is on two links", () => {
    const links = ["b", "a"].map((parent) => link({ name: `${parent}.7`, parent, vlan: { id: 7 } }));
    const told = readAnswer(status(...links))?.status;
    expect(told && "facts" in told ? told.facts.at(-1) : told).toEqual({
      subject: "VLAN 7",
      property: "parent",
      value: "a and b",
    });
  });
});

test.each([
  [undefined],
  [null],
  [5],
  ["text"],
  [[]],
  [{}],
  [{ version: 1 }],
  [{ version: 2, entries: [] }],
  [{ version: 1, links: {} }],
  [{ version: 1, entries: "all" }],
  [{ level: "info", msg: "started" }],
])("%j is no answer", (document) => {
  expect(readAnswer(document)).toBeUndefined();
});

test.each([
  [
    {
      entries: [
        null,
        5,
        "x",
        [],
        { conflicts: 5, changes: {}, drift: [null, { link: {} }], problems: [[], { path: 5 }] },
      ],
    },
  ],
  [{ links: [null, [], 5, { name: 5 }, { name: "a", vlan: 5, bond: [], problems: [{}, 5, null] }] }],
  [{ links: [{ name: "a", bond: { options: { __proto__: 1, x: {}, y: [] } }, vlan: { id: "7" } }] }],
  [{ error: { code: "x", message: {} } }],
  [{ node: {}, links: [] }],
  [{ node: "n".repeat(254), links: [] }],
])("members of other types count as not there: %j", (document) => {
  expect(readAnswer({ version: 1, ...document })).toMatchObject({ node: undefined });
});
