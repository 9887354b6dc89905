import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { executable, type Namespace, namespace } from "../harness.ts";
import {
  bonded,
  call,
  collect,
  countNotes,
  freshNode,
  list,
  plain,
  tell,
  tellOf,
  usersOf,
  withoutKey,
} from "./node.ts";

const removedAll = ["removed bond0.100, which nobody uses any more", "removed bond0, which nobody uses any more"];

interface Case {
  readonly what: string;
  /** `ip` lines; `POD` is the other namespace. Lines that begin with `POD: ` are run in there. */
  readonly lines: readonly string[];
  /** Why the VLAN stays, and the bond with it. */
  readonly reason: RegExp;
  /** Of the bond alone, which the VLAN doesn't stand on any more. */
  readonly bondAlone?: boolean;
  readonly undo: readonly string[];
}

const inPod = /net1 in the network namespace \/run\/netns\/ifacer-\S+ stands on it/;
const unseen = /something that can't be seen from here receives through it/;

const cases: readonly Case[] = [
  {
    what: "a macvlan in a Pod, which is up",
    lines: ["link add link bond0.100 name net1 netns POD type macvlan mode bridge", "POD: link set dev net1 up"],
    reason: unseen,
    undo: ["POD: link delete dev net1"],
  },
  {
    what: "a macvlan in a Pod, which is down",
    lines: ["link add link bond0.100 name net1 netns POD type macvlan mode bridge"],
    reason: inPod,
    undo: ["POD: link delete dev net1"],
  },
  {
    what: "an ipvlan in a Pod, which is down",
    lines: ["link add link bond0.100 name net1 netns POD type ipvlan mode l2"],
    reason: inPod,
    undo: ["POD: link delete dev net1"],
  },
  {
    what: "a macvlan on the bond itself, in a Pod, which is down",
    lines: ["link add link bond0 name net1 netns POD type macvlan mode bridge"],
    reason: inPod,
    bondAlone: true,
    undo: ["POD: link delete dev net1"],
  },
  {
    what: "a VLAN of somebody's in a Pod",
    lines: ["link add link bond0.100 name net1 netns POD type vlan id 7"],
    reason: inPod,
    undo: ["POD: link delete dev net1"],
  },
  {
    what: "a VLAN of somebody's on the VLAN",
    lines: ["link add link bond0.100 name inner type vlan id 7"],
    reason: /inner stands on it/,
    undo: ["link delete dev inner"],
  },
  {
    what: "another VLAN on the bond",
    lines: ["link add link bond0 name other type vlan id 200"],
    reason: /other stands on it/,
    bondAlone: true,
    undo: ["link delete dev other"],
  },
  {
    what: "an address by hand",
    lines: ["address add 192.0.2.9/24 dev bond0.100"],
    reason: /it has the address 192\.0\.2\.9\/24/,
    undo: ["address flush dev bond0.100"],
  },
  {
    what: "a route by hand",
    lines: ["route add 198.51.100.0/24 dev bond0.100"],
    reason: /it has the route unicast 198\.51\.100\.0\/24/,
    undo: ["route del 198.51.100.0/24"],
  },
  {
    what: "a bridge that has it",
    lines: ["link add name br0 type bridge", "link set dev bond0.100 master br0"],
    reason: /it belongs to br0/,
    undo: ["link delete dev br0"],
  },
  {
    what: "another alias",
    lines: ["link set dev bond0.100 alias mine"],
    reason: /it does not have the alias ifacer any more/,
    undo: ["link set dev bond0.100 alias ifacer"],
  },
  {
    what: "a NIC that somebody gave to the bond",
    lines: ["link add name ens256 type dummy", "link set dev ens256 master bond0"],
    reason: /somebody else added ens256 to it/,
    bondAlone: true,
    undo: ["link delete dev ens256"],
  },
  {
    what: "a VLAN of somebody's on a NIC of the bond, in a Pod, which is down",
    lines: ["link add link ens160 name net1 netns POD type vlan id 300"],
    reason: /bond0 stays: net1 in the network namespace \/run\/netns\/ifacer-\S+ stands on its NIC ens160/,
    bondAlone: true,
    undo: ["POD: link delete dev net1"],
  },
];

