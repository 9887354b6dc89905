import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { setUp } from "./adding.ts";
import { addInSession, badIp } from "./badIp.ts";
import { bonded, complete, nics, tell } from "./bonded.ts";
import { executable, ifacer, type Namespace, namespace } from "./harness.ts";
import { link, nodeWith, photographSettled } from "./node.ts";

/** A config that has nothing to do with `bonded`. */
const other = { cniVersion: "1.0.0", name: "other", type: "ifacer", interfaces: ["ens224"], vlanID: 5 };

const tookBack = "ifacer: took back what an earlier ADD had begun and not ended";

function journalOf(ns: Namespace): string {
  return `/run/ifacer/netns-${statSync(ns.path).ino}.journal`;
}

async function addKilled(ns: Namespace, lines: number): Promise<void> {
  using ip = badIp({ change: `first ${lines}; kill -9 0` });
  await addInSession(ns, bonded, ip);
}

/** ADD of the other config, whose VLAN is taken away again. Returns what ADD told. */
async function addOther(ns: Namespace): Promise<string[]> {
  const { status, stdout, stderr } = await ifacer(ns, "ADD", other);
  expect([status, stdout]).toEqual([0, '{"cniVersion":"1.0.0"}\n']);
  await ns.ip("link delete dev ens224.5");
  return stderr.trim().split("\n");
}

const made = "ifacer: made the VLAN ens224.5 with id 5 on ens224";
const raised = "ifacer: set ens224.5 up";

describe("what a killed ADD left is taken back by the next one, whatever its config", () => {
  test.each([[1], [2], [3], [4], [8], [9], [10], [11]])(
    "killed after %i lines",
    async (lines) => {
      await using ns = await nodeWith(...nics, "ens224");
      await ns.ip("link set dev ens160 down");
      const before = await photographSettled(ns);
      await addKilled(ns, lines);
      expect(statSync(journalOf(ns)).mode & 0o777).toBe(0o600);
      expect(await addOther(ns)).toEqual([tookBack, made, raised]);
      expect(await photographSettled(ns)).toBe(before);
      expect(existsSync(journalOf(ns))).toBe(false);
    },
    300_000,
  );

  test("killed while undoing what the driver refused: a macvlan that can't be seen from the node is on the second NIC", async () => {
    await using ns = await nodeWith(...nics, "ens224");
    await using pod = await namespace();
    await ns.ip(`link add link ${nics[1]} name hidden netns ${pod.name} type macvlan`);
    const before = await photographSettled(ns);
    using ip = badIp({ undo: "$ip link set dev bond0 down; kill -9 0" });
    await addInSession(ns, bonded, ip);
    expect(await link(ns, "ens192")).toMatchObject({ master: "bond0" });
    const { json } = await ifacer(ns, "ADD", bonded);
    expect(json.msg).toBe(
      "ens160 is not a slave of bond0: Error: Device is in use and cannot be enslaved.; all was undone",
    );
    expect(await photographSettled(ns)).toBe(before);
  });

  test("undone by hand meanwhile: nothing is told", async () => {
    await using ns = await nodeWith(...nics, "ens224");
    await addKilled(ns, 2);
    await ns.ip("link delete dev bond0");
    expect(await addOther(ns)).toEqual([made, raised]);
  });

  test("what a Pod stands on by then is kept, and told", async () => {
    await using ns = await nodeWith(...nics, "ens224");
    await using pod = await namespace();
    await addKilled(ns, 11);
    await ns.ip(`link add link bond0 name net1 netns ${pod.name} type macvlan`);
    await pod.ip("link set dev net1 up");
    expect(await addOther(ns)).toEqual([
      tookBack,
      "ifacer: kept bond0, ens192, ens160 of it, as something stands on it by now",
      made,
      raised,
    ]);
    expect(await tell(ns)).toEqual([...complete(), "ens224 up"].sort());
    expect(await tell(pod)).toEqual(["net1 up mode=vepa"]);
  });

  test("all was complete but active_slave: that is finished", async () => {
    await using ns = await nodeWith(...nics, "ens224");
    const config = { ...bonded, bond: { name: "bond0", mode: 1, options: "active_slave=ens160" } };
    using ip = badIp({ change: "first 12; kill -9 0" });
    await addInSession(ns, config, ip);
    expect((await link(ns, "bond0")).linkinfo.info_data.active_slave).toBe("ens192");
    expect(await addOther(ns)).toEqual(["ifacer: finished what an ADD that was killed had begun: bond0", made, raised]);
    expect((await link(ns, "bond0")).linkinfo.info_data.active_slave).toBe("ens160");
  });

  test("doctor and status tell of it, and apply --update settles it", async () => {
    await using ns = await nodeWith(...nics, "ens224");
    await addKilled(ns, 8);
    const run = (...words: string[]) => ns.run([executable, ...words], { env: { CNI_COMMAND: undefined } });
    const words = /an ADD did not come to its end \d+ s ago/;
    expect((await run("doctor")).stdout).toMatch(new RegExp(`doubtful journal: ${words.source}`));
    expect((await run("status")).stderr).toMatch(words);
    await ns.ip("link add link ens224 name ens224.5 type vlan id 5");
    await ns.ip("link set dev ens224.5 mtu 1400 up");
    const folder = mkdtempSync("/tmp/ifacer-journal-");
    writeFileSync(`${folder}/net.json`, JSON.stringify(other));
    const { status, stdout } = await run("apply", "--update", "--yes", "-f", `${folder}/net.json`);
    rmSync(folder, { recursive: true });
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining("took back what an earlier ADD had begun and not ended"),
    ]);
    expect(existsSync(journalOf(ns))).toBe(false);
    expect((await run("doctor")).stdout).not.toContain("journal");
  });

  test("an ADD whose own links are in place neither reads it nor ends it", async () => {
    await using ns = await nodeWith(...nics, "ens224");
    expect((await ifacer(ns, "ADD", other)).status).toBe(0);
    await addKilled(ns, 4);
    const left = await tell(ns);
    expect(await ifacer(ns, "ADD", other)).toMatchObject({ status: 0, stderr: "" });
    expect(await tell(ns)).toEqual(left);
    expect(existsSync(journalOf(ns))).toBe(true);
  });
});

