import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { executable, type Namespace, namespace } from "../harness.ts";
import { plugins } from "../pod/pod.ts";
import {
  add,
  addressesOf,
  call,
  entryFor,
  fail,
  linksOf,
  type Node,
  type Pod,
  routesOf,
  succeed,
  type Wires,
  wires,
} from "./pool.ts";

let between: Wires;
let node: Node;
let folder: string;
let made = 0;

/**
 * Main plugins of other names that are ipvlan with something before or behind it, as the variables say: `$FAIL_ON` is an
 * interface at which the plugin fails with code 120 after ipvlan's work, `$KILL_ON` one at which its caller is killed, before or
 * behind that work, and `$LOSE` is a NIC that is removed then.
 */
const script = `#!/bin/bash
input=$(cat)
run() { printf %s "$input" | "${plugins}/ipvlan"; }
if [ "$CNI_COMMAND" = ADD ]; then
  [ "$CNI_IFNAME" = "$LOSE_ON" ] && ip link delete dev "$LOSE"
  [ "$CNI_IFNAME" = "$KILL_BEFORE" ] && kill -9 $PPID && exit 1
fi
said=$(run) || { status=$?; printf %s "$said"; exit $status; }
if [ "$CNI_COMMAND" = ADD ]; then
  [ "$CNI_IFNAME" = "$KILL_AFTER" ] && kill -9 $PPID && exit 1
  [ "$CNI_IFNAME" = "$FAIL_ON" ] && { echo '{"cniVersion":"1.0.0","code":120,"msg":"no room","details":"none at all"}'; exit 1; }
fi
if [ "$CNI_COMMAND" = DEL ] && [ "$CNI_IFNAME" = "$FAIL_DEL" ]; then
  echo '{"code":121,"msg":"not now"}'; exit 1
fi
printf %s "$said"
`;

beforeAll(async () => {
  between = await wires();
  node = await between.node(1);
  folder = mkdtempSync("/tmp/ifacer-plugins-");
  writeFileSync(`${folder}/broken`, script);
  chmodSync(`${folder}/broken`, 0o755);
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await node[Symbol.asyncDispose]();
  await between[Symbol.asyncDispose]();
});

async function startPod(): Promise<Pod & { ns: Namespace }> {
  made += 1;
  return { node, id: `pod${made}`, ns: await namespace() };
}

const path = () => ({ CNI_PATH: `${folder}:${plugins}` });

function broken(more: object = {}): object {
  return entryFor(node, { plugin: { type: "broken", mode: "l3" }, ...more });
}

