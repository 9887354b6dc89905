import { expect, test } from "bun:test";
import type { Current, Desired, Link } from "../../src/model.ts";
import { findUnfitKinds } from "../../src/policy/slaveKinds.ts";
import { link } from "../link.ts";

const bond: Desired = {
  interfaces: ["a", "b"],
  bond: { name: "bond0", mode: undefined, settings: [], slaves: ["a", "b"] },
  vlans: [],
  mtu: undefined,
  allowDuplicateVlanID: false,
  allowInUse: false,
};

function judge(more: Partial<Link>, { desired = bond, kinds = [] }: { desired?: Desired; kinds?: string[] } = {}) {
  const current: Current = { links: [link(1, "a"), link(2, "b", more)], vlans: [], uses: new Map() };
  return findUnfitKinds(desired, current, kinds).map(({ reason, message }) => `${reason}: ${message}`);
}

test.each<[Partial<Link>]>([
  [{}],
  [{ kind: "vlan" }],
  [{ kind: "dummy" }],
  [{ kind: "dsa" }],
  [{ kind: "tun", driverData: { type: "tap" } }],
  [{ kind: "veth", master: "bond0" }],
])("a slave may be %j", (more) => {
  expect(judge(more)).toEqual([]);
});

test.each<[Partial<Link>, string]>([
  [{ kind: "veth" }, "b is one end of a veth, and the other end, a Pod's for example, would be cut off"],
  [{ kind: "bridge" }, "b is a link of kind bridge, and its ports would be cut off"],
  [{ kind: "gretap" }, "b is a link of kind gretap, and who uses it as such would be cut off"],
  [{ kind: "tun", driverData: { type: "tun" } }, "b is a link of kind tun"],
  [{ kind: "veth", master: "other" }, "b is one end of a veth"],
])("a slave can't be %j", (more, words) => {
  expect(judge(more)).toEqual([expect.stringContaining(`inTheWay: ${words}`)]);
  expect(judge(more, { kinds: [more.kind ?? ""] })).toEqual([]);
  expect(judge(more, { desired: { ...bond, bond: undefined } })).toEqual([]);
});
