import { expect, test } from "bun:test";
import { namePath } from "../../../src/config/pathNames.ts";
import { countAsking } from "../../bench/asking.ts";
import { setUp } from "../adding.ts";
import { executable, namespace } from "../harness.ts";
import {
  addChain,
  call,
  chain,
  ends,
  expectAnswer,
  lookSoon,
  makePod,
  makeSite,
  reaches,
  routes,
  settle,
} from "./path.ts";

const entry = { nodePath: { routes } };

test("ADD again changes nothing; CHECK finds each thing that is gone, and ADD brings it back", async () => {
  await using site = await makeSite();
  const { node } = site;
  await using made = await makePod(site);
  const { pod, prevResult } = made;
  const config = { ...entry, prevResult };
  const first = await call({ node, pod }, "ADD", config);
  expect([first.json, first.stderr]).toEqual([prevResult, ""]);
  await settle(pod);
  // By a router advertisement the Pod would give a node that does not forward IPv6 a default route.
  const sysctl = `/proc/sys/net/ipv6/conf/${namePath("pod1").end}/accept_ra`;
  expect((await node.run(["cat", sysctl])).stdout).toBe("0\n");
  await node.run(["sh", "-c", `echo 1 >${sysctl}`]);
  expect(expectAnswer(await call({ node, pod }, "CHECK", config), 104)).toContain("takes router advertisements");
  const whole = await lookSoon(node, pod);
  const again = await call({ node, pod }, "ADD", config);
  expect([again.status, again.stderr, await lookSoon(node, pod, whole)]).toEqual([0, "", whole]);
  expect((await node.run(["cat", sysctl])).stdout).toBe("0\n");
  // Who asks without a result has to find the addresses in the Pod. A route by another of the node's addresses is as good.
  await pod.ip("route replace 10.96.0.0/16 via 198.51.100.1 dev veth0");
  expect((await call({ node, pod }, "CHECK", entry)).stdout).toBe("");

  const { end } = namePath("pod1");
  const damages: [node: [line: string, word: string][], pod: [line: string, word: string][]][] = [
    [
      [
        ["route del 192.0.2.10", "192.0.2.10/32 dev"],
        ["route del 2001:db8::10", "2001:db8::10/128 dev"],
        [`neighbour del 192.0.2.10 dev ${end}`, "192.0.2.10 lladdr"],
        [`neighbour del 2001:db8::10 dev ${end}`, "2001:db8::10 lladdr"],
        [`link set dev ${end} alias x`, `${end} does not have the alias`],
      ],
      [
        ["link set dev veth0 alias x", "veth0 does not have the alias"],
        ["route del 10.96.0.0/16", "10.96.0.0/16 via"],
        ["route del fd00:96::/112", "fd00:96::/112 via"],
        ["route del 198.51.100.1", "198.51.100.1/32 dev"],
        ["neighbour del 192.0.2.1 dev veth0", "192.0.2.1 lladdr"],
        ["neighbour del 2001:db8::1 dev veth0", "2001:db8::1 lladdr"],
      ],
    ],
    [[], [["route del 2001:db8::1", "2001:db8::1/128 dev"]]],
    [[[`link set dev ${end} down`, `${end} is down`]], [["link set dev veth0 down", "veth0 is down"]]],
    [[[`link delete dev ${end}`, "the pair"]], []],
  ];
  for (const [onNode, inPod] of damages) {
    await setUp(
      node,
      onNode.map(([line]) => line),
    );
    await setUp(
      pod,
      inPod.map(([line]) => line),
    );
    const words = expectAnswer(await call({ node, pod }, "CHECK", config), 104);
    for (const [, word] of [...onNode, ...inPod]) expect([word, words.includes(word)]).toEqual([word, true]);
    expectAnswer(await call({ node, pod }, "ADD", config));
    expect((await call({ node, pod }, "CHECK", config)).stdout).toBe("");
  }
  expect(await reaches(pod, "10.244.0.2")).toBe(true);
}, 240_000);

