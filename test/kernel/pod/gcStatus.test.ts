import { expect, test } from "bun:test";
import { executable } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { call, fakeIpam, succeed } from "./pod.ts";

const base = { cniVersion: "1.1.0" };

// host-local itself does nothing on GC yet.
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
}, 240_000);

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
}, 240_000);
