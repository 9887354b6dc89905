/** Nodes have thousands of links: what is looked at grows with their number, not with its square. */
import { expect, test } from "bun:test";
import { splitByNIC } from "../../src/cli/commands/nics.ts";
import type { NodeLink } from "../../src/cli/read/nodeLinks.ts";
import { listLinksOfNode } from "../../src/cli/read/ownLinks.ts";
import { arrange } from "../../src/cli/show/topology.ts";
import { desire } from "../../src/config/desired.ts";
import { askAbout } from "../../src/observe/questions.ts";
import { findEnslaveConflicts } from "../../src/plan/enslave.ts";
import { link } from "../link.ts";

/** Threes of a NIC, a VLAN on it and a macvlan on that, and how often something was read of one of them. */
function node(threes: number) {
  const read = { count: 0 };
  const more = {
    carrier: true,
    slave: undefined,
    namespace: undefined,
    parentIndex: undefined,
    permanentMAC: undefined,
  };
  const watch = (one: NodeLink) =>
    new Proxy(one, {
      get(target, key) {
        read.count++;
        return Reflect.get(target, key);
      },
    });
  const links = Array.from({ length: threes }, (_, n): NodeLink[] => [
    { ...link(3 * n + 1, `n${n}`), ...more },
    { ...link(3 * n + 2, `n${n}.1`, { kind: "vlan", parent: `n${n}`, alias: "ifacer" }), ...more },
    { ...link(3 * n + 3, `m${n}`, { kind: "macvlan", parent: `n${n}.1` }), ...more },
  ]).flat();
  return { links: links.map(watch), read };
}

function judgeAll(links: readonly NodeLink[]): void {
  const { desired } = desire({ interfaces: ["d1", "d2"], bond: {} });
  const partOf = splitByNIC({ links, vlans: [], uses: new Map() });
  for (const one of links) findEnslaveConflicts(one, { desired, current: partOf(one) });
}

test.each([
  ["status", (links: readonly NodeLink[]) => void arrange(links)],
  ["nics", judgeAll],
  ["doctor", (links: readonly NodeLink[]) => void listLinksOfNode(links)],
])("%s reads twice as much of twice the links", (_, work) => {
  const [small, large] = [node(1000), node(2000)];
  work(small.links);
  work(large.links);
  expect(small.read.count).toBeGreaterThan(1000);
  expect(large.read.count / small.read.count).toBeLessThan(2.1);
});

test("the addresses of many NICs are asked for at once", () => {
  const [some, many] = [100, 10_000].map((length) => {
    const interfaces = Array.from({ length }, (_, n) => `n${n}`);
    return askAbout(desire({ interfaces, bond: {} }).desired, { vlans: [], depth: "use" }).length;
  });
  expect(many).toBe(Number(some));
});
