import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { forADD, idle, looking, runScript } from "./start.ts";

interface Group extends Disposable {
  /** The file that takes the pids of its members. */
  readonly members: string;
  /** How often a member was killed for lack of memory. */
  countKills(): number;
}

const mib = 1024 * 1024;

/** A memory cgroup of version 2 or 1; `undefined`: this machine lets us have none. */
function limitMemory(bytes: number): Group | undefined {
  const name = `ifacer-test-${process.pid}`;
  const isV2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const parent = isV2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
  const path = `${parent}/${name}`;
  try {
    if (isV2) writeFileSync(`${parent}/cgroup.subtree_control`, "+memory");
    mkdirSync(path);
    writeFileSync(`${path}/${isV2 ? "memory.max" : "memory.limit_in_bytes"}`, String(bytes));
  } catch {
    return undefined;
  }
  const events = `${path}/${isV2 ? "memory.events" : "memory.oom_control"}`;
  return {
    members: `${path}/cgroup.procs`,
    countKills: () => Number(readFileSync(events, "utf8").match(/oom_kill (\d+)/)?.[1]),
    [Symbol.dispose]: () => rmdirSync(path),
  };
}

/** Where the machine lets us have no memory cgroup, the test counts as skipped, not as passed. */
function canLimitMemory(): boolean {
  using group = limitMemory(50 * mib);
  return group !== undefined;
}

test.skipIf(!canLimitMemory())("50 MiB of memory are enough, also with a prevResult of a megabyte", async () => {
  using group = limitMemory(50 * mib);
  if (group === undefined) throw new Error("the memory cgroup could be had a moment ago, and can't any more");
  const prevResult = {
    cniVersion: "1.0.0",
    interfaces: Array.from({ length: 20_000 }, (_, i) => ({ name: `net${i}`, mtu: i })),
  };
  const big = JSON.stringify({ ...JSON.parse(idle), prevResult, x: "y".repeat(mib) });
  // The executable's own pages are in the file cache by now, and whoever read them first is charged for them.
  const script = `$ifacer >/dev/null </dev/null; echo $$ >${group.members}; exec $ifacer`;
  const small = await runScript(script, { stdin: looking, env: forADD });
  expect(JSON.parse(small.stdout)).toMatchObject({ code: 100 });
  const { stdout, stderr } = await runScript(script, { stdin: big });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(prevResult);
  expect(group.countKills()).toBe(0);
});
