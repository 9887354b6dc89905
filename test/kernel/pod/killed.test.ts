import { expect, test } from "bun:test";
import { executable, type Namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { environmentOf, hostLocalIpam, hostLocalStore, type Place, succeed, tell } from "./pod.ts";

/** Starts an ADD in a process group of its own. */
function start(node: Namespace, pod: Namespace, entry: object) {
  const config = { cniVersion: "1.0.0", name: "net", type: "ifacer", linkInContainer: true, ...entry };
  return Bun.spawn(["ip", "netns", "exec", node.name, executable], {
    detached: true,
    env: { ...process.env, ...environmentOf(pod), CNI_COMMAND: "ADD", CNI_CONTAINERID: "pod1" },
    stdin: new Blob([JSON.stringify(config)]),
    stdout: "ignore",
    stderr: "ignore",
  });
}

interface Left {
  readonly links: number;
  readonly addresses: number;
}

/** Kills ADDs at points spread evenly over the time that one takes; after each, DEL has to leave nothing. Returns what they left. */
async function killAtPoints({ node, pod }: Place, points: readonly number[]): Promise<Left[]> {
  using store = hostLocalStore();
  const entry = { vlanID: 3, ipam: { ...hostLocalIpam(store.folder), routes: [{ dst: "203.0.113.0/24" }] } };
  const nothing = ["eth0 up dummy"];
  let duration = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 2; round++) {
    const begin = performance.now();
    expect(await start(node, pod, entry).exited).toBe(0);
    duration = Math.min(duration, performance.now() - begin);
    await succeed({ node, pod }, "DEL", entry);
  }
  const left: Left[] = [];
  for (const point of points) {
    const child = start(node, pod, entry);
    await Bun.sleep(duration * point);
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It was faster.
    }
    await child.exited;
    left.push({ links: (await tell(pod)).length - 1, addresses: store.list().length });
    await succeed({ node, pod }, "DEL", entry);
    expect([point, await tell(pod), store.list()]).toEqual([point, nothing, []]);
  }
  expect(await start(node, pod, entry).exited).toBe(0);
  expect(await tell(pod)).toEqual(["eth0 up dummy", "eth0.3 up vlan 3 on eth0"]);
  await succeed({ node, pod }, "DEL", entry);
  expect([await tell(pod), store.list()]).toEqual([nothing, []]);
  return left;
}

test("killed with its process group at 24 points of an ADD: DEL leaves neither a link nor an address", async () => {
  await using node = await nodeWith();
  await using one = await nodeWith("eth0");
  await using two = await nodeWith("eth0");
  const points = Array.from({ length: 24 }, (_, index) => 0.1 + (0.9 * index) / 23);
  const halves = [points.filter((_, index) => index % 2 === 0), points.filter((_, index) => index % 2 === 1)] as const;
  const left = (
    await Promise.all([killAtPoints({ node, pod: one }, halves[0]), killAtPoints({ node, pod: two }, halves[1])])
  ).flat();
  const some = left.filter(({ links }) => links > 0);
  console.log(
    `24 kills left a link ${some.length} times, an address ${left.filter(({ addresses }) => addresses > 0).length} times`,
  );
  expect(some.length).toBeGreaterThan(0);
}, 600_000);
