/** Below the real containerd and runc, asked for Pods as kubelet asks. */
import { afterEach, expect, test } from "bun:test";
import { here } from "../kernel/harness.ts";
import { until } from "../waiting.ts";
import { containerd, networkReady, putConflist, remove, removeAll } from "./containerd.ts";
import { complete, failPod, listMade, removeMade, runPod, vlanNetwork } from "./pods.ts";

const node = here();
afterEach(() => removeMade(node));

test("the life of a Pod: it has its network, gives it back, and the node keeps the links", async () => {
  await using runtime = await containerd();
  const { cri } = runtime;
  expect(await networkReady(cri)).toMatchObject({ status: false });
  await putConflist(cri, "10-net.conflist", vlanNetwork("net", 200));
  expect(await networkReady(cri)).toMatchObject({ status: true });

  const id = await runPod(cri);
  const { status } = await cri.call("PodSandboxStatus", { pod_sandbox_id: id });
  expect(status).toMatchObject({ state: "SANDBOX_READY", network: { ip: expect.stringMatching(/^192\.0\.2\.\d+$/) } });
  expect(await listMade(node)).toEqual(complete(200));

  await cri.call("StopPodSandbox", { pod_sandbox_id: id });
  await cri.call("StopPodSandbox", { pod_sandbox_id: id });
  const stopped = await cri.call("PodSandboxStatus", { pod_sandbox_id: id });
  expect(stopped.status).toMatchObject({ state: "SANDBOX_NOTREADY" });
  await cri.call("RemovePodSandbox", { pod_sandbox_id: id });
  expect(await cri.call("ListPodSandbox")).toMatchObject({ items: [] });
  expect(await listMade(node)).toEqual(complete(200));
});

test("an ADD that fails: its sentence ends the Pod's event, nothing stays, and the corrected conflist works", async () => {
  await using runtime = await containerd();
  const { cri } = runtime;
  await putConflist(cri, "10-net.conflist", vlanNetwork("net", 200, ["eth0", "eth9"]));
  for (const _again of [1, 2]) {
    expect(await failPod(cri)).toEndWith('plugin type="ifacer" failed (add): the interface eth9 is not on this node');
  }
  expect(await listMade(node)).toEqual([]);
  expect(await cri.call("ListPodSandbox")).toMatchObject({ items: [] });
  await putConflist(cri, "10-net.conflist", vlanNetwork("net", 200));
  await remove(cri, await runPod(cri));
});

test("ten Pods at once: all have their network, and there is one of each link", async () => {
  await using runtime = await containerd();
  const { cri } = runtime;
  await putConflist(cri, "10-net.conflist", vlanNetwork("net", 200));
  const ids = await Promise.all(Array.from({ length: 10 }, () => runPod(cri)));
  const states = await Promise.all(ids.map((id) => cri.call("PodSandboxStatus", { pod_sandbox_id: id })));
  expect(new Set(states.map(({ status }) => status.network.ip)).size).toBe(10);
  expect(await listMade(node)).toEqual(complete(200));
  await Promise.all(ids.map((id) => remove(cri, id)));
});

test("containerd is killed while ifacer works: what it left is removed, and the next Pod works", async () => {
  await using runtime = await containerd();
  const { cri } = runtime;
  await putConflist(cri, "10-net.conflist", vlanNetwork("net", 200));
  for (const link of ["bond0", "bond0.200"]) {
    const cutOff = failPod(cri);
    await until(`${link} is there`, async () => (await node.run(["ip", "link", "show", "dev", link])).status === 0);
    await runtime.kill();
    await cutOff;
    await runtime.start();
    await removeAll(cri);
    const id = await runPod(cri);
    expect(await listMade(node)).toEqual(complete(200));
    await remove(cri, id);
    await removeMade(node);
  }
});

test("of two conflists the first by name counts; where the runtime takes two, a Pod gets both networks", async () => {
  {
    await using runtime = await containerd();
    await putConflist(runtime.cri, "20-two.conflist", vlanNetwork("two", 202));
    await putConflist(runtime.cri, "10-one.conflist", vlanNetwork("one", 201));
    await runPod(runtime.cri);
    expect(await listMade(node)).toEqual(complete(201));
  }
  await removeMade(node);
  await using runtime = await containerd({ conflists: 2 });
  await putConflist(runtime.cri, "10-one.conflist", vlanNetwork("one", 201));
  await putConflist(runtime.cri, "20-two.conflist", vlanNetwork("two", 202));
  await runPod(runtime.cri);
  expect(await listMade(node)).toEqual(complete(201, 202));
});
