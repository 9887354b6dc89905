/** Beside the real systemd-networkd, with a file that has it ask for addresses on all NICs, as images of clouds have. */
import { expect, test } from "bun:test";
import { until } from "../waiting.ts";
import { askDoctor, putDropIn } from "./doctor.ts";
import { addAtLast, addPod, allLinks, findSlaves, removeLinks, serviceNode } from "./node.ts";
import { configure, run, startNetworkd } from "./services.ts";
import { trafficDuring } from "./traffic.ts";

/** Waits until networkd says so, in the column SETUP of `networkctl list`. */
function settled(links: readonly string[], word: string): Promise<void> {
  return until(`networkd says ${word} of ${links.join(", ")}`, async () => {
    const { stdout } = await run(["networkctl", "list", "--no-legend"]);
    const told = stdout.split("\n").map((line) => line.trim().split(/\s+/));
    return links.every((link) => told.some(([, name, , , setup]) => name === link && setup === word));
  });
}

/** The node where networkd looks in vain for a DHCP server on its NICs. */
async function managedNode() {
  await using parts = new AsyncDisposableStack();
  const node = parts.use(await serviceNode());
  configure("/etc/systemd/network/50-dhcp.network", "[Match]", "Name=en*", "", "[Network]", "DHCP=yes");
  const service = parts.use(await startNetworkd());
  await settled(node.nics, "configuring");
  const kept = parts.move();
  return { node, service, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test("where it manages the NICs, ADD takes them; a restart takes them out, and the next ADD puts them back", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  const doubt = { state: "doubtful", message: expect.stringContaining(`manages ${node.nics.join(", ")}`) };
  expect(await askDoctor(node, "systemd-networkd")).toMatchObject(doubt);
  await using pod = await addPod(node);
  expect(await askDoctor(node, "systemd-networkd")).toMatchObject(doubt);
  await service.restart();
  await settled(node.nics, "configuring");
  console.log(`slaves after the restart: ${(await findSlaves(node)).join(", ") || "none"}`);
  await putDropIn(node, "--networkd");
  await service.reload();
  await addAtLast(node);
  await settled(allLinks(node), "unmanaged");
  expect(await askDoctor(node, "systemd-networkd")).toMatchObject({ state: "good" });
  const { sent, answered } = await trafficDuring(pod, node.wire, async () => {});
  expect(answered).toBe(sent);
});

test("with the drop-in before the first ADD it leaves all links alone, also when it is reloaded or restarted", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  await putDropIn(node, "--networkd");
  await service.reload();
  await settled(node.nics, "unmanaged");
  await using pod = await addPod(node);
  for (const again of [service.restart, service.reload]) {
    const { sent, answered } = await trafficDuring(pod, node.wire, async () => {
      await again();
      await settled(allLinks(node), "unmanaged");
    });
    expect(answered).toBe(sent);
  }
  expect(await findSlaves(node)).toEqual([...node.nics]);
  expect(await askDoctor(node, "systemd-networkd")).toMatchObject({ state: "good" });
});

test("with the drop-in under a running Pod, neither a reload nor a restart after it loses anything", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  await using pod = await addPod(node);
  await putDropIn(node, "--networkd");
  const { sent, answered } = await trafficDuring(pod, node.wire, async () => {
    await service.reload();
    await settled(allLinks(node), "unmanaged");
    await service.restart();
    await settled(allLinks(node), "unmanaged");
  });
  expect(answered).toBe(sent);
  expect(await findSlaves(node)).toEqual([...node.nics]);
  expect(await askDoctor(node, "systemd-networkd")).toMatchObject({ state: "good" });
});

test("ADD at any moment of its start, when it raises the NICs", async () => {
  await using managed = await managedNode();
  const { node, service } = managed;
  for (let delay = 0; delay < 1000; delay += 100) {
    const started = service.restart();
    await Bun.sleep(delay);
    await addAtLast(node);
    await started;
    await removeLinks(node);
  }
});
