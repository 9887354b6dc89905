import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { type NodeLink, readNodeLinks } from "../../../src/cli/read/nodeLinks.ts";
import { listLinksOfNode } from "../../../src/cli/read/ownLinks.ts";
import { indexLinks } from "../../../src/cli/show/around.ts";
import { drawMermaid } from "../../../src/cli/show/mermaid.ts";
import { render } from "../../../src/cli/show/screen.ts";
import { arrange, findProblems } from "../../../src/cli/show/topology.ts";
import { drawTrees } from "../../../src/cli/show/tree.ts";

const cases = new URL("../../cases/status/", import.meta.url).pathname;

/** What `ip -d -j link show` printed on a node and in its Pods' namespaces. */
function recorded(name: string): NodeLink[] {
  const files = readdirSync(`${cases}${name}`).sort();
  const read = new Map(
    files.map((file) => [file.replace(".jsonl", ""), JSON.parse(readFileSync(`${cases}${name}/${file}`, "utf8"))]),
  );
  const own = read.get("node");
  read.delete("node");
  return readNodeLinks(own, read);
}

describe.each(["healthy", "troubled", "empty", "pods"])("a node that is %s", (name) => {
  const groups = arrange(recorded(name));

  test("as a tree", () => {
    expect(`\n${render(drawTrees(groups), { width: Number.POSITIVE_INFINITY, colours: false })}`).toMatchSnapshot();
  });

  test("as a tree of at most 80 columns", () => {
    const text = render(drawTrees(groups), { width: 80, colours: false });
    expect(Math.max(...text.split("\n").map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(80);
    // Nothing is lost but the places where it was broken.
    const words = (given: string) => given.split(/[\s│├└─]+/).join(" ");
    expect(words(text)).toBe(words(render(drawTrees(groups), { width: Number.POSITIVE_INFINITY, colours: false })));
  });

  test("as a diagram", () => {
    expect(`\n${drawMermaid(groups)}`).toMatchSnapshot();
  });
});

describe("problems", () => {
  const troubled = recorded("troubled");
  test.each([
    ["ens2", ["the slave ens2 is down: 'ip link set dev ens2 up', or let ADD do it"]],
    ["ens1", ["ens1 has the MTU 1400, bond0 has 1500"]],
    ["bond0", ["bond0 has one slave that works: nothing takes over if it fails"]],
    [
      "bond0.7",
      ["bond0.7 is down: 'ip link set dev bond0.7 up', or let ADD do it", "bond0.7 has the MTU 1300, bond0 has 1500"],
    ],
    ["bond1", ["no switch answers the LACP of bond1: the ports must be one LACP channel"]],
    [
      "bond2",
      [
        "bond2 has one slave only, ens5: nothing takes over if it fails",
        "nothing watches the links of bond2, it never fails over: set miimon=100",
      ],
    ],
    ["bond3", ["bond3 has no slave: nobody uses it, or an ADD was cut off and the next one completes it"]],
    ["ens6", []],
  ])("of %s", (name, problems) => {
    const link = troubled.find((candidate) => candidate.name === name);
    expect(link && findProblems(link, indexLinks(troubled))).toEqual(problems);
  });

  test("a slave without link", () => {
    const links = recorded("healthy").map((link) => (link.name === "ens192" ? { ...link, carrier: false } : link));
    const texts = links.flatMap((link) => findProblems(link, indexLinks(links)));
    expect(texts).toEqual([
      "the slave ens192 has no link: look at its cable and the switch port",
      "bond0 has one slave that works: nothing takes over if it fails",
    ]);
  });
});

describe("links in Pods", () => {
  const links = recorded("pods");
  const problemsOf = (name: string, among: readonly NodeLink[] = links) =>
    among.filter((link) => link.name === name).flatMap((link) => findProblems(link, indexLinks(among)));

  test("a VLAN of the node that takes the frames of VLANs in Pods, on a macvlan and on a bond of macvlans", () => {
    const advice = "remove it when nothing uses it, or put these Pods' macvlans on it";
    expect(problemsOf("ens192.3")).toEqual([
      "ens192.3 is down: 'ip link set dev ens192.3 up', or let ADD do it",
      `ens192.3 takes all frames of VLANs in Pods, up or down: eth0.3 in pod-a, bond0.3 in pod-b; ${advice}`,
    ]);
    const many = ["b", "c", "d"].flatMap((pod) =>
      links.filter(({ namespace }) => namespace === "pod-a").map((link) => ({ ...link, namespace: pod })),
    );
    expect(problemsOf("ens192.3", [...links.filter(({ namespace }) => namespace !== "pod-b"), ...many])[1]).toContain(
      ": eth0.3 in pod-a, eth0.3 in b, eth0.3 in c and 1 more; ",
    );
  });

  test.each([
    ["another id", { vlan: { id: 4, protocol: "802.1Q" } }],
    ["another protocol", { vlan: { id: 3, protocol: "802.1ad" } }],
    ["another NIC", { parent: "ens160" }],
  ])("a VLAN of the node with %s takes none of pod-a's", (_, change) => {
    const changed = links
      .filter(({ namespace }) => namespace !== "pod-b")
      .map((link) => (link.name === "ens192.3" ? { ...link, ...change } : link));
    expect(problemsOf("ens192.3", changed).filter((problem) => problem.includes("takes"))).toEqual([]);
  });

  test("a VLAN of the node that was moved into a Pod takes them too", () => {
    const moved = links.map((link) =>
      link.name === "ens192.3"
        ? { ...link, namespace: "pod-d", name: "net1", parent: undefined, parentIndex: 2 }
        : link,
    );
    expect(problemsOf("net1", moved).filter((problem) => problem.includes("takes"))).toEqual([
      "net1 takes all frames of VLANs in Pods, up or down: eth0.3 in pod-a, bond0.3 in pod-b; delete one Pod or the other, and use another id",
    ]);
  });

  test("what is down there is raised there", () => {
    expect(problemsOf("bond0.3")).toEqual([
      "bond0.3 is down: 'ip -n pod-b link set dev bond0.3 up', or delete the Pod",
    ]);
    expect(problemsOf("bond0")).toEqual([]);
  });

  test("twice as many Pods are read twice as much of", () => {
    const [node, pod] = [undefined, "pod-a"].map((place) => links.filter(({ namespace }) => namespace === place));
    const count = (pods: number) => {
      let reads = 0;
      const get = (target: NodeLink, key: string | symbol) => {
        reads++;
        return Reflect.get(target, key);
      };
      const inPods = Array.from({ length: pods }, (_, n) =>
        (pod ?? []).map((link) => ({ ...link, namespace: `p${n}` })),
      );
      arrange([...(node ?? []), ...inPods.flat()].map((link) => new Proxy(link, { get })));
      return reads;
    };
    expect(count(2000) / count(1000)).toBeLessThan(2.1);
  });

  test("are none of the node's own", () => {
    expect(listLinksOfNode(links)).toEqual([]);
  });
});

test("the links that are ifacer's own on a node: what it made, and the slaves of its bonds", () => {
  expect(listLinksOfNode(recorded("healthy"))).toEqual([
    "bond0",
    "bond0.100",
    "bond0.200",
    "v1000-51f34n531",
    "ens192",
    "ens160",
  ]);
  expect(listLinksOfNode(recorded("troubled"))).toEqual([]);
});
