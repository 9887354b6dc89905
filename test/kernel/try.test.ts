import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { until } from "../waiting.ts";
import { setUp } from "./adding.ts";
import { type Ended, executable, ifacer, type Namespace, runCommand } from "./harness.ts";
import { nodeWith } from "./node.ts";

const nics = ["ens192", "ens160"] as const;
const base = { cniVersion: "1.0.0", name: "net", type: "ifacer", interfaces: nics };
const old = { ...base, mtu: 1400, bond: { name: "bond0", mode: "active-backup", options: "miimon=100" }, vlanID: 200 };
/** Another mode, and what the kernel changes live. */
const wanted = { ...old, mtu: 1300, bond: { name: "bond0", mode: "balance-xor", options: "miimon=50" } };
/** What ifacer has nothing of yet. */
const further = { ...base, bond: { name: "bond0" }, vlanID: 300 };
/** Another link by the name of that. */
const clash = { ...base, interfaces: ["ens224"], vlanID: 9, vlan: { name: "bond0.300" } };

async function nodeInUse(): Promise<Namespace> {
  const ns = await nodeWith(...nics, "ens224");
  expect((await ifacer(ns, "ADD", old)).status).toBe(0);
  await setUp(ns, ["address add 192.0.2.1/24 dev bond0", "route add default via 192.0.2.254"]);
  return ns;
}

function apply(ns: Namespace, words: readonly string[], ...configs: readonly object[]): Promise<Ended> {
  const files = configs.length === 0 ? [] : ["-f", "/dev/stdin"];
  return ns.run([executable, "apply", ...files, ...words], {
    stdin: configs.map((one) => `---\n${JSON.stringify(one)}\n`).join(""),
    env: { CNI_COMMAND: undefined },
  });
}

/** Mode, miimon, MTU and MAC of each link, the node's own addresses and routes, and the files of a trial. */
async function tell(ns: Namespace): Promise<unknown> {
  const links = (await ns.json("-d link show")).map(({ ifname, ifindex, mtu, master, address, flags, linkinfo }) => {
    const { mode, miimon, id } = linkinfo?.info_data ?? {};
    return { ifname, ifindex, mtu, master, address, up: flags.includes("UP"), mode, miimon, id };
  });
  const [addresses, routes] = [await ns.ip("-o -4 address show"), await ns.ip("route show")];
  const prefix = `netns-${statSync(ns.path).ino}.`;
  const files = readdirSync("/run/ifacer").filter((name) => name.startsWith(prefix) && !name.endsWith(".lock"));
  return { links, addresses, routes: routes.replaceAll(/ linkdown/g, ""), files };
}

/** The processes that hold the namespace's links for a trial. */
async function findKeepers(ns: Namespace): Promise<number[]> {
  const { stdout } = await runCommand(["ip", "netns", "pids", ns.name]);
  const pids = stdout.split(/\s+/).filter((pid) => pid !== "");
  return pids.filter((pid) => readCommand(pid).includes("--keeper")).map(Number);
}

/** Nothing, where the process has ended meanwhile. */
function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

async function untilOver(ns: Namespace): Promise<void> {
  await until("the trial is over", async () => (await findKeepers(ns)).length === 0);
}

/** Telling what came of it is the last thing. A keeper that makes a namespace meanwhile is not in this one for a moment. */
async function untilTold(line: string): Promise<void> {
  await until(line, async () => (await runCommand(["dmesg"])).stdout.includes(line));
}

/** Tries what takes long to be confirmed, and kills who is to take it back. */
async function tryAndKill(ns: Namespace): Promise<void> {
  expect((await apply(ns, ["--yes", "--replace", "--try", "600"], wanted)).status).toBe(0);
  for (const pid of await findKeepers(ns)) process.kill(pid, "SIGKILL");
  await untilOver(ns);
}