test("DEL in all bad ways, GC; the node is as before each time", async () => {
  await using site = await makeSite();
  const { node } = site;
  // The main plugin's link comes and goes without ifacer.
  await using made = await makePod(site);
  const { pod, prevResult } = made;
  await settle(pod);
  const before = await lookSoon(node, node);
  const ways: [what: string, env: Record<string, string>, config: (last: unknown) => object][] = [
    ["all is given", {}, (prevResult) => ({ ...entry, prevResult })],
    ["no result", {}, () => entry],
    ["no namespace", { CNI_NETNS: "" }, () => entry],
    ["a namespace that is gone", { CNI_NETNS: "/run/netns/none" }, (prevResult) => ({ ...entry, prevResult })],
    ["the node's namespace", { CNI_NETNS: node.path }, () => entry],
    ["a broken result", {}, () => ({ ...entry, prevResult: { cniVersion: "1.0.0", ips: "x" } })],
    ["a broken entry", {}, () => ({ nodePath: { routes: 7 } })],
  ];
  for (const [what, env, config] of ways) {
    expectAnswer(await call({ node, pod }, "ADD", { ...entry, prevResult }));
    for (const time of what === "all is given" ? [1, 2] : [1]) {
      const answer = await call({ node, pod }, "DEL", config(prevResult), { env });
      expect([what, time, answer.status, answer.stdout, answer.stderr]).toEqual([what, time, 0, "", ""]);
    }
    expect([what, await ends(node)]).toEqual([what, []]);
  }
  expect(await lookSoon(node, node, before)).toBe(before);

  const one = pod;
  await using other = await makePod(site, ["192.0.2.11/24"]);
  const env = (id: string) => ({ env: { CNI_CONTAINERID: id } });
  expectAnswer(await call({ node, pod: one }, "ADD", { ...entry, prevResult }, env("one")));
  const last = { ...entry, name: "other", prevResult: other.prevResult };
  const answer = await call({ node, pod: other.pod }, "ADD", last, env("two"));
  expectAnswer(answer);
  expect(answer.stderr).toContain("left out the route fd00:96::/112, as eth0 has no address of IPv6");
  const gc = (name: string, ...ids: string[]) => {
    const valid = ids.map((containerID) => ({ containerID, ifname: "eth0" }));
    return call({ node, pod: one }, "GC", { ...entry, cniVersion: "1.1.0", name, "cni.dev/valid-attachments": valid });
  };
  const names = [namePath("one").end, namePath("two").end];
  expectAnswer(await call({ node, pod: one }, "GC", { ...entry, cniVersion: "1.1.0" }));
  expectAnswer(await gc("underlay", "one"));
  expect((await ends(node)).sort()).toEqual(names.toSorted());
  expectAnswer(await gc("underlay", "two"));
  expect(await ends(node)).toEqual([names[1] ?? ""]);
  expectAnswer(await gc("other"));
  expect(await ends(node)).toEqual([]);
}, 240_000);

test("what is refused, before anything is changed", async () => {
  await using site = await makeSite();
  const { node } = site;
  await using made = await makePod(site);
  const { pod, prevResult } = made;
  await settle(pod);
  const config = { ...entry, prevResult };
  const refuse = async (wanted: object, code: number, word: string, policy?: object) => {
    const words = expectAnswer(await call({ node, pod }, "ADD", wanted, policy && { policy }), code);
    expect(words).toContain(word);
  };
  const before = await lookSoon(node, pod);
  await refuse(entry, 7, "belongs behind the main plugin");
  await refuse({ ...config, nodePath: { routes: ["x"] } }, 7, "nodePath.routes[0]");
  await refuse({ ...config, nodePath: {}, linkInContainer: true }, 7, "two things at once");
  await refuse({ ...config, nodePath: { nodeAddresses: ["192.0.2.99"] } }, 105, "no address of this node");
  await refuse({ ...config, nodePath: { nodeAddresses: ["192.0.2.1"] } }, 105, "IPv6");
  await refuse({ ...config, nodePath: { routes: ["0.0.0.0/0"] } }, 105, "leads elsewhere");
  await refuse(config, 106, "forbids nodePath", { nodePath: false });
  await refuse(config, 106, "10.96.0.0/16, it allows subnets of 10.244.0.0/14", {
    nodePathRoutes: ["10.244.0.0/14", "fd00::/8"],
  });
  await node.ip("route add 192.0.2.10/32 dev cali0");
  await refuse(config, 105, "192.0.2.10/32 leads elsewhere");
  await node.ip("route del 192.0.2.10/32 dev cali0");
  await pod.ip("link add name veth0 type veth peer name other");
  await refuse(config, 105, "Spiderpool's coordinator");
  await pod.ip("link del dev veth0");
  expectAnswer(await call({ node, pod }, "ADD", { ...config, skip_call: true }));
  expect(await lookSoon(node, pod, before)).toBe(before);
  expect(await ends(node)).toEqual([]);
  const known = { nodePath: true, nodePathRoutes: ["10.0.0.0/8", "fd00::/8"] };
  expectAnswer(await call({ node, pod }, "ADD", config, { policy: known }));
}, 240_000);