async function runLines(node: Namespace, pod: Namespace, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    if (line.startsWith("POD: ")) await pod.ip(line.slice(5));
    else await node.ip(line.replace("POD", pod.name));
  }
}

test.each(cases)(
  "$what saves a link from the last DEL, and the GC removes it when that is gone",
  async (row) => {
    const { what, lines, reason, bondAlone = false, undo } = row;
    await using node = await freshNode("ens192", "ens160");
    await using pod = await namespace();
    await node.ip("link set dev ens160 down mtu 1400");
    const before = await tell(node);
    await tellOf(node, "ADD", "pod1");
    await runLines(node, pod, lines);
    const [vlan, bond] = bondAlone
      ? [/^removed bond0\.100,/, reason]
      : [reason, /^bond0 stays: .*(bond0\.100 stands on it|receives)/m];
    const told = (await tellOf(node, "DEL", "pod1")).join("\n");
    expect(told).toMatch(vlan);
    expect(told).toMatch(bond);
    expect((await tell(node)).some((link) => link.startsWith("bond0 up"))).toBe(true);
    if (what === "an address by hand") {
      const { stdout } = await node.run([executable, "status"], { env: { CNI_COMMAND: undefined } });
      expect(stdout).toContain("no Pod uses bond0.100 any more, it stays: it has the address 192.0.2.9/24");
    }
    await runLines(node, pod, undo);
    expect(await collect(node, [])).toEqual(bondAlone ? removedAll.slice(1) : removedAll);
    expect(await tell(node)).toEqual(before);
    expect([countNotes(node), list(`${usersOf(node)}/made`)]).toEqual([{}, []]);
  },
  120_000,
);