describe("what fails is undone", () => {
  test.each([
    ["net1-0", "ens1"],
    ["net1-1", "ens2"],
  ])(
    "the plugin at %s: its own code and words, with the NIC and the plugin",
    async (ifName, nic) => {
      const pod = await startPod();
      await using _ = pod.ns;
      const [code, words] = await fail(pod, "ADD", broken(), { ...path(), FAIL_ON: ifName });
      expect([code, words]).toEqual([
        120,
        expect.stringContaining(`${nic}: the main plugin broken failed: no room\nnone at all`),
      ]);
      expect([await linksOf(pod), node.given()]).toEqual([[], []]);
    },
    240_000,
  );

  test("an undo that fails too is told, and DEL does it", async () => {
    const pod = await startPod();
    await using _ = pod.ns;
    const [, words] = await fail(pod, "ADD", broken(), { ...path(), FAIL_ON: "net1-1", FAIL_DEL: "net1-0" });
    expect(words).toContain(
      "no room; undoing failed too, DEL will do it: ens1: the main plugin broken failed: not now",
    );
    await succeed(pod, "DEL", broken(), path());
    expect([await linksOf(pod), node.given()]).toEqual([[], []]);
  }, 240_000);

  test("routes that can't be made, an address that does not fit, a NIC that is not there: all is as before", async () => {
    const pod = await startPod();
    await using _ = pod.ns;
    const ipam = { ...entryFor(node).ipam, routes: [{ dst: "10.9.0.0/16", gw: "203.0.113.1" }] };
    expect(await fail(pod, "ADD", entryFor(node, { ipam }))).toEqual([
      7,
      expect.stringContaining("is in none of the networks"),
    ]);
    const full = { ...entryFor(node).ipam, hostBlock: 0 };
    expect(await fail(pod, "ADD", entryFor(node, { ipam: full }))).toEqual([
      7,
      expect.stringContaining("0 to 0 (by its address"),
    ]);
    expect(await fail(pod, "ADD", entryFor(node, { interfaces: ["ens1", "ens9"] }))).toEqual([
      100,
      expect.stringContaining("the interface ens9 is not on this node"),
    ]);
    expect(await fail(pod, "ADD", entryFor(node, { plugin: { type: "nothing" } }))).toEqual([
      102,
      expect.stringContaining("the main plugin nothing is in no folder of CNI_PATH"),
    ]);
    expect(await fail(pod, "ADD", entryFor(node), { CNI_IFNAME: "abcdefghijklmno" })).toEqual([
      4,
      expect.stringContaining("abcdefghijklmno-1 would have 17 bytes"),
    ]);
    expect(await fail(pod, "ADD", { ...entryFor(node), cniVersion: "0.2.0" })).toEqual([
      1,
      expect.stringContaining("has one IPv4 address, these would be 2"),
    ]);
    expect(await fail(pod, "ADD", entryFor(node), { CNI_NETNS: "/run/netns/none" })).toEqual([3, expect.any(String)]);
    expect([await linksOf(pod), node.given()]).toEqual([[], []]);
  }, 240_000);

  test("a second ADD is refused and leaves the first one's interfaces", async () => {
    const pod = await startPod();
    await using _ = pod.ns;
    await add(pod, entryFor(node));
    const before = [await addressesOf(pod), node.given()];
    expect(await fail(pod, "ADD", entryFor(node))).toEqual([
      105,
      expect.stringContaining("has net1-0, net1-1 already"),
    ]);
    expect([await addressesOf(pod), node.given()]).toEqual(before);
    await succeed(pod, "DEL", entryFor(node));
    expect([await linksOf(pod), node.given()]).toEqual([[], []]);
  }, 240_000);
});

describe("a killed ADD: DEL leaves nothing, and the next ADD works", () => {
  test.each(["KILL_BEFORE", "KILL_AFTER"].flatMap((when) => ["net1-0", "net1-1"].map((at) => [when, at] as const)))(
    "%s the plugin's work at %s",
    async (when, at) => {
      const pod = await startPod();
      await using _ = pod.ns;
      const { status } = await call(pod, "ADD", broken(), { ...path(), [when]: at });
      expect(status).not.toBe(0);
      await succeed(pod, "DEL", broken(), path());
      expect([await linksOf(pod), node.given()]).toEqual([[], []]);
      await add(pod, broken(), path());
      await succeed(pod, "DEL", broken(), path());
    },
    240_000,
  );
});

describe("DEL in every bad way frees the addresses, twice is success", () => {
  type Way = [
    what: string,
    configOf: (result: object) => object,
    env: Record<string, string | undefined>,
    isKept: boolean,
  ];
  test.each<Way>([
    ["with the previous result", (prevResult) => ({ ...entryFor(node), prevResult }), {}, false],
    ["without", () => ({ ...entryFor(node), cniVersion: "0.3.1" }), {}, false],
    ["with a broken one", () => ({ ...entryFor(node), prevResult: { cniVersion: "1.0.0", ips: 5 } }), {}, false],
    ["without the namespace", (prevResult) => ({ ...entryFor(node), prevResult }), { CNI_NETNS: "" }, true],
    ["without both", () => entryFor(node), { CNI_NETNS: undefined }, true],
    ["with a namespace that is gone", () => entryFor(node), { CNI_NETNS: "/run/netns/gone" }, true],
    ["with ifacer's own namespace", () => entryFor(node), { CNI_NETNS: "/proc/self/ns/net" }, true],
    [
      "with NICs that have other names",
      () => entryFor(node, { interfaces: ["ens7", "ens8"] }),
      { CNI_NETNS: "" },
      true,
    ],
    ["without 'ip'", () => entryFor(node), { PATH: "/nowhere" }, false],
  ])(
    "%s",
    async (_what, configOf, env, isKept) => {
      const pod = await startPod();
      await using _ = pod.ns;
      const result = await add(pod, entryFor(node));
      for (const time of [1, 2]) {
        const { status, stdout } = await call(pod, "DEL", configOf(result), env);
        expect([time, status, stdout, node.given()]).toEqual([time, 0, "", []]);
      }
      expect(await linksOf(pod)).toEqual(isKept ? ["net1-0", "net1-1"] : []);
    },
    240_000,
  );
});

