import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { callPlugin, executable, type Namespace, namespace } from "../harness.ts";
import { fakeIpam, plugins } from "../pod/pod.ts";
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
let made = 0;

beforeAll(async () => {
  between = await wires();
  node = await between.node(3);
});

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await between[Symbol.asyncDispose]();
});

async function startPod(): Promise<Pod & { ns: Namespace }> {
  made += 1;
  return { node, id: `pod${made}`, ns: await namespace() };
}

/** A route of the Pod's, its ways one after the other. */
async function tellRoute(pod: Pod, destination: string): Promise<string[]> {
  const shown = await pod.ns.ip(`route show ${destination}`);
  return shown
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

test("any other IPAM plugin, called for each interface", async () => {
  const pod = await startPod();
  await using _ = pod.ns;
  const ipam = {
    type: "host-local",
    dataDir: node.store,
    ranges: [[{ subnet: "198.51.100.0/24" }]],
    routes: [{ dst: "10.9.0.0/16" }],
  };
  const config = entryFor(node, { mode: "l2", ipam, multiNICIPAM: false });
  const result = await add(pod, config);
  expect(await addressesOf(pod)).toEqual(["net1-0 198.51.100.2/24", "net1-1 198.51.100.3/24"]);
  expect(node.given()).toEqual([`198.51.100.2 ${pod.id} net1-0`, `198.51.100.3 ${pod.id} net1-1`]);
  // By the gateway that came with each address.
  expect(await tellRoute(pod, "10.9.0.0/16")).toEqual([
    "10.9.0.0/16",
    "nexthop via 198.51.100.1 dev net1-0 weight 1",
    "nexthop via 198.51.100.1 dev net1-1 weight 1",
  ]);
  await succeed(pod, "CHECK", { ...config, prevResult: result });
  await pod.ns.ip("route del 10.9.0.0/16");
  expect(await fail(pod, "CHECK", { ...config, prevResult: result })).toEqual([
    104,
    expect.stringContaining("10.9.0.0/16"),
  ]);
  await succeed(pod, "DEL", { ...config, prevResult: result });
  expect([await linksOf(pod), node.given()]).toEqual([[], []]);
}, 240_000);

test("an IPAM plugin for all interfaces: its addresses are dealt out in order", async () => {
  const pod = await startPod();
  await using _ = pod.ns;
  using fake = fakeIpam();
  const config = entryFor(node, { mode: "macvlan", ipam: { type: "fake", some: 1 }, multiNICIPAM: true });
  const addresses = ["198.51.100.7/24", "203.0.113.7/24", "2001:db8:1::7/64", "2001:db8:2::7/64"];
  const routes = [
    { dst: "10.9.0.0/16", gw: "198.51.100.1" },
    { dst: "10.9.0.0/16", gw: "203.0.113.1" },
  ];
  const say = (list: string[]) =>
    JSON.stringify({ cniVersion: "1.0.0", ips: list.map((address) => ({ address })), routes });
  const result = await add(pod, config, { ...fake.env, SAY_ADD: say(addresses) });
  expect(fake.configOf("ADD")).toMatchObject({ masters: ["ens1", "ens2"], ipam: { type: "fake", some: 1 } });
  expect(fake.takeCalls()).toEqual(["ADD net1"]);
  expect(await addressesOf(pod)).toEqual(["net1-0 198.51.100.7/24", "net1-1 203.0.113.7/24"]);
  expect(
    result.ips.map(({ interface: place, address }: { interface: number; address: string }) => [place, address]),
  ).toEqual([
    [0, "198.51.100.7/24"],
    [0, "2001:db8:1::7/64"],
    [1, "203.0.113.7/24"],
    [1, "2001:db8:2::7/64"],
  ]);
  expect(result.routes).toEqual(routes);
  expect(await tellRoute(pod, "10.9.0.0/16")).toEqual([
    "10.9.0.0/16",
    "nexthop via 198.51.100.1 dev net1-0 weight 1",
    "nexthop via 203.0.113.1 dev net1-1 weight 1",
  ]);
  await succeed(pod, "CHECK", { ...config, prevResult: result }, fake.env);
  await succeed(pod, "DEL", { ...config, prevResult: result }, fake.env);
  expect(fake.takeCalls()).toEqual(["CHECK net1", "DEL net1"]);
  expect(await linksOf(pod)).toEqual([]);
  const [code, words] = await fail(pod, "ADD", config, { ...fake.env, SAY_ADD: say(addresses.slice(0, 3)) });
  expect([code, words]).toEqual([103, expect.stringContaining("gave 3 addresses for 2 interfaces")]);
  expect([fake.takeCalls(), await linksOf(pod)]).toEqual([["ADD net1", "DEL net1"], []]);
}, 240_000);

test("no addresses at all: macvlan alone", async () => {
  const pod = await startPod();
  await using _ = pod.ns;
  const config = entryFor(node, { mode: "macvlan", ipam: {} });
  const result = await add(pod, config);
  expect([await linksOf(pod), await addressesOf(pod), result.ips]).toEqual([["net1-0", "net1-1"], [], undefined]);
  await succeed(pod, "CHECK", { ...config, prevResult: result });
  await succeed(pod, "DEL", config);
  expect(await linksOf(pod)).toEqual([]);
}, 240_000);

test("a generated config of the multi-nic plugin, with its type changed; a Pod that asks for one NIC", async () => {
  const pod = await startPod();
  await using _ = pod.ns;
  const generated = {
    cniVersion: "0.3.0",
    name: "multinic-ipvlanl3",
    type: "ifacer",
    ipam: { hostBlock: 8, interfaceBlock: 2, type: "multi-nic-ipam", vlanMode: "l3", dataDir: node.store },
    dns: {},
    plugin: { cniVersion: "0.3.0", type: "ipvlan", ipam: {}, dns: {}, master: "", mode: "l3", mtu: 0 },
    subnet: "192.168.0.0/16",
    masterNets: ["10.0.1.0/29", "10.0.2.0/29"],
    multiNICIPAM: true,
    daemonIP: "",
    daemonPort: 11000,
    // The NICs are ends of veths here, which no rule chooses.
    interfaces: ["ens1", "ens2"],
  };
  await add(pod, generated);
  expect(await addressesOf(pod)).toEqual(["net1-0 192.168.0.193/18", "net1-1 192.168.64.193/18"]);
  await succeed(pod, "DEL", generated);
  // host-local gives the next one, whichever was given last.
  await add(pod, { ...generated, args: { cni: { masters: ["ens2"] } } });
  expect(await addressesOf(pod)).toEqual([expect.stringMatching(/^net1-0 192\.168\.64\.19\d\/18$/)]);
  await succeed(pod, "DEL", generated);
  await add(pod, { ...generated, args: { cni: { nics: 1 } } });
  expect(await addressesOf(pod)).toEqual([expect.stringMatching(/^net1-0 192\.168\.0\.19\d\/18$/)]);
  await succeed(pod, "DEL", generated);
  const asked = { ...generated, args: { cni: { masters: ["eth0"] } } };
  expect(await fail(pod, "ADD", asked)).toEqual([100, expect.stringContaining('asks for the NIC "eth0"')]);
  expect([await linksOf(pod), node.given()]).toEqual([[], []]);
}, 240_000);

test("NICs by the networks that they are in; the one with the default route is not among them", async () => {
  await using other = await between.node(4);
  await using podNS = await namespace();
  const pod: Pod = { node: other, id: "a", ns: podNS };
  // Dummies stand for hardware.
  for (const [nic, address] of Object.entries({ nic0: "10.0.3.4/29", nic2: "10.0.1.4/29", nic1: "10.0.2.4/29" })) {
    await other.ns.ip(`link add name ${nic} type dummy`);
    await other.ns.ip(`link set dev ${nic} up`);
    await other.ns.ip(`address add ${address} dev ${nic} noprefixroute`);
  }
  await other.ns.ip("route add default via 10.0.3.1 dev nic0 onlink");
  const config = entryFor(other, { mode: "macvlan", interfaces: undefined });
  await add(pod, config);
  expect(await addressesOf(pod)).toEqual(["net1-0 192.168.1.1/18", "net1-1 192.168.65.1/18"]);
  const masters = (await podNS.json("-d link show")).filter(({ linkinfo }) => linkinfo?.info_kind === "macvlan");
  const indexes = await other.ns.json("link show");
  const nameOf = (index: number) => indexes.find(({ ifindex }) => ifindex === index)?.ifname;
  expect(masters.map(({ link_index }) => nameOf(link_index))).toEqual(["nic2", "nic1"]);
  await succeed(pod, "DEL", config);
  await add(pod, { ...config, masterNets: [] });
  expect(await addressesOf(pod)).toEqual([
    expect.stringMatching(/^net1-0 192\.168\.65\.\d+\/18$/),
    expect.stringMatching(/^net1-1 192\.168\.1\.\d+\/18$/),
  ]);
  await succeed(pod, "DEL", { ...config, masterNets: [] });
  expect(await fail(pod, "ADD", { ...config, masterNets: ["10.0.3.0/29"] })).toEqual([
    100,
    expect.stringContaining("no NIC of this node that may be chosen has an address in 10.0.3.0/29 (masterNets)"),
  ]);
  expect([await linksOf(pod), other.given()]).toEqual([[], []]);
}, 240_000);

test("the policy, and the node's own index", async () => {
  const pod = await startPod();
  await using _ = pod.ns;
  const folder = mkdtempSync("/tmp/ifacer-etc-");
  const env = { CNI_CONTAINERID: pod.id, CNI_NETNS: pod.ns.path, CNI_PATH: plugins };
  const under = async (files: Record<string, object>, config: object) => {
    for (const [name, value] of Object.entries(files)) writeFileSync(`${folder}/${name}`, JSON.stringify(value));
    const script = `mount -t tmpfs tmpfs /etc && mkdir /etc/ifacer && cp ${folder}/* /etc/ifacer/ && exec "$0"`;
    const argv = ["unshare", "--mount", "sh", "-c", script, executable];
    const answer = await callPlugin(node.ns, argv, "ADD", config, { env });
    for (const name of Object.keys(files)) rmSync(`${folder}/${name}`);
    return [answer.json?.code ?? 0, answer.json?.msg ?? ""];
  };
  const config = entryFor(node);
  const refused: [policy: object, words: string][] = [
    [{ plugin: false }, "forbids plugin: leave the entry out"],
    [{ pluginTypes: ["macvlan"] }, "forbids the main plugin ipvlan, it allows macvlan"],
    [{ ipamTypes: ["host-local"] }, "forbids the IPAM plugin multi-nic-ipam"],
    [{ interfaces: { deny: ["ens2"] } }, "forbids the interface ens2, it denies ens2"],
  ];
  for (const [policy, words] of refused) {
    expect(await under({ "policy.json": policy }, config)).toEqual([106, expect.stringContaining(words)]);
  }
  expect(await under({ "node.json": { hostIndex: "3" } }, config)).toEqual([
    106,
    expect.stringContaining("node.json is not valid"),
  ]);
  expect([await linksOf(pod), node.given()]).toEqual([[], []]);

  const allowed = { pluginTypes: ["ipvlan"], ipamTypes: ["multi-nic-ipam"], interfaces: { allow: ["ens*"] } };
  const peers = [{ hostIndex: 200, addresses: ["10.0.1.6", "10.0.2.6"] }];
  const ipam = { ...config.ipam, peers, routeTable: 4242 };
  const files = { "policy.json": allowed, "node.json": { hostIndex: 129 } };
  // Tests before have made the rule of the table that follows from the name.
  expect(await under(files, { ...config, ipam })).toEqual([
    105,
    expect.stringContaining("addresses of another network"),
  ]);
  await node.ns.ip("rule del from 192.168.0.0/16");
  expect(await under(files, { ...config, ipam })).toEqual([0, ""]);
  expect(await addressesOf(pod)).toEqual(["net1-0 192.168.32.65/18", "net1-1 192.168.96.65/18"]);
  const routes = (await node.ns.ip("route show table 4242"))
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  expect(routes).toEqual(["192.168.50.0/26 via 10.0.1.6 dev ens1", "192.168.114.0/26 via 10.0.2.6 dev ens2"]);
  await succeed(pod, "DEL", config);
  expect([await linksOf(pod), node.given()]).toEqual([[], []]);
  rmSync(folder, { recursive: true });
}, 240_000);

test("what the command line says of it, and apply makes the routes before the first Pod", async () => {
  await using other = await between.node(5);
  const config = JSON.stringify(entryFor(other));
  const run = (...words: string[]) => other.ns.run([executable, ...words], { stdin: config });
  const plan = await run("plan");
  expect([plan.status, plan.stdout]).toEqual([0, expect.stringContaining("11 changes, ADD would make them")]);
  expect(plan.stdout).toContain("in each Pod: CNI_IFNAME-1 on ens2, an address of 192.168.65.64/26 in 192.168.64.0/18");
  expect(plan.stdout).toContain("ip route add 192.168.0.64/26 via 10.0.1.1 dev ens1 table 74");
  const blocks = await run("blocks");
  expect([blocks.status, blocks.stdout]).toEqual([
    0,
    expect.stringMatching(
      /10\.0\.2\.0\/29 +192\.168\.64\.0\/18 +5 +192\.168\.65\.64\/26 +62: 192\.168\.65\.65 to 192\.168\.65\.126 +ens2/,
    ),
  ]);
  const applied = await run("apply", "--yes", "-f", "-");
  expect([applied.status, applied.stdout.trim().split("\n").at(-1)]).toEqual([0, "done"]);
  expect((await routesOf(other)).routes).toHaveLength(10);
  expect((await run("plan")).stdout).toContain("all is in place");
  const doctor = await other.ns.run([executable, "doctor", "-f", "-"], { stdin: config, env: { CNI_PATH: plugins } });
  expect(doctor.stdout).toContain("main plugin ipvlan");
  expect(doctor.stdout).toContain("ADD can be tried here");
  const pod: Pod = { node: other, id: "a", ns: await namespace() };
  await using _ = pod.ns;
  const { stderr } = await call(pod, "ADD", entryFor(other));
  expect(stderr).toBe("");
  await succeed(pod, "DEL", entryFor(other));
}, 240_000);
