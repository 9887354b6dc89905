import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { beginTurn, timeLimit, volume } from "../../volume.ts";
import { type Namespace, namespace } from "../harness.ts";
import { add, addressesOf, call, entryFor, fail, type Node, type Pod, succeed, type Wires, wires } from "./pool.ts";

/** Numbers that are the same in each run (xorshift). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const count = volume({ sample: 12, full: 100 });

test(
  `${count} Pods come and go at random on two nodes, some at once: no address twice, none left`,
  async () => {
    await using between = await wires();
    await using one = await between.node(1);
    await using two = await between.node(2);
    const random = numbers(7);
    const running: { pod: Pod; result: object; addresses: string[] }[] = [];
    const held = new Set<string>();
    const configOf = (node: Node) => entryFor(node, { mode: "macvlan" });
    const stop = async ({ pod, result, addresses }: (typeof running)[number]) => {
      await succeed(pod, "DEL", { ...configOf(pod.node), ...(random() < 0.5 && { prevResult: result }) });
      for (const address of addresses) held.delete(`${address}`);
      await pod.ns[Symbol.asyncDispose]();
    };
    const start = async (node: Node, id: string) => {
      const pod: Pod = { node, id, ns: await namespace() };
      const result = await add(pod, configOf(node));
      const addresses = result.ips.map(({ address }: { address: string }) => address);
      return { pod, result, addresses };
    };
    const isTimeLeft = beginTurn(20);
    let number = 0;
    while (number < count && isTimeLeft()) {
      const group = Math.min(count - number, 1 + Math.floor(random() * 4));
      const names = Array.from({ length: group }, (_, index) => `pod${number + index}`);
      number += group;
      const come = await Promise.all(names.map((id) => start(random() < 0.5 ? one : two, id)));
      for (const pod of come) {
        expect(pod.addresses).toHaveLength(2);
        for (const address of pod.addresses) {
          expect([address, held.has(address)]).toEqual([address, false]);
          held.add(address);
        }
        running.push(pod);
      }
      while (running.length > 6) {
        const [gone] = running.splice(Math.floor(random() * running.length), 1);
        if (gone) await stop(gone);
      }
      expect(one.given().length + two.given().length).toBe(running.length * 2);
    }
    for (const pod of running) await stop(pod);
    expect([one.given(), two.given()]).toEqual([[], []]);
    console.log(`${number} Pods came and went`);
  },
  timeLimit(240_000),
);

test("a block that is full is host-local's error, with the NIC, and nothing is kept of it", async () => {
  await using between = await wires();
  await using node = await between.node(1);
  // Two addresses for each NIC: /16 + 2 + 12 bits.
  const ipam = { ...entryFor(node).ipam, hostBlock: 12 };
  const config = entryFor(node, { ipam, mode: "l2" });
  const pods: (Pod & { ns: Namespace })[] = [];
  for (const id of ["a", "b", "c"]) pods.push({ node, id, ns: await namespace() });
  const [a, b, c] = pods as [Pod, Pod, Pod];
  await add(a, config);
  await add(b, config);
  expect(await addressesOf(b)).toEqual(["net1-0 192.168.0.6/18", "net1-1 192.168.64.6/18"]);
  const given = node.given();
  const [, words] = await fail(c, "ADD", config);
  expect(words).toContain(
    "ens1: the main plugin ipvlan failed: failed to allocate for range 0: no IP addresses available",
  );
  expect(node.given()).toEqual(given);
  await succeed(a, "DEL", config);
  await add(c, config);
  for (const pod of [b, c]) await succeed(pod, "DEL", config);
  expect(node.given()).toEqual([]);
  for (const { ns } of pods) await ns[Symbol.asyncDispose]();
}, 240_000);

describe("results of all versions, and what goes before ifacer in a chain", () => {
  let between: Wires;
  let node: Node;
  beforeAll(async () => {
    between = await wires();
    node = await between.node(1);
  });
  afterAll(async () => {
    await node[Symbol.asyncDispose]();
    await between[Symbol.asyncDispose]();
  });

  test.each(["0.3.0", "0.4.0", "1.1.0"])(
    "%s",
    async (cniVersion) => {
      const pod: Pod = { node, id: "a", ns: await namespace() };
      await using _ = pod.ns;
      const prevResult = {
        cniVersion,
        interfaces: [{ name: "eth0", sandbox: pod.ns.path }],
        ips: [{ ...(cniVersion < "1" && { version: "4" }), interface: 0, address: "10.244.0.5/24" }],
        dns: { nameservers: ["192.0.2.53"] },
      };
      const config = { ...entryFor(node), cniVersion, prevResult };
      const result = await add(pod, config);
      expect([result.cniVersion, result.interfaces.map(({ name }: { name: string }) => name)]).toEqual([
        cniVersion,
        ["eth0", "net1-0", "net1-1"],
      ]);
      const ips = result.ips.map((ip: { interface: number; address: string }) => [ip.interface, ip.address]);
      expect(ips).toEqual([
        [0, "10.244.0.5/24"],
        [1, "192.168.0.65/18"],
        [2, "192.168.64.65/18"],
      ]);
      expect(result.dns).toEqual({ nameservers: ["192.0.2.53"] });
      if (cniVersion >= "0.4.0") await succeed(pod, "CHECK", { ...config, prevResult: result });
      await succeed(pod, "DEL", { ...config, prevResult: result });
      expect(node.given()).toEqual([]);
    },
    240_000,
  );

  test("0.2.0 has a place for one NIC; STATUS and GC", async () => {
    const single = { ...entryFor(node, { interfaces: ["ens1"] }), cniVersion: "0.2.0" };
    const pod: Pod = { node, id: "a", ns: await namespace() };
    await using _ = pod.ns;
    expect(await add(pod, single)).toMatchObject({ cniVersion: "0.2.0", ip4: { ip: "192.168.0.65/18" } });
    await succeed(pod, "DEL", single);
    const { status, stdout } = await call(pod, "STATUS", { ...entryFor(node), cniVersion: "1.1.0" });
    expect([status, stdout]).toEqual([0, ""]);
    const gone = entryFor(node, { interfaces: ["ens1", "ens9"] });
    expect(await fail(pod, "STATUS", { ...gone, cniVersion: "1.1.0" })).toEqual([50, expect.stringContaining("ens9")]);
    await succeed(pod, "GC", { ...entryFor(node), cniVersion: "1.1.0", "cni.dev/valid-attachments": [] });
  }, 240_000);
});
