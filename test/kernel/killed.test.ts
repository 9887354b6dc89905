import { expect, test } from "bun:test";
import { beginTurn, timeLimit, volume } from "../volume.ts";
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

type State = "nothing" | "part" | "all";

async function judge(ns: Namespace): Promise<State> {
  const state = await tell(ns);
  if (Bun.deepEquals(state, complete(200))) return "all";
  return Bun.deepEquals(state, nics.map((nic) => `${nic} up`).sort()) ? "nothing" : "part";
}

/** Where the changes are made, as far as the kills show it: between the latest that left nothing and the earliest that left all. */
function findChanges(kills: readonly { wait: number; state: State }[]): [number, number] {
  const before = Math.max(0, ...kills.filter(({ state }) => state === "nothing").map(({ wait }) => wait));
  const after = Math.min(...kills.filter(({ state }) => state === "all").map(({ wait }) => wait));
  return Number.isFinite(after) ? [Math.min(before, after), Math.max(before, after)] : [before, before * 1.5];
}

/**
 * Kills an ADD at `count` points spread evenly over the time that it takes, and at further ones about its changes until each
 * of `sought` was left once: how long an ADD takes differs from one to the next. On two nodes at once, as this is a test of
 * waiting for the most part.
 */
async function killAtPoints(count: number, whom: "group" | "plugin", sought: readonly State[]): Promise<void> {
  await using one = await nodeWith(...nics);
  await using two = await nodeWith(...nics);
  const nodes = [one, two];
  const duration = await measureAdd(nodes);
  const kills: { wait: number; state: State }[] = [];
  let further = 0;
  const isTimeLeft = beginTurn(12);
  const places = Array.from({ length: count }, (_, place) => place).toSorted(() => Math.random() - 0.5);
  const nextWait = (): number | undefined => {
    if (!isTimeLeft()) return undefined;
    const place = places.pop();
    if (place !== undefined) return (duration * place) / (count - 1);
    if (sought.every((state) => kills.some((kill) => kill.state === state))) return undefined;
    if (further++ >= count + 40) throw new Error(`kills left no ${sought.join(", ")}: ${JSON.stringify(kills)}`);
    const [from, to] = findChanges(kills);
    return from + Math.random() * (to - from);
  };
  const takePoints = async (ns: Namespace) => {
    for (let wait = nextWait(); wait !== undefined; wait = nextWait()) {
      await addAndKill(ns, wait, whom);
      kills.push({ wait, state: await judge(ns) });
      await add(ns);
      expect(await tell(ns)).toEqual(complete(200));
      await reset(ns);
    }
  };
  await Promise.all(nodes.map(takePoints));
  const left = (state: State) => kills.filter((kill) => kill.state === state).length;
  console.log(
    `${kills.length} kills of the ${whom} over ${Math.round(duration)} ms left nothing made ${left("nothing")} times, part ${left("part")}, all ${left("all")}`,
  );
}

const points = volume({ sample: 100, full: 900 });

test(
  `killed with its process group at ${points} points of an ADD: the next ADD finishes what is there`,
  async () => {
    await killAtPoints(points, "group", ["nothing", "part", "all"]);
  },
  timeLimit(900_000),
);

const alone = volume({ sample: 12, full: 100 });

test(
  `killed alone at ${alone} points, so that its ip goes on: the next ADD waits for that, and finishes`,
  async () => {
    await killAtPoints(alone, "plugin", ["nothing", "all"]);
  },
  timeLimit(400_000),
);