describe("apply --try", () => {
  test("what fails, what nobody confirms and what a lost session leaves is all taken back", async () => {
    await using ns = await nodeInUse();
    const before = await tell(ns);

    const failed = await apply(ns, ["--yes", "--try", "600"], further, clash);
    expect([failed.status, failed.stdout]).toEqual([1, expect.stringContaining("all was taken back")]);
    expect(await tell(ns)).toEqual(before);

    const words = ["--yes", "--replace", "--update", "--try", "12"];
    const { status, stdout } = await apply(ns, words, wanted, further);
    expect([status, stdout]).toEqual([0, expect.stringContaining("it is taken back in 12 s, unless")]);
    // The first config's, which the second one does not name.
    expect(stdout).toContain("set miimon of bond0 from 50 to 100");
    const links = await ns.ip("-d link show");
    expect(links).toContain("mode balance-xor miimon 100");
    expect(links).toContain("bond0.300@bond0");
    const [keeper] = await findKeepers(ns);
    await untilTold(`ifacer[${keeper}]: apply --try: nobody confirmed it within 12 s, all was taken back`);
    expect(await tell(ns)).toEqual(before);
    expect((await apply(ns, ["--confirm"])).status).toBe(1);

    const folder = mkdtempSync("/tmp/ifacer-try-");
    writeFileSync(`${folder}/net.json`, JSON.stringify(wanted));
    const line = `${executable} apply --replace --try 14 -f ${folder}/net.json`;
    const terminal = Bun.spawn(["ip", "netns", "exec", ns.name, "script", "-qec", line, "/dev/null"], {
      env: { ...process.env, SHELL: "/bin/sh" },
      stdin: "pipe",
      stdout: Bun.file(`${folder}/seen`),
    });
    terminal.stdin.write("yes\n");
    terminal.stdin.flush();
    await until("it asks", () => readFileSync(`${folder}/seen`, "utf8").includes("Keep this?"));
    expect(await ns.ip("-d link show dev bond0")).toContain("mode balance-xor");
    // As when the connection of an ssh session breaks: the terminal is closed, and its session gets SIGHUP.
    terminal.kill("SIGKILL");
    await terminal.exited;
    const [waiting] = await findKeepers(ns);
    await untilTold(`ifacer[${waiting}]: apply --try: nobody confirmed it within 14 s, all was taken back`);
    expect(await tell(ns)).toEqual(before);
    rmSync(folder, { recursive: true });
  });

  test("it stays where it is confirmed; where who is to take it back is killed, the next ADD that changes something does", async () => {
    await using ns = await nodeInUse();
    const before = await tell(ns);

    await tryAndKill(ns);
    const doctor = await ns.run([executable, "doctor"], { env: { CNI_COMMAND: undefined } });
    expect(doctor.stdout).toContain("doubtful trial: what 'ifacer apply --try' did is not confirmed");
    // An ADD that finds what it wants in place waits for nobody and takes nothing back.
    expect((await ifacer(ns, "ADD", wanted)).stderr).toBe("");
    const { status, stderr } = await ifacer(ns, "ADD", { ...base, interfaces: ["ens224"], vlanID: 5 });
    const told = "ifacer: took back what 'ifacer apply --try' had done, which nobody confirmed\n";
    expect([status, stderr]).toEqual([0, expect.stringContaining(told)]);
    await ns.ip("link delete dev ens224.5");
    expect(await tell(ns)).toEqual(before);

    await tryAndKill(ns);
    expect((await apply(ns, ["--confirm"])).stdout).toBe("confirmed: what was tried stays\n");
    expect((await ifacer(ns, "ADD", further)).stderr).not.toContain("took back");
    const kept = await tell(ns);
    expect(JSON.stringify(kept)).toContain("balance-xor");

    // ADD and --replace don't raise a NIC's MTU.
    const back = await apply(ns, ["--yes", "--replace", "--try", "600"], { ...old, mtu: 1300 });
    expect([back.status, back.stdout]).toEqual([0, expect.stringContaining("it is taken back in 600 s, unless")]);
    expect((await apply(ns, ["--confirm"])).status).toBe(0);
    await untilOver(ns);
    expect(JSON.stringify(await tell(ns))).toContain("active-backup");
    expect((await apply(ns, ["--confirm"])).status).toBe(1);
  });
});
