import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { add, addresses, call, type FakeIpam, fakeIpam, plugins, refuse, tell } from "./pod.ts";

let node: Namespace;
let pod: Namespace;
let fake: FakeIpam;
beforeAll(async () => {
  node = await nodeWith();
  pod = await nodeWith("eth0");
  fake = fakeIpam();
}, 240_000);
afterAll(async () => {
  fake[Symbol.dispose]();
  await node[Symbol.asyncDispose]();
  await pod[Symbol.asyncDispose]();
});

const entry = { vlanID: 3, ipam: { type: "fake", range: "any" } };
const granted = JSON.stringify({ cniVersion: "1.0.0", ips: [{ address: "192.0.2.10/24" }] });

test("the IPAM plugin gets the environment but for the name of the link, the entry as its config, and a link that is up", async () => {
  const place = { node, pod };
  const prevResult = { cniVersion: "1.0.0", interfaces: [{ name: "eth0", sandbox: pod.path }] };
  const whole = { ...entry, runtimeConfig: { ips: ["192.0.2.10/24"] }, args: { cni: { a: 1 } }, prevResult };
  const env = { ...fake.env, CNI_ARGS: "K8S_POD_NAME=a", EXTRA: "kept", SAY_ADD: granted };
  const result = await add(place, whole, env);
  expect(fake.environmentOf("ADD")).toMatchObject({
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "pod1",
    CNI_NETNS: pod.path,
    CNI_IFNAME: "eth0.3",
    CNI_PATH: fake.env["CNI_PATH"],
    CNI_ARGS: "K8S_POD_NAME=a",
    EXTRA: "kept",
  });
  const sent = { cniVersion: "1.0.0", name: "net", type: "ifacer", linkInContainer: true, ...whole };
  expect(fake.configOf("ADD")).toEqual(sent);
  expect(fake.takeCalls()).toEqual(["ADD eth0.3"]);
  expect(await addresses(pod, "eth0.3")).toEqual(["192.0.2.10/24"]);

  for (const verb of ["CHECK", "DEL"]) {
    await call(place, verb, { ...whole, prevResult: result }, env);
    expect([verb, fake.environmentOf(verb)["CNI_IFNAME"]]).toEqual([verb, "eth0.3"]);
    expect(fake.configOf(verb)).toEqual({ ...sent, prevResult: result });
  }
  expect(fake.takeCalls()).toEqual(["CHECK eth0.3", "DEL eth0.3"]);
}, 300_000);

test("what it writes for the journal is passed on", async () => {
  const { status, stderr } = await call({ node, pod }, "ADD", entry, {
    ...fake.env,
    SAY_ADD: granted,
    NOTE: "a lease",
  });
  expect([status, stderr]).toEqual([0, "ifacer: a lease\n"]);
  await call({ node, pod }, "DEL", entry, fake.env);
  fake.takeCalls();
}, 240_000);

