/** Beside the real NetworkManager, which by default takes every NIC that it finds. */
import { expect, test } from "bun:test";
import { until } from "../waiting.ts";
import { askDoctor, putDropIn } from "./doctor.ts";
import { addAtLast, addPod, allLinks, findSlaves, removeLinks, serviceNode } from "./node.ts";
import { configure, run, startNetworkManager } from "./services.ts";
import { trafficDuring } from "./traffic.ts";

/** NetworkManager's word for what it does with a link, such as `connecting (getting IP configuration)`. */
async function stateOf(link: string): Promise<string> {
  const { stdout } = await run(["nmcli", "-g", "GENERAL.STATE", "device", "show", link]);
  return stdout.replace(/^\d+ \((.*)\)\n$/, "$1").replaceAll("\\", "");
}

function settled(links: readonly string[], state: RegExp): Promise<void> {
  const all = async () => (await Promise.all(links.map(stateOf))).every((word) => state.test(word));
  return until(`NetworkManager says ${state} of ${links.join(", ")}`, all);
}

/** The node where NetworkManager looks for a DHCP server on its NICs, in vain and, here, without an end. */
async function managedNode() {
  await using parts = new AsyncDisposableStack();
  const node = parts.use(await serviceNode());
  configure("/etc/NetworkManager/conf.d/dhcp.conf", "[connection]", "ipv4.dhcp-timeout=2147483647");
  const service = parts.use(await startNetworkManager());
  await settled(node.nics, /^connecting/);
  const kept = parts.move();
  return { node, service, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test("by default it manages the NICs: ADD takes them, and a restart under a Pod loses nothing", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  expect(await askDoctor(node, "NetworkManager")).toMatchObject({
    state: "doubtful",
    message: expect.stringContaining(`manages ${node.nics.join(", ")}`),
  });
  await using pod = await addPod(node);
  await settled(["bond0"], /^connected \(externally\)$/);
  const { sent, answered } = await trafficDuring(pod, node.wire, async () => {
    await service.restart();
    await settled(node.nics, /^connect/);
  });
  expect(answered).toBe(sent);
  expect(await findSlaves(node)).toEqual([...node.nics]);
});

test("with the drop-in before the first ADD it leaves all links alone, also when it is reloaded or restarted", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  await putDropIn(node, "--network-manager");
  await service.restart();
  await settled(node.nics, /^unmanaged$/);
  await using pod = await addPod(node);
  for (const again of [service.restart, service.reload]) {
    const { sent, answered } = await trafficDuring(pod, node.wire, async () => {
      await again();
      await settled(allLinks(node), /^unmanaged$/);
    });
    expect(answered).toBe(sent);
  }
  expect(await findSlaves(node)).toEqual([...node.nics]);
});

test("with the drop-in under a running Pod, a restart lets go of the links and loses nothing", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  await using pod = await addPod(node);
  await putDropIn(node, "--network-manager");
  const { sent, answered } = await trafficDuring(pod, node.wire, async () => {
    await service.restart();
    await settled(allLinks(node), /^unmanaged$/);
  });
  expect(answered).toBe(sent);
  expect(await findSlaves(node)).toEqual([...node.nics]);
});

test("a reload instead sets the slaves down: the next ADD raises them", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  await using pod = await addPod(node);
  await settled(["bond0"], /^connected \(externally\)$/);
  await putDropIn(node, "--network-manager");
  await service.reload();
  await settled(allLinks(node), /^unmanaged$/);
  console.log(`slaves that are up after the reload: ${(await findSlaves(node)).join(", ") || "none"}`);
  await addAtLast(node);
  const { sent, answered } = await trafficDuring(pod, node.wire, async () => {});
  expect(answered).toBe(sent);
});

test("where it gives up on DHCP and takes the slaves out, the next ADD puts them back", async () => {
  await using node = await serviceNode();
  configure("/etc/NetworkManager/conf.d/dhcp.conf", "[connection]", "ipv4.dhcp-timeout=10");
  await using service = await startNetworkManager();
  await settled(node.nics, /^connecting/);
  await using pod = await addPod(node);
  await until("the slaves are taken out", async () => (await findSlaves(node)).length < 2);
  await putDropIn(node, "--network-manager");
  await service.restart();
  await settled(allLinks(node), /^unmanaged$/);
  await addAtLast(node);
  const { sent, answered } = await trafficDuring(pod, node.wire, async () => {});
  expect(answered).toBe(sent);
});

test("ADD at any moment of its start, when it raises the NICs", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  for (let delay = 0; delay < 1500; delay += 150) {
    const started = service.restart();
    await Bun.sleep(delay);
    await addAtLast(node);
    await started;
    await removeLinks(node);
  }
});
