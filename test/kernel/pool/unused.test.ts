import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { executable, namespace } from "../harness.ts";
import { usersOf } from "../life/node.ts";
import { call, entryFor, type Node, type Pod, routesOf, succeed, wires } from "./pool.ts";

/** Calls a verb, which has to succeed, and returns what it told. */
async function tell(pod: Pod, verb: string, config: object): Promise<string[]> {
  const { status, stdout, stderr } = await call(pod, verb, config);
  expect([verb, status, status === 0 ? "" : stdout]).toEqual([verb, 0, ""]);
  return stderr.split("\n").filter((line) => line !== "");
}

async function podOn(node: Node, id: string): Promise<Pod & AsyncDisposable> {
  const ns = await namespace();
  return { node, id, ns, [Symbol.asyncDispose]: () => ns[Symbol.asyncDispose]() };
}

const removed = expect.stringMatching(
  /^ifacer: removed the rule 'from 192\.168\.0\.0\/16 lookup \d+' and its routes, which no Pod needs any more$/,
);

test("the rule and the routes of a network with removeUnused go with its last Pod, and nothing else does", async () => {
  await using between = await wires();
  await using node = await between.node(2);
  rmSync(usersOf(node.ns), { recursive: true, force: true });
  await using a = await podOn(node, "a");
  await using b = await podOn(node, "b");
  const plain = entryFor(node);
  const config = { ...plain, removeUnused: true };
  const whole = expect.objectContaining({
    rules: [expect.any(String)],
    routes: expect.arrayContaining([expect.any(String)]),
  });
  const nothing = { rules: [], routes: [] };

  await tell(a, "ADD", config);
  await tell(b, "ADD", config);
  const { rules, routes } = await routesOf(node);
  expect([rules.length, routes.length]).toEqual([1, 10]);
  const table = /lookup (\d+)/.exec(rules[0] ?? "")?.[1];
  // Of another network in the same table.
  await node.ns.ip(`route add 172.30.0.0/24 dev ens1 table ${table}`);
  expect(await tell(a, "DEL", config)).toEqual([]);
  expect(await routesOf(node)).toEqual(whole);
  // The note tells, whatever the config says by then.
  expect(await tell(b, "DEL", plain)).toEqual([removed]);
  expect(await routesOf(node)).toEqual(nothing);
  expect((await node.ns.ip(`route show table ${table}`)).trim()).toBe("172.30.0.0/24 dev ens1 scope link");
  expect(await tell(b, "DEL", config)).toEqual([]);

  // What a Pod without the key has made stays, whoever comes and goes.
  await tell(a, "ADD", plain);
  await tell(b, "ADD", config);
  expect(await tell(b, "DEL", config)).toEqual([]);
  expect(await tell(a, "DEL", plain)).toEqual([]);
  expect(await routesOf(node)).toEqual(whole);
  await node.ns.ip(`rule del ${rules[0]?.split(":")[1]?.trim()} priority ${table}`);
  await node.ns.ip(`route flush table ${table}`);

  // A Pod without the key keeps by its address what one with it has made.
  await tell(a, "ADD", config);
  await tell(b, "ADD", plain);
  expect(await tell(a, "DEL", config)).toEqual([expect.stringContaining("stays: a Pod has the address 192.168.")]);
  expect(await tell(b, "DEL", plain)).toEqual([]);
  expect(await routesOf(node)).toEqual(whole);
  expect(await tell(a, "DEL", config)).toEqual([removed]);

  // What an operator has made ahead of Pods stays; GC does what DELs should have done.
  const applied = await node.ns.run([executable, "apply", "--yes"], { stdin: JSON.stringify(config) });
  expect(applied.status).toBe(0);
  await tell(a, "ADD", config);
  expect(await tell(a, "DEL", config)).toEqual([]);
  expect(await routesOf(node)).toEqual(whole);
  await node.ns.ip(`rule del ${rules[0]?.split(":")[1]?.trim()} priority ${table}`);
  await tell(a, "ADD", config);
  const gc = (valid: object[]) => ({ ...config, cniVersion: "1.1.0", "cni.dev/valid-attachments": valid });
  expect(await tell(a, "GC", gc([{ containerID: "a", ifname: "net1" }]))).toEqual([]);
  expect(await routesOf(node)).toEqual(whole);
  // What host-local has given is freed by nobody else.
  expect(await tell(a, "GC", gc([]))).toEqual([expect.stringContaining("stays: a Pod has the address 192.168.")]);
  rmSync(`${node.store}/${config.name}`, { recursive: true });
  expect(await tell(a, "GC", gc([]))).toEqual([removed]);
  expect(await routesOf(node)).toEqual(nothing);
  await succeed(a, "DEL", config);
  expect(node.given()).toEqual([]);
}, 240_000);

test("an ADD against the last DEL has its rule and its routes when it answers", async () => {
  await using between = await wires();
  await using node = await between.node(3);
  rmSync(usersOf(node.ns), { recursive: true, force: true });
  await using a = await podOn(node, "a");
  await using b = await podOn(node, "b");
  const config = { ...entryFor(node), removeUnused: true };
  let pair: [Pod, Pod] = [a, b];
  await tell(pair[0], "ADD", config);
  const whole = await routesOf(node);
  for (let round = 0; round < 6; round++) {
    const [last, next] = pair;
    const head = (Math.random() - 0.5) * 400;
    const ended = (async () => {
      await Bun.sleep(Math.max(0, head));
      await tell(last, "DEL", config);
    })();
    await Bun.sleep(Math.max(0, -head));
    await tell(next, "ADD", config);
    expect([round, await routesOf(node)]).toEqual([round, whole]);
    await ended;
    expect([round, await routesOf(node)]).toEqual([round, whole]);
    pair = [next, last];
  }
  expect(await tell(pair[0], "DEL", config)).toEqual([removed]);
}, 240_000);