test.each<[string, Record<string, string>, number, string, string[]]>([
  [
    "its own code and words",
    { END_ADD: "1", SAY_ADD: '{"code":11,"msg":"try again","details":"no free address"}' },
    11,
    "the IPAM plugin fake failed: try again\nno free address\n",
    ["ADD eth0.3"],
  ],
  [
    "999, which is a bug of ours, as 103",
    { END_ADD: "1", SAY_ADD: '{"code":999,"msg":"requested IP is in use"}' },
    103,
    "the IPAM plugin fake failed: requested IP is in use",
    ["ADD eth0.3"],
  ],
  ["no code", { END_ADD: "1", SAY_ADD: '{"msg":"why"}' }, 103, "fake failed: why", ["ADD eth0.3"]],
  ["words that are no document", { END_ADD: "2", NOTE: "panic: oh" }, 103, "fake failed: panic: oh", ["ADD eth0.3"]],
  ["not a word", { END_ADD: "3" }, 103, "it ended with status 3 and said nothing", ["ADD eth0.3"]],
  ["killed", { END_ADD: "kill" }, 103, "the IPAM plugin fake was killed by signal 9", ["ADD eth0.3", "DEL eth0.3"]],
  [
    "300 MB of words",
    { DO_ADD: "head -c 300000000 /dev/zero" },
    103,
    "the IPAM plugin fake said more than 8 MiB and was killed",
    ["ADD eth0.3", "DEL eth0.3"],
  ],
  ["nonsense for a result", { SAY_ADD: "yes" }, 103, "answered what is no CNI result", ["ADD eth0.3", "DEL eth0.3"]],
  ["nothing", {}, 103, "fake answered what is no CNI result", ["ADD eth0.3", "DEL eth0.3"]],
  [
    "no address",
    { SAY_ADD: '{"cniVersion":"1.0.0","ips":[]}' },
    103,
    "fake gave no address",
    ["ADD eth0.3", "DEL eth0.3"],
  ],
  [
    "a result that is not of its version",
    { SAY_ADD: '{"cniVersion":"1.0.0","ips":[{"address":"192.0.2.10"}]}' },
    103,
    "fake answered what is no CNI result: ",
    ["ADD eth0.3", "DEL eth0.3"],
  ],
  [
    "an address that the kernel refuses",
    {
      SAY_ADD:
        '{"cniVersion":"1.0.0","ips":[{"address":"192.0.2.10/24"}],"routes":[{"dst":"198.51.100.0/24","gw":"203.0.113.1"}]}',
    },
    103,
    "the route 198.51.100.0/24 via 203.0.113.1 dev eth0.3 is missing: ",
    ["ADD eth0.3", "DEL eth0.3"],
  ],
])(
  "fails with %s: what it says is passed on, and all is as before",
  async (_, env, code, words, calls) => {
    expect(await refuse({ node, pod }, entry, code, { ...fake.env, ...env })).toContain(words);
    expect(fake.takeCalls()).toEqual(calls);
  },
  240_000,
);

test("a process that it leaves behind is not waited for", async () => {
  const place = { node, pod };
  const env = { ...fake.env, DO_ADD: "sleep 300 & echo $! >$RECORD/pid", SAY_ADD: granted };
  await add(place, entry, env);
  const pid = Number(readFileSync(`${fake.folder}/pid`, "utf8"));
  // It is there still.
  process.kill(pid, "SIGKILL");
  await call(place, "DEL", entry, fake.env);
  expect(fake.takeCalls()).toEqual(["ADD eth0.3", "DEL eth0.3"]);
}, 240_000);

test("undoing that fails says what is left to DEL, which does it", async () => {
  const place = { node, pod };
  const env = {
    ...fake.env,
    SAY_ADD: granted.replace('"ips"', '"routes":[{"dst":"0.0.0.0/0","gw":"203.0.113.1"}],"ips"'),
  };
  const { json } = await call(place, "ADD", entry, { ...env, END_DEL: "1", SAY_DEL: '{"code":11,"msg":"busy"}' });
  expect(json).toMatchObject({ code: 103 });
  expect(json.msg).toContain("undoing failed too, DEL will do it: the IPAM plugin fake failed: busy");
  expect(await tell(pod)).toEqual(["eth0 up dummy"]);
  fake.takeCalls();
  await call(place, "DEL", entry, env);
  expect(fake.takeCalls()).toEqual(["DEL eth0.3"]);
}, 240_000);

test("a plugin in no folder of CNI_PATH is found out first; the first folder that has it counts", async () => {
  const place = { node, pod };
  const words = await refuse(place, entry, 102, { CNI_PATH: `${plugins}:/nosuch` });
  expect(words).toContain(`the IPAM plugin fake is in no folder of CNI_PATH (${plugins}, /nosuch): put it there`);
  using other = fakeIpam();
  const env = { ...fake.env, CNI_PATH: `/nosuch:${fake.folder}:${other.folder}`, SAY_ADD: granted };
  await add(place, entry, env);
  await call(place, "DEL", entry, env);
  expect([fake.takeCalls(), other.takeCalls()]).toEqual([["ADD eth0.3", "DEL eth0.3"], []]);
}, 240_000);

test.each([
  ["{}", {}],
  ["an empty type", { type: "" }],
  ["null", null],
])(
  "ipam: %s means none: the link is made without an address",
  async (_, ipam) => {
    const place = { node, pod };
    const result = await add(place, { vlanID: 3, ipam });
    expect([Object.keys(result), await addresses(pod, "eth0.3")]).toEqual([["cniVersion", "interfaces"], []]);
    await call(place, "CHECK", { vlanID: 3, ipam, prevResult: result });
    await call(place, "DEL", { vlanID: 3, ipam });
    expect(await tell(pod)).toEqual(["eth0 up dummy"]);
  },
  240_000,
);
