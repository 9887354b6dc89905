/** What `ifacer doctor` says of NetworkManager, whatever NetworkManager's own files in /run say. */
import { expect, test } from "bun:test";
import { executable } from "../kernel/harness.ts";
import { until } from "../waiting.ts";
import { askDoctor, putDropIn } from "./doctor.ts";
import { addPod, allLinks, type ServiceNode, serviceNode } from "./node.ts";
import { run, startNetworkManager } from "./services.ts";

const service = "NetworkManager";
const good = { state: "good", message: "runs, and leaves ifacer's links alone" };

function managed(links: readonly string[], word: "yes" | "no"): Promise<void> {
  return until(`NetworkManager manages ${links.join(", ")}: ${word}`, async () => {
    const asked = links.map((link) => run(["nmcli", "-g", "GENERAL.NM-MANAGED", "device", "show", link]));
    return (await Promise.all(asked)).every(({ stdout }) => stdout.trim() === word);
  });
}

/** Doubtful because of these links, and the remedy is the one that loses nothing. */
function doubtOf(links: readonly string[]) {
  return {
    state: "doubtful",
    message: expect.stringContaining(`manages ${links.join(", ")}`),
    remedy: expect.stringMatching(/--install.*restart NetworkManager/),
  };
}

test("doubtful while it manages the NICs, also where the drop-in is there and not read; good after the restart", async () => {
  await using node = await serviceNode();
  await using networkManager = await startNetworkManager();
  await managed(node.nics, "yes");
  expect(await askDoctor(node, service)).toMatchObject(doubtOf(node.nics));
  await using _pod = await addPod(node);
  await managed(["bond0"], "yes");
  expect(await askDoctor(node, service)).toMatchObject(doubtOf([...node.nics, "bond0"]));
  await install(node);
  expect(await askDoctor(node, service)).toMatchObject(doubtOf([...node.nics, "bond0"]));
  await networkManager.restart();
  await managed(allLinks(node), "no");
  expect(await askDoctor(node, service)).toMatchObject(good);
});

test("good with the drop-in before the first ADD, after it, after a reload and after a restart", async () => {
  await using node = await serviceNode();
  await using networkManager = await startNetworkManager();
  await managed(node.nics, "yes");
  await putDropIn(node, "--network-manager");
  await networkManager.restart();
  await managed(node.nics, "no");
  await using _pod = await addPod(node);
  for (const again of [async () => {}, networkManager.reload, networkManager.restart]) {
    await again();
    await managed(allLinks(node), "no");
    expect(await askDoctor(node, service)).toMatchObject(good);
  }
});

/** Has ifacer put the drop-in into place. */
async function install(node: ServiceNode): Promise<void> {
  const { status, stderr } = await node.run(
    [executable, "doctor", "--network-manager", "--install", "-f", "/dev/stdin"],
    { stdin: JSON.stringify(node.config) },
  );
  expect([status, stderr]).toEqual([0, ""]);
}
