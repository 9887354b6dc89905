import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { executable, type Namespace } from "../harness.ts";
import { call, collect, countNotes, freshNode, plain, tell, tellOf, usersOf } from "./node.ts";

/** Calls a verb with a /run/ifacer of its own, that shell commands have prepared; $users is where the notes are. */
async function callWith(ns: Namespace, prepare: string, verb: string) {
  const script = `mount -t tmpfs none /run/ifacer && { ${prepare}; } && exec "$0"`;
  const { status, stdout, stderr } = await ns.run(["unshare", "--mount", "sh", "-c", script, executable], {
    env: {
      users: usersOf(ns),
      CNI_COMMAND: verb,
      CNI_CONTAINERID: "pod1",
      CNI_NETNS: "/run/netns/none",
      CNI_IFNAME: "net1",
      CNI_PATH: "/usr/lib/cni",
    },
    stdin: JSON.stringify(plain),
  });
  return { status, stderr, json: stdout === "" ? undefined : JSON.parse(stdout) };
}

test.each<[string, string, RegExp]>([
  ["full, no note can be made", "mkdir -p $users/notes/ens224 && mount -o remount,nr_inodes=6 /run/ifacer", /ENOSPC/],
  ["read-only", "mount -o remount,ro /run/ifacer", /EROFS/],
  ["a file where the folder is to be", "touch /run/ifacer/users", /ENOTDIR/],
  ["a file where a link's folder is to be", "mkdir -p $users/notes && touch $users/notes/ens224", /ENOTDIR/],
  [
    "a folder where the note of what was made is to be",
    "mkdir -p $users/made/ens224.5.json",
    /can't be written, by which ens224\.5 .*all was undone/,
  ],
])(
  "/run/ifacer is %s: code 5, and all is as before",
  async (_, prepare, words) => {
    await using ns = await freshNode("ens224");
    mkdirSync("/run/ifacer", { recursive: true, mode: 0o700 });
    const { status, json } = await callWith(ns, prepare, "ADD");
    expect([status, json]).toMatchObject([1, { code: 5, msg: expect.stringMatching(words) }]);
    expect(await tell(ns)).toEqual(["ens224 up 1500"]);
  },
  60_000,
);

test("what can't be removed never makes a DEL fail; a file of somebody else's keeps a link", async () => {
  await using ns = await freshNode("ens224");
  await tellOf(ns, "ADD", "pod1", plain);
  const copied = `cp -a /proc/1/root$users/. /run/ifacer/ 2>/dev/null; true`;
  const readOnly = await callWith(
    ns,
    `${copied}; mkdir -p $users/notes/ens224 && touch $users/notes/ens224/x && mount -o remount,ro /run/ifacer`,
    "DEL",
  );
  expect([readOnly.status, readOnly.json]).toEqual([0, undefined]);
  writeFileSync(`${usersOf(ns)}/notes/ens224.5/of-others`, "");
  expect(await tellOf(ns, "DEL", "pod1", plain)).toEqual([]);
  expect(await collect(ns, [], plain)).toEqual([]);
  const { stdout } = await ns.run([executable, "prune", "-o", "json"], { env: { CNI_COMMAND: undefined } });
  expect(JSON.parse(stdout).links).toEqual([
    {
      link: "ens224.5",
      noted: true,
      unused: false,
      reasons: [`it is used by ${usersOf(ns)}/notes/ens224.5/of-others`],
    },
  ]);
  expect(await tell(ns)).toContain("ens224.5 up 1500");
}, 60_000);

test("5000 notes: one Pod less changes nothing, GC with one valid Pod leaves its note", async () => {
  await using ns = await freshNode("ens224");
  await tellOf(ns, "ADD", "pod1", plain);
  await tellOf(ns, "ADD", "pod2", plain);
  const folder = `${usersOf(ns)}/notes`;
  const [name = ""] = [...new Bun.Glob("*").scanSync(`${folder}/ens224.5`)];
  const network = name.slice(0, name.indexOf("-"));
  for (let index = 0; index < 5000; index++) writeFileSync(`${folder}/ens224.5/${network}-${index}`, "");
  expect(await tellOf(ns, "DEL", "pod1", plain)).toEqual([]);
  expect(countNotes(ns)).toEqual({ ens224: 1, "ens224.5": 5001 });
  expect((await call(ns, "ADD", "pod3", { config: plain })).status).toBe(0);
  expect(await collect(ns, ["pod3"], plain)).toEqual([]);
  expect(countNotes(ns)).toEqual({ ens224: 1, "ens224.5": 1 });
  expect(await tellOf(ns, "DEL", "pod3", plain)).toEqual(["removed ens224.5, which nobody uses any more"]);
}, 240_000);
