import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../waiting.ts";
import { call, fakeIp } from "./adding.ts";
import { executable, type Namespace, namespace } from "./harness.ts";
import { addVlan, listLinks, listNeighbours, makeSwitch, plugIn } from "./wire.ts";

let hub: Namespace;
let gateway: Namespace;
let node: Namespace;

beforeAll(async () => {
  hub = await makeSwitch();
  gateway = await namespace();
  node = await namespace();
  await plugIn(hub, gateway, "ens1", "gateway", ["200", "201"]);
  await addVlan(gateway, "ens1", 200, "192.0.2.1/24", "2001:db8::1/64");
  await addVlan(gateway, "ens1", 201, "198.51.100.1/24");
  // The switch does not carry VLAN 201 to the node.
  await plugIn(hub, node, "ens192", "node", ["200"]);
}, 240_000);

afterAll(async () => {
  for (const ns of [hub, gateway, node]) await ns[Symbol.asyncDispose]();
});

const config = (vlanID: number, probe: object) => ({ interfaces: ["ens192"], vlanID, probe });

test("who answers is asked once for the node, and nobody remembers it; the next Pod's ADD and CHECK don't ask", async () => {
  const asking = config(200, { addresses: ["192.0.2.1", "2001:DB8::0:1"], timeout: 20 });
  const neighbours = await listNeighbours(gateway);
  const { status, stderr } = await call(node, "ADD", asking);
  expect([status, stderr]).toEqual([
    0,
    "ifacer: made the VLAN ens192.200 with id 200 on ens192\nifacer: set ens192.200 up\n",
  ]);
  expect(await listLinks(node)).toEqual(["ens192", "ens192.200", "lo"]);
  expect(await listNeighbours(gateway)).toEqual(neighbours);
  // Whoever asked now would have to fail.
  await hub.ip("link set dev gateway down");
  for (const verb of ["ADD", "CHECK", "STATUS"]) expect((await call(node, verb, asking)).status).toBe(0);
  await hub.ip("link set dev gateway up");
}, 300_000);

test("nobody answers: code 107 with the address, the link, the time and the reason, and all is undone", async () => {
  const before = await listLinks(node);
  const { status, json } = await call(node, "ADD", config(201, { addresses: ["198.51.100.1"], timeout: 2 }));
  expect([status, json.code]).toEqual([1, 107]);
  expect(json.msg).toStartWith(
    "no answer from 198.51.100.1 on ens192.201 within 2 s: the switch does not carry VLAN 201",
  );
  expect(json.msg).toEndWith("; all was undone");
  expect(await listLinks(node)).toEqual(before);
}, 300_000);

test("onSilence note: a line for the journal, and the VLAN stays", async () => {
  const asking = config(201, { addresses: ["198.51.100.1"], timeout: 2, onSilence: "note" });
  const { status, stderr } = await call(node, "ADD", asking);
  expect(status).toBe(0);
  expect(stderr).toContain("ifacer: no answer from 198.51.100.1 on ens192.201 within 2 s: ");
  expect(await listLinks(node)).toContain("ens192.201");
  await node.ip("link delete dev ens192.201");
}, 300_000);

test("where the wire can't be asked, nobody is to blame: a line for the journal", async () => {
  // An ip that knows no macvlan.
  using ip = fakeIp("s/type macvlan/type nonsense/");
  const asking = config(201, { addresses: ["198.51.100.1"], timeout: 2 });
  const { status, stderr } = await call(node, "ADD", asking, ip.env);
  expect([status, stderr]).toEqual([0, expect.stringContaining("could not be asked")]);
  await node.ip("link delete dev ens192.201");
}, 300_000);

const silent = (timeout: number) => config(201, { addresses: ["198.51.100.1"], timeout });
const isMade = async () => (await listLinks(node)).includes("ens192.201");

test("who stands on the link by then keeps it, up or not; the next ADD asks again, and the last one takes it back", async () => {
  await using pod = await namespace();
  const asking = call(node, "ADD", silent(4));
  await until("the VLAN is there", isMade);
  await node.ip(`link add link ens192.201 name net1 netns ${pod.name} type macvlan mode bridge`);
  const kept = "; all was undone but ens192.201, ens192: in use by now";
  expect((await asking).json).toMatchObject({ code: 107, msg: expect.stringContaining(kept) });
  const again = await call(node, "ADD", silent(1));
  expect(again.json).toMatchObject({ code: 107, msg: expect.stringContaining(kept) });
  await pod.ip("link delete dev net1");
  const last = await call(node, "ADD", silent(1));
  expect(last.json).toMatchObject({ code: 107, msg: expect.stringMatching(/; all was undone$/) });
  expect(await isMade()).toBe(false);
}, 300_000);

test("killed while it asks: the next ADD asks again, and one that comes meanwhile waits for the answer", async () => {
  const env = {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "pod1",
    CNI_NETNS: "/run/netns/none",
    CNI_IFNAME: "net1",
    CNI_PATH: "/",
  };
  const stdin = JSON.stringify({ cniVersion: "1.0.0", name: "net", type: "ifacer", ...silent(30) });
  const killed = node.run(
    [
      "setsid",
      "--wait",
      "sh",
      "-c",
      `exec 3<&0; ${executable} <&3 & until ip link show dev ens192.201; do sleep 0.1; done; sleep 1; kill -9 0`,
    ],
    { env, stdin },
  );
  await killed;
  expect(await isMade()).toBe(true);
  const first = call(node, "ADD", silent(3));
  const second = call(node, "ADD", silent(3));
  for (const { json } of await Promise.all([first, second])) expect(json).toMatchObject({ code: 107 });
  expect(await isMade()).toBe(false);
}, 300_000);

test("no carrier is the reason where there is none", async () => {
  await hub.ip("link set dev node down");
  const { json } = await call(node, "ADD", silent(1));
  expect(json.msg).toContain("ens192.201 has no carrier, look at its cable");
  await hub.ip("link set dev node up");
}, 300_000);