test("macPrefix: the MAC in the Pod and in the result; not for an ipvlan", async () => {
  await using site = await makeSite();
  const { node } = site;
  const rows = [
    [["192.0.2.10/24", "2001:db8::10/64"], "0a:1b:c0:00:02:0a"],
    [["2001:db8::abcd:10/64"], "0a:1b:ab:cd:00:10"],
  ] as const;
  for (const [addresses, mac] of rows) {
    await using made = await makePod(site, addresses);
    const { pod, prevResult } = made;
    const config = { mac_prefix: "0A:1b", overlay_hijack_subnet: ["10.244.0.0/16"], prevResult };
    const { json } = await call({ node, pod }, "ADD", config);
    expect(json).toEqual({ ...prevResult, interfaces: [{ name: "eth0", mac, sandbox: pod.path }] });
    expect((await pod.json("link show dev eth0"))[0].address).toBe(mac);
    expect(await reaches(pod, addresses[0].includes(":") ? "2001:db8::1" : "10.244.0.2")).toBe(true);
    expect(await reaches(pod, addresses[0].includes(":") ? "2001:db8::fe" : "192.0.2.254")).toBe(true);
    expect((await call({ node, pod }, "CHECK", { ...config, prevResult: json })).stdout).toBe("");
    expectAnswer(await call({ node, pod }, "DEL", config));
  }
  await using pod = await namespace();
  const list = chain({ main: "l2", entry: { nodePath: { macPrefix: "0a:1b" } } });
  const refused = addChain(node, pod, "pod1", list);
  expect(refused).rejects.toThrow("shares that of its parent");
  await refused.catch(() => {});
}, 240_000);

test("an ADD is four runs of ip at most, and asks the same among 10 links and routes as among many", async () => {
  const counts = [];
  const sizes: number[] = [];
  for (const more of [10, 1000]) {
    await using site = await makeSite();
    const { node } = site;
    await node.run(["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"]);
    await setUp(node, [
      ...Array.from({ length: more }, (_, index) => `link add name d${index} type dummy`),
      ...Array.from({ length: more * 5 }, (_, index) => `route add 100.64.${index >> 8}.${index & 255}/32 dev cali0`),
    ]);
    await node.run(["sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6"]);
    await using made = await makePod(site);
    const { pod, prevResult } = made;
    const add = () =>
      countAsking([executable], {
        env: { CNI_COMMAND: "ADD", CNI_CONTAINERID: "pod1", CNI_NETNS: pod.path, CNI_IFNAME: "eth0", CNI_PATH: "/opt" },
        stdin: JSON.stringify({ cniVersion: "1.0.0", name: "underlay", ...entry, prevResult }),
        inside: ["nsenter", `--net=${node.path}`],
      });
    const [first, second] = [add(), add()];
    expect([first.status, first.runs, second.status, second.runs]).toEqual([0, 4, 0, 2]);
    counts.push([first.linesIn, second.linesIn]);
    sizes.push(first.bytesOut);
  }
  // The digits of an index or two are all that may differ.
  expect(Math.abs((sizes[0] ?? 0) - (sizes[1] ?? 0))).toBeLessThan(500);
  expect(counts[1]).toEqual(counts[0]);
}, 240_000);
