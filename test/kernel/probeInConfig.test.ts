import { afterAll, beforeAll, expect, test } from "bun:test";
import { call, fakeIp } from "./adding.ts";
import { type Namespace, namespace } from "./harness.ts";
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

test("while the answer is awaited the lock is free: another ADD of the node ends before", async () => {
  const asking = config(201, { addresses: ["198.51.100.1"], timeout: 20 });
  const before = await listLinks(node);
  let silent = true;
  const slow = call(node, "ADD", asking).finally(() => {
    silent = false;
  });
  while (!(await listLinks(node)).includes("ens192.201")) await Bun.sleep(100);
  const other = await call(node, "ADD", { interfaces: ["ens192"], vlanID: 202 });
  expect([other.status, other.stdout, silent]).toEqual([0, '{"cniVersion":"1.1.0"}\n', true]);
  expect((await slow).json.msg).toEndWith("; all was undone");
  expect(await listLinks(node)).toEqual([...before, "ens192.202"].sort());
  await node.ip("link delete dev ens192.202");
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
