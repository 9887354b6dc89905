import { expect, test } from "bun:test";
import { add, bonded, complete, nics, tell } from "./bonded.ts";
import { executable, type Namespace } from "./harness.ts";
import { nodeWith } from "./node.ts";

/** Starts an ADD in a process group of its own. */
function start(ns: Namespace) {
  return Bun.spawn(["ip", "netns", "exec", ns.name, executable], {
    detached: true,
    env: {
      ...process.env,
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "pod1",
      CNI_NETNS: "/run/netns/none",
      CNI_IFNAME: "net1",
      CNI_PATH: "/usr/lib/cni",
    },
    stdin: new Blob([JSON.stringify(bonded)]),
    stdout: "ignore",
    stderr: "ignore",
  });
}

/** Kills an ADD `wait` ms after its start: its whole process group, or the plugin only, as Go's exec.CommandContext does. */
async function addAndKill(ns: Namespace, wait: number, whom: "group" | "plugin"): Promise<void> {
  const child = start(ns);
  await Bun.sleep(wait);
  try {
    process.kill(whom === "group" ? -child.pid : child.pid, "SIGKILL");
  } catch {
    // It was faster.
  }
  await child.exited;
}

/** As it was before the first ADD. */
async function reset(ns: Namespace): Promise<void> {
  const lines = ["link delete dev bond0", ...nics.map((nic) => `link set dev ${nic} up`), ""];
  await ns.run(["ip", "-force", "-batch", "-"], { stdin: lines.join("\n") });
}

/** How long an ADD takes that makes everything, in ms, while another one runs beside it. */
async function measureAdd(nodes: readonly Namespace[]): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 2; round++) {
    await Promise.all(
      nodes.map(async (ns) => {
        const begin = performance.now();
        expect(await start(ns).exited).toBe(0);
        times.push(performance.now() - begin);
        await reset(ns);
      }),
    );
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

/** Two nodes at once, as this is a test of waiting for the most part. */
async function killAtPoints(count: number, whom: "group" | "plugin"): Promise<number> {
  await using one = await nodeWith(...nics);
  await using two = await nodeWith(...nics);
  const nodes = [one, two];
  const duration = await measureAdd(nodes);
  const found = new Map<string, number>();
  const takePoints = async (ns: Namespace, first: number) => {
    for (let point = first; point < count; point += nodes.length) {
      await addAndKill(ns, (duration * point) / (count - 1), whom);
      const state = (await tell(ns)).join(", ");
      found.set(state, (found.get(state) ?? 0) + 1);
      await add(ns);
      expect(await tell(ns)).toEqual(complete(200));
      await reset(ns);
    }
  };
  await Promise.all(nodes.map(takePoints));
  console.log(`${count} kills of the ${whom} over ${Math.round(duration)} ms left ${found.size} different states`);
  return found.size;
}

test("killed with its process group at 100 points of an ADD: the next ADD finishes what is there", async () => {
  // The points fell before, into and after the changes.
  expect(await killAtPoints(100, "group")).toBeGreaterThan(2);
}, 600_000);

test("killed alone at 12 points, so that its ip goes on: the next ADD waits for that, and finishes", async () => {
  expect(await killAtPoints(12, "plugin")).toBeGreaterThan(1);
}, 240_000);
