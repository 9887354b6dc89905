import { expect, test } from "bun:test";
import { executable } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { add, call, fakeIpam, hostLocalIpam, hostLocalStore, succeed } from "./pod.ts";

const base = { cniVersion: "1.1.0" };

test("GC keeps the addresses of the attachments that are valid, under the names of their links, and frees all others", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0", "net1");
  using store = hostLocalStore();
  const place = { node, pod };
  const ipam = hostLocalIpam(store.folder);
  const chained = { ...base, vlanID: 3, ipam };
  const own = { ...base, vlanID: 4, master: "net1", ipam };
  await add(place, chained);
  await add(place, own, { CNI_IFNAME: "net2" });
  const given = store.list().sort();
  const valid = [{ containerID: "pod1", ifname: "eth0" }];
  for (const key of ["cni.dev/valid-attachments", "cni.dev/attachments"]) {
    await succeed(place, "GC", { ...chained, [key]: [...valid, { containerID: "pod1", ifname: "net2" }] });
    // net2 is no name of a link of this entry, but the attachment's own stands there as well.
    expect([key, store.list().sort()]).toEqual([key, given]);
  }
  await succeed(place, "GC", { ...chained, "cni.dev/valid-attachments": valid });
  expect(store.list()).toEqual(given.slice(0, 1));
  await succeed(place, "GC", { ...chained, "cni.dev/valid-attachments": [] });
  expect(store.list()).toEqual([]);
}, 180_000);

test("what GC gives to the IPAM plugin: each attachment twice, all else as it was", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith();
  using fake = fakeIpam();
  const entry = { ...base, vlanID: 3, ipam: { type: "fake", a: 1 } };
  const attachments = [
    { containerID: "pod1", ifname: "eth0" },
    { containerID: "pod2", ifname: "net1", x: 1 },
  ];
  const doubled = attachments.flatMap((one) => [one, { ...one, ifname: `${one.ifname}.3` }]);
  const sent = { ...entry, "cni.dev/valid-attachments": attachments, "cni.dev/attachments": attachments };
  await succeed({ node, pod }, "GC", sent, fake.env);
  expect(fake.configOf("GC")).toMatchObject({
    ...entry,
    "cni.dev/valid-attachments": doubled,
    "cni.dev/attachments": doubled,
  });
  const { json } = await call({ node, pod }, "GC", sent, {
    ...fake.env,
    END_GC: "1",
    SAY_GC: '{"code":120,"msg":"no"}',
  });
  expect(json).toMatchObject({ code: 120, msg: "the IPAM plugin fake failed: no" });
}, 60_000);

test("STATUS: that of the node, then that of the IPAM plugin", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith();
  using fake = fakeIpam();
  const place = { node, pod };
  const entry = { ...base, vlanID: 3, ipam: { type: "fake" } };
  await succeed(place, "STATUS", entry, fake.env);
  await succeed(place, "STATUS", { ...base, vlanID: 3, ipam: { type: "static" } });
  const says = { END_STATUS: "1", SAY_STATUS: '{"code":51,"msg":"few addresses are left"}' };
  const full = await call(place, "STATUS", entry, { ...fake.env, ...says });
  expect(full.json).toMatchObject({ code: 51, msg: "the IPAM plugin fake failed: few addresses are left" });
  fake.takeCalls();
  const nobody = "setpriv --bounding-set -net_admin --inh-caps -net_admin".split(" ");
  const env = { ...fake.env, CNI_COMMAND: "STATUS" };
  const input = JSON.stringify({ name: "net", type: "ifacer", linkInContainer: true, ...entry });
  const { stdout } = await node.run([...nobody, executable], { env, stdin: input });
  expect(JSON.parse(stdout)).toMatchObject({ code: 50, msg: expect.stringContaining("may not change the network") });
  expect(fake.takeCalls()).toEqual([]);
}, 60_000);
