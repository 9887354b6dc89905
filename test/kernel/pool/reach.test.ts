import { expect, test } from "bun:test";
import { namespace } from "../harness.ts";
import {
  add,
  addressesOf,
  call,
  entryFor,
  linksOf,
  type Node,
  type Pod,
  reaches,
  routesOf,
  succeed,
  wires,
} from "./pool.ts";

/** The addresses that a Pod's interfaces have, by their place. */
async function tellAddress(pod: Pod, place: number): Promise<string> {
  const line = (await addressesOf(pod)).find((one) => one.startsWith(`net1-${place} `));
  return line?.split(" ")[1]?.split("/")[0] ?? "";
}

test.each(["l2", "l3", "l3s", "macvlan"])(
  "%s: Pods reach each other on both NICs, across the nodes and on one, and nothing is left of them",
  async (mode) => {
    await using between = await wires();
    await using one = await between.node(1);
    await using two = await between.node(2);
    const start = async (node: Node, id: string): Promise<Pod> => ({ node, id, ns: await namespace() });
    const pods = [await start(one, "a"), await start(one, "b"), await start(two, "c")];
    const [a, b, c] = pods as [Pod, Pod, Pod];
    await using _a = a.ns;
    await using _b = b.ns;
    await using _c = c.ns;
    const attach = (pod: Pod) => add(pod, entryFor(pod.node, { mode }));
    const [first, third] = await Promise.all([attach(a), attach(c)]);
    const results = [first, await attach(b), third];

    // Each interface has an address of its node's block, with the length of the NIC's.
    expect(await addressesOf(a)).toEqual(["net1-0 192.168.0.65/18", "net1-1 192.168.64.65/18"]);
    expect(await addressesOf(b)).toEqual(["net1-0 192.168.0.66/18", "net1-1 192.168.64.66/18"]);
    expect(await addressesOf(c)).toEqual(["net1-0 192.168.0.129/18", "net1-1 192.168.64.129/18"]);
    expect(results[0]).toMatchObject({
      cniVersion: "1.0.0",
      interfaces: [
        { name: "net1-0", sandbox: a.ns.path },
        { name: "net1-1", sandbox: a.ns.path },
      ],
      ips: [
        { interface: 0, address: "192.168.0.65/18" },
        { interface: 1, address: "192.168.64.65/18" },
      ],
    });
    expect(JSON.stringify(results)).not.toContain("gateway");

    const asked = [0, 1].flatMap((place) => [b, c].map((other) => ({ place, other })));
    const answers = asked.map(async ({ place, other }) => [
      place,
      other.id,
      await reaches(a, await tellAddress(other, place), `net1-${place}`),
    ]);
    expect(await Promise.all(answers)).toEqual(asked.map(({ place, other }) => [place, other.id, true]));
    await succeed(c, "CHECK", { ...entryFor(two, { mode }), prevResult: third });
    const stop = async (pod: Pod, index: number) => {
      await succeed(pod, "DEL", { ...entryFor(pod.node, { mode }), prevResult: results[index] });
      expect(await linksOf(pod)).toEqual([]);
    };
    await Promise.all(pods.map(stop));
    expect([one.given(), two.given()]).toEqual([[], []]);
  },
  240_000,
);

test("routes to a node that joins later are there without anybody telling, made once for a node", async () => {
  await using between = await wires();
  await using one = await between.node(1);
  await using podNS = await namespace();
  await using secondNS = await namespace();
  const pod = { node: one, id: "a", ns: podNS };
  const first = await call(pod, "ADD", entryFor(one));
  expect(first.status).toBe(0);
  expect(first.stderr.split("\n").filter(Boolean)).toEqual([
    expect.stringMatching(/^ifacer: made the route 192\.168\.0\.128\/26 via 10\.0\.1\.2 dev ens1$/),
    expect.stringContaining("via 10.0.1.3"),
    expect.stringContaining("via 10.0.1.4"),
    "ifacer: ... and 8 more of these",
  ]);
  const { rules, routes } = await routesOf(one);
  expect(rules).toEqual([expect.stringMatching(/^(74\d\d):\sfrom 192\.168\.0\.0\/16 lookup \1$/)]);
  expect(routes).toHaveLength(10);
  const again = await call({ node: one, id: "b", ns: secondNS }, "ADD", entryFor(one));
  expect([again.status, again.stderr]).toEqual([0, ""]);

  await using late = await between.node(5);
  await using lateNS = await namespace();
  const latePod = { node: late, id: "c", ns: lateNS };
  await add(latePod, entryFor(late));
  expect(await reaches(pod, "192.168.1.65", "net1-0")).toBe(true);
  expect(await reaches(latePod, "192.168.64.65", "net1-1")).toBe(true);

  // Somebody takes a route away: CHECK tells, and the next ADD brings it back.
  await one.ns.ip(`route del ${routes[0]?.split(" ")[0]} table ${/lookup (\d+)/.exec(rules[0] ?? "")?.[1]}`);
  const check = await call(pod, "CHECK", { ...entryFor(one), prevResult: first.json });
  expect(check.json).toMatchObject({ code: 104, msg: expect.stringContaining("is missing") });
  await succeed({ node: one, id: "b", ns: secondNS }, "DEL", entryFor(one));
  const back = await call({ node: one, id: "b", ns: secondNS }, "ADD", entryFor(one));
  expect(back.stderr.split("\n").filter(Boolean)).toHaveLength(1);
  await succeed(pod, "CHECK", { ...entryFor(one), prevResult: first.json });
}, 240_000);
