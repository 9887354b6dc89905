import { expect, test } from "bun:test";
import { beginTurn, timeLimit, volume } from "../../volume.ts";
import { type BadIp, badIp } from "../badIp.ts";
import { executable, type Namespace } from "../harness.ts";
import { bonded, countNotes, freshNode, list, tell, tellOf, usersOf } from "./node.ts";

const before = ["ens160 down 1400", "ens192 up 1500"];
const complete = ["bond0 up 1400", "bond0.100 up 1400", "ens160 up 1400 in bond0", "ens192 up 1400 in bond0"];

async function node(): Promise<Namespace> {
  const ns = await freshNode("ens192", "ens160");
  await ns.ip("link set dev ens160 down mtu 1400");
  return ns;
}

/** Starts a DEL in a session and process group of its own. */
function start(ns: Namespace, env: Partial<BadIp["env"]> = {}) {
  const variables = {
    ...process.env,
    ...env,
    CNI_COMMAND: "DEL",
    CNI_CONTAINERID: "pod1",
    CNI_IFNAME: "net1",
    CNI_PATH: "/usr/lib/cni",
  };
  return Bun.spawn(["ip", "netns", "exec", ns.name, "setsid", "--wait", executable], {
    env: variables,
    stdin: new Blob([JSON.stringify(bonded)]),
    stdout: "ignore",
    stderr: "ignore",
    detached: true,
  });
}

/** The next call after a DEL that was killed, and what has to be there then. */
const next: Readonly<Record<string, { call: (ns: Namespace) => Promise<unknown>; leaves: readonly string[] }>> = {
  "the same DEL": { call: (ns) => tellOf(ns, "DEL", "pod1"), leaves: before },
  "an ADD of the same links": { call: (ns) => tellOf(ns, "ADD", "pod2"), leaves: complete },
};

test.each([
  ...[0, 1].map((lines) => `first ${lines}; kill -9 0`),
  // The bond's: two NICs leave it, it goes, one of them is set up, the other gets its MTU back.
  ...[0, 1, 2, 3, 4].map(
    (lines) =>
      `if [ \${#lines[@]} -gt 1 ]; then first ${lines}; kill -9 0; else printf "%s\\n" "\${lines[@]}" | $ip -force -batch -; fi`,
  ),
])(
  "killed after some of its lines (%s): the same DEL ends it, and an ADD finds all in place",
  async (undo) => {
    await using ns = await node();
    for (const [what, { call, leaves }] of Object.entries(next)) {
      await tellOf(ns, "ADD", "pod1");
      using ip = badIp({ undo });
      expect((await start(ns, ip.env).exited) === 0).toBe(false);
      await call(ns);
      expect([what, await tell(ns)]).toEqual([what, [...leaves]]);
      await tellOf(ns, "DEL", "pod2");
      expect([what, await tell(ns)]).toEqual([what, before]);
    }
    expect([countNotes(ns), list(`${usersOf(ns)}/made`)]).toEqual([{}, []]);
  },
  120_000,
);

const points = volume({ sample: 4, full: 100 });

test(
  `killed at ${points} points of a DEL that removes: the next call settles what is left`,
  async () => {
    await using ns = await node();
    let duration = 0;
    for (let round = 0; round < 2; round++) {
      await tellOf(ns, "ADD", "pod1");
      const begin = performance.now();
      expect(await start(ns).exited).toBe(0);
      duration = performance.now() - begin;
      expect(await tell(ns)).toEqual(before);
    }
    const left = { nothing: 0, part: 0, all: 0 };
    const isTimeLeft = beginTurn(20);
    const places = Array.from({ length: points }, (_, place) => place).toSorted(() => Math.random() - 0.5);
    let kills = 0;
    for (const point of places) {
      if (!isTimeLeft()) break;
      kills++;
      await tellOf(ns, "ADD", "pod1");
      const child = start(ns);
      await Bun.sleep((duration * (point + 1)) / points);
      // setsid makes a session for ifacer below it: the kernel ends what is in the group of its child.
      for (const pid of await childrenOf(child.pid)) killGroup(pid);
      await child.exited;
      const state = await tell(ns);
      left[Bun.deepEquals(state, complete) ? "all" : Bun.deepEquals(state, before) ? "nothing" : "part"]++;
      const [what, { call, leaves }] = Object.entries(next)[point % 2] ?? ["", { call: tell, leaves: [] }];
      await call(ns);
      expect([point, what, await tell(ns)]).toEqual([point, what, [...leaves]]);
      await tellOf(ns, "DEL", "pod2");
      await tellOf(ns, "DEL", "pod1");
      expect([point, what, await tell(ns)]).toEqual([point, what, before]);
    }
    console.log(`${kills} kills of a DEL of ${Math.round(duration)} ms left ${JSON.stringify(left)}`);
  },
  timeLimit(240_000),
);

/** None where it has ended. */
async function childrenOf(pid: number): Promise<number[]> {
  try {
    const text = await Bun.file(`/proc/${pid}/task/${pid}/children`).text();
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It was faster.
  }
}