test("what has neither a name nor is up: a macvlan in a process's namespace, and in one that only an open file holds", async () => {
  await using node = await freshNode("ens224");
  await tellOf(node, "ADD", "pod1", plain);
  const child = Bun.spawn(["ip", "netns", "exec", node.name, "unshare", "--net", "sleep", "300"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  try {
    // ip, which becomes unshare, which becomes sleep.
    while ((await Bun.file(`/proc/${child.pid}/comm`).text()).trim() !== "sleep") await Bun.sleep(20);
    await node.ip(`link add link ens224.5 name net1 netns ${child.pid} type macvlan`);
    const [told] = await tellOf(node, "DEL", "pod1", plain);
    expect(told).toBe(`ens224.5 stays: net1 in the network namespace /proc/${child.pid}/ns/net stands on it`);
    const inside = ["nsenter", `--net=/proc/${child.pid}/ns/net`];
    expect((await node.run([...inside, "ip", "link", "set", "dev", "net1", "up"])).status).toBe(0);
    // Of the open file nobody knows, but what is up is heard.
    using _held = { [Symbol.dispose]: holdOpen(`/proc/${child.pid}/ns/net`) };
    child.kill("SIGKILL");
    await child.exited;
    expect(await collect(node, [], plain)).toEqual([
      "ens224.5 stays: something that can't be seen from here receives through it",
    ]);
  } finally {
    child.kill("SIGKILL");
  }
  for (let tries = 0; (await collect(node, [], plain)).length > 0 && tries < 20; tries++) await Bun.sleep(100);
  // The NIC below a VLAN stays up.
  expect(await tell(node)).toEqual(["ens224 up 1500"]);
}, 240_000);

function holdOpen(path: string): () => void {
  const fd = openSync(path, "r");
  return () => closeSync(fd);
}

test("who has noted to use a link keeps it: other Pods, other networks, a DEL without keys, GC", async () => {
  await using node = await freshNode("ens192", "ens160");
  const before = await tell(node);
  const other = { ...bonded, name: "other", vlanID: 200 };
  const stripped = { cniVersion: "1.1.0", name: "net", type: "ifacer" };
  for (const pod of ["pod1", "pod2", "pod3"]) await tellOf(node, "ADD", pod);
  await tellOf(node, "ADD", "pod1", other);
  expect(countNotes(node)).toEqual({ bond0: 4, "bond0.100": 3, "bond0.200": 1 });
  // Whoever was there may come again, and go twice.
  expect(await tellOf(node, "ADD", "pod2")).toEqual([]);
  expect(await tellOf(node, "DEL", "pod1", stripped)).toEqual([]);
  expect(await tellOf(node, "DEL", "pod1", stripped)).toEqual([]);
  expect(await tellOf(node, "DEL", "unheard-of", withoutKey)).toEqual([]);
  expect(countNotes(node)).toEqual({ bond0: 3, "bond0.100": 2, "bond0.200": 1 });
  // Of its own network only, and not where it can't be read who is valid.
  expect(await tellOf(node, "GC", "")).toEqual([]);
  const broken = { ...bonded, "cni.dev/valid-attachments": [{ containerID: 1 }] };
  expect(await tellOf(node, "GC", "", broken)).toEqual([]);
  const told = await collect(node, ["pod3"]);
  expect(told).toEqual([]);
  expect(countNotes(node)).toEqual({ bond0: 2, "bond0.100": 1, "bond0.200": 1 });
  expect(await tellOf(node, "DEL", "pod3", stripped)).toEqual(["removed bond0.100, which nobody uses any more"]);
  // The network is GC's; its config has lost its keys.
  expect(await collect(node, [], { ...stripped, name: "other" })).toEqual([
    "removed bond0.200, which nobody uses any more",
    "removed bond0, which nobody uses any more",
  ]);
  expect(await tell(node)).toEqual(before);
}, 240_000);

test("a link that no ADD with the key has made stays: ifacer prune shows it, and removes it when told to", async () => {
  await using node = await freshNode("ens192", "ens160");
  const run = (...words: string[]) => node.run([executable, ...words], { env: { CNI_COMMAND: undefined } });
  await tellOf(node, "ADD", "pod0", withoutKey);
  await tellOf(node, "ADD", "pod1");
  expect(await tellOf(node, "DEL", "pod1")).toEqual([]);
  expect((await tell(node)).length).toBe(4);
  await tellOf(node, "ADD", "pod2");
  const used = await run("prune", "--yes");
  expect([used.status, used.stdout]).toEqual([
    0,
    "bond0.100 stays: it is used by net1 of the container pod2 (network net)\n" +
      "bond0 stays: it is used by net1 of the container pod2 (network net), bond0.100 stands on it\nnothing is to be removed\n",
  ]);
  await tellOf(node, "DEL", "pod2");
  const looked = JSON.parse((await run("prune", "-o", "json")).stdout);
  expect(looked).toEqual({
    version: 1,
    links: ["bond0.100", "bond0"].map((link) => ({ link, noted: false, unused: true, reasons: [] })),
    removed: [],
    kept: [],
  });
  expect(await run("prune")).toMatchObject({ status: 2 });
  const done = await run("prune", "--yes");
  const evidence =
    "nothing was found that uses it; it was made without removeUnused, so that no Pod has noted to use it";
  expect([done.status, done.stdout]).toEqual([
    0,
    [`bond0.100: ${evidence}`, `bond0: ${evidence}`, ...removedAll, "done", ""].join("\n"),
  ]);
  expect(await tell(node)).toEqual(["ens160 up 1500", "ens192 up 1500"]);
}, 240_000);

test("what an operator's apply has made ahead of Pods stays", async () => {
  await using node = await freshNode("ens224");
  const argv = [executable, "apply", "--yes"];
  await node.run(argv, { env: { CNI_COMMAND: undefined }, stdin: JSON.stringify(plain) });
  await tellOf(node, "ADD", "pod1", plain);
  expect(await tellOf(node, "DEL", "pod1", plain)).toEqual([]);
  expect(await tell(node)).toEqual(["ens224 up 1500", "ens224.5 up 1500"]);
}, 60_000);

test("an ADD that fails takes its note back, the one before keeps its own; the policy may forbid the key", async () => {
  await using node = await freshNode("ens224");
  expect((await call(node, "ADD", "pod1", { config: { ...plain, interfaces: ["nosuch"] } })).json.code).toBe(100);
  expect(countNotes(node)).toEqual({});
  await tellOf(node, "ADD", "pod1", plain);
  await node.ip("link delete dev ens224.5");
  await node.ip("link set dev ens224 down");
  await node.ip("link add name x type dummy");
  await node.ip("link add link x name ens224.5 type vlan id 5");
  expect((await call(node, "ADD", "pod1", { config: plain })).json.code).toBe(105);
  expect(countNotes(node)).toEqual({ ens224: 1, "ens224.5": 1 });
}, 60_000);