test("a NIC that vanishes, between two interfaces and under a running Pod", async () => {
  await using other = await between.node(2);
  const pod: Pod = { node: other, id: "a", ns: await namespace() };
  await using _ = pod.ns;
  const config = entryFor(other, { plugin: { type: "broken", mode: "l3" } });
  const first = await call(pod, "ADD", config, { ...path(), LOSE_ON: "net1-1", LOSE: "ens2" });
  expect(first.json).toMatchObject({ msg: expect.stringMatching(/^ens2: the main plugin broken failed: .*ens2/) });
  expect([await linksOf(pod), other.given()]).toEqual([[], []]);

  const one = entryFor(other, { interfaces: ["ens1"] });
  const prevResult = await add(pod, one);
  await succeed(pod, "CHECK", { ...one, prevResult });
  // The kernel takes the Pod's interface with it.
  await other.ns.ip("link delete dev ens1");
  expect(await fail(pod, "CHECK", { ...one, prevResult })).toEqual([
    104,
    expect.stringContaining("ens1 is not on this node"),
  ]);
  await succeed(pod, "DEL", { ...one, prevResult });
  expect([await linksOf(pod), other.given()]).toEqual([[], []]);
}, 240_000);

test("a rule that would catch others is refused before anything is made", async () => {
  await using other = await between.node(3);
  const pod: Pod = { node: other, id: "a", ns: await namespace() };
  await using _ = pod.ns;
  const { rules } = { rules: () => other.ns.ip("rule show") };
  const before = await rules();
  await other.ns.ip("link add name cni0 type dummy");
  await other.ns.ip("address add 192.168.77.1/24 dev cni0");
  expect(await fail(pod, "ADD", entryFor(other))).toEqual([
    105,
    expect.stringContaining("has the address 192.168.77.1/24 on cni0"),
  ]);
  await other.ns.ip("link delete dev cni0");
  await other.ns.ip("route add 192.168.99.0/24 via 10.0.1.4 dev ens1");
  expect(await fail(pod, "ADD", entryFor(other))).toEqual([
    105,
    expect.stringContaining("has the route 192.168.99.0/24 via 10.0.1.4"),
  ]);
  await other.ns.ip("route del 192.168.99.0/24");
  await other.ns.ip("rule add fwmark 1 lookup 4242 priority 100");
  const ipam = { ...entryFor(other).ipam, routeTable: 4242 };
  expect(await fail(pod, "ADD", entryFor(other, { ipam }))).toEqual([
    105,
    expect.stringContaining("the table 4242 is somebody else's"),
  ]);
  await other.ns.ip("rule del fwmark 1 lookup 4242 priority 100");
  expect([await rules(), await linksOf(pod), other.given()]).toEqual([before, [], []]);
  await add(pod, entryFor(other, { ipam }));
  await succeed(pod, "DEL", entryFor(other, { ipam }));
}, 240_000);

test("of networks with the same subnet whose first Pods start at once, one gets its rule", async () => {
  await using other = await between.node(4);
  const pods: (Pod & { ns: Namespace })[] = [];
  for (const id of ["a", "b", "c"]) pods.push({ node: other, id, ns: await namespace() });
  const configOf = ({ id }: Pod) => entryFor(other, { name: `network-${id}` });
  const answers = await Promise.all(pods.map((pod) => call(pod, "ADD", configOf(pod))));
  expect(answers.map(({ json }) => json.code ?? 0).sort()).toEqual([0, 105, 105]);
  expect(answers.map(({ json }) => json.msg).filter(Boolean)).toEqual([
    expect.stringContaining("192.168.0.0/16 has addresses of another network"),
    expect.stringContaining("192.168.0.0/16 has addresses of another network"),
  ]);
  expect((await routesOf(other)).rules).toHaveLength(1);
  for (const pod of pods) {
    await succeed(pod, "DEL", configOf(pod));
    expect(await linksOf(pod)).toEqual([]);
    await pod.ns[Symbol.asyncDispose]();
  }
  expect(other.given()).toEqual([]);
}, 240_000);

test("ifacer itself is there", () => expect(executable).toEndWith("dist/ifacer"));