describe("a journal that is not believed: nothing is taken back, and it goes", () => {
  const removed = (ns: Namespace, why: string) =>
    `ifacer: removed the journal ${journalOf(ns)} of an earlier ADD without acting on it: ${why}`;

  test.each<[string, (text: string) => string, string]>([
    ["empty", () => "", "it is no JSON"],
    ["truncated", (text) => text.slice(0, 200), "it is no JSON"],
    ["of another form", (text) => text.replace('"version":1', '"version":2'), "version is not valid"],
    ["with another word in it", (text) => text.replace('"mtu":1500', '"mtu":"1500 up"'), "links.0.mtu is not valid"],
    ["with a hostile name", (text) => text.replaceAll('"ens160"', '"-all"'), "desired.interfaces.1 is not valid"],
    ["of an earlier boot", (text) => text.replace(/"bootID":"..../, '"bootID":"0000'), ""],
    ["of another namespace", (text) => text.replace(/"inode":\d+/, '"inode":1'), ""],
    ["of an earlier namespace with the same inode", (text) => text.replace(/"cookie":"\d+"/, '"cookie":"1"'), ""],
    [
      "of an earlier namespace with the same inode, where the kernel has no cookies",
      (text) => text.replace(/"cookie":"\d+"/, '"cookie":""').replaceAll(/"mac":"..:../g, '"mac":"06:06'),
      "",
    ],
  ])("%s", async (_, change, why) => {
    await using ns = await nodeWith(...nics, "ens224");
    await addKilled(ns, 8);
    const left = await tell(ns);
    const text = readFileSync(journalOf(ns), "utf8");
    expect(change(text)).not.toBe(text);
    writeFileSync(journalOf(ns), change(text));
    expect(await addOther(ns)).toEqual([...(why ? [removed(ns, why)] : []), made, raised]);
    expect(await tell(ns)).toEqual(left);
    expect(existsSync(journalOf(ns))).toBe(false);
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ["not root's", (path) => chownSync(path, 1000, 0), /belongs to the user with id 1000/],
    ["that others may write", (path) => chmodSync(path, 0o666), /can be written by others than root/],
  ])("%s", async (_, change, why) => {
    await using ns = await nodeWith(...nics, "ens224");
    await addKilled(ns, 8);
    const left = await tell(ns);
    change(journalOf(ns));
    const [note] = await addOther(ns);
    expect(note).toMatch(why);
    expect(await tell(ns)).toEqual(left);
  });
});

describe("a journal that can't be written: code 5, and nothing is changed", () => {
  test.each([
    ["a full disk", "mount -t tmpfs -o size=4k none /run/ifacer; head -c 4096 /dev/zero >/run/ifacer/full", "ENOSPC"],
    ["a folder in its place", "mount -t tmpfs none /run/ifacer; mkdir $journal", "remove it by hand"],
  ])("%s", async (_, prepare, words) => {
    await using ns = await nodeWith(...nics);
    mkdirSync("/run/ifacer", { recursive: true, mode: 0o700 });
    const before = await photographSettled(ns);
    const { status, stdout } = await ns.run(["unshare", "--mount", "sh", "-c", `${prepare}; exec ${executable}`], {
      env: {
        journal: journalOf(ns),
        CNI_COMMAND: "ADD",
        CNI_CONTAINERID: "pod1",
        CNI_NETNS: "/run/netns/none",
        CNI_IFNAME: "net1",
        CNI_PATH: "/usr/lib/cni",
      },
      stdin: JSON.stringify(bonded),
    });
    expect([status, JSON.parse(stdout)]).toMatchObject([1, { code: 5, msg: expect.stringContaining(words) }]);
    expect(JSON.parse(stdout).msg).toContain(`the journal ${journalOf(ns)} can't be`);
    expect(await photographSettled(ns)).toBe(before);
  });
});

test("undoing that failed is tried again by the next ADD", async () => {
  await using ns = await nodeWith(...nics, "ens224");
  const before = await photographSettled(ns);
  using ip = badIp({ change: "first 8; exit 1", undo: "exit 1" });
  const { json } = await ifacer(ns, "ADD", bonded, ip);
  expect(json.msg).toContain("undoing failed too, run: ip link set dev ens192 nomaster");
  expect(await addOther(ns)).toEqual([tookBack, made, raised]);
  expect(await photographSettled(ns)).toBe(before);
});

test("NICs that a killed ADD took are free for another bond", async () => {
  await using ns = await nodeWith(...nics);
  await addKilled(ns, 8);
  await setUp(ns, ["link add name bond1 type bond mode active-backup"]);
  const config = { ...bonded, bond: { name: "bond1", mode: 1 } };
  expect((await ifacer(ns, "ADD", config)).json).toEqual({ cniVersion: "1.0.0" });
});
