/** What else there is on a node whose links `apply --replace` and `--try` replace: other links, others' changes, signals. */
import { describe, expect, test } from "bun:test";
import { rmSync, statSync } from "node:fs";
import { until } from "../waiting.ts";
import { setUp } from "./adding.ts";
import { badIp } from "./badIp.ts";
import { type Ended, executable, ifacer, type Namespace, namespace, runCommand } from "./harness.ts";

const nics = ["ens192", "ens160"];
const base = { cniVersion: "1.0.0", name: "net", type: "ifacer", interfaces: nics };
const bonded = { ...base, bond: { name: "bond0", mode: "active-backup" }, vlanID: 200, vlan: { name: "data" } };
const otherMode = { ...bonded, bond: { name: "bond0", mode: "balance-xor" } };
const otherID = { ...bonded, vlanID: 201 };
const plain = { ...base, interfaces: ["ens192"], vlanID: 200, vlan: { name: "data" } };

async function nodeWith(config: object): Promise<Namespace> {
  const ns = await namespace();
  await setUp(
    ns,
    [...nics, "ens224", "ens256"].flatMap((nic) => [`link add name ${nic} type dummy`, `link set dev ${nic} up`]),
  );
  expect((await ifacer(ns, "ADD", config)).status).toBe(0);
  return ns;
}

function replace(ns: Namespace, config: object, words: readonly string[] = [], env: object = {}): Promise<Ended> {
  const argv = [executable, "apply", "-f", "/dev/stdin", "--yes", "--replace", ...words];
  return ns.run(argv, { stdin: JSON.stringify(config), env: { ...env, CNI_COMMAND: undefined } });
}

async function findPids(ns: Namespace): Promise<number[]> {
  return (await runCommand(["ip", "netns", "pids", ns.name])).stdout.split(/\s+/).filter(Boolean).map(Number);
}

/** Waits until what was tried is told to be taken back, by the only process that is left. */
async function untilTakenBack([keeper]: readonly number[]): Promise<string> {
  let told = "";
  await until("it is taken back", async () => {
    const lines = (await runCommand(["dmesg"])).stdout.split("\n");
    told = lines.findLast((line) => line.includes(`ifacer[${keeper}]: apply --try: nobody`)) ?? "";
    return told !== "";
  });
  return told;
}

async function routesOf(ns: Namespace): Promise<string> {
  return (await ns.ip("route show")).replaceAll(/ +(linkdown)? *$/gm, "");
}

async function mode(ns: Namespace): Promise<string | undefined> {
  return /bond mode (\S+)/.exec(await ns.ip("-d link show dev bond0"))?.[1];
}

const addressed = ["address add 198.51.100.1/24 dev data", "route add default via 198.51.100.254"];

describe("apply --replace", () => {
  test("what stands on a VLAN that is made anew, at any height, is a conflict; so are NICs of another network", async () => {
    await using ns = await nodeWith(plain);
    await setUp(ns, [
      "link add link data name mv0 type macvlan",
      "link add vx0 type vxlan id 7 dev data dstport 4789",
      "link add link data name data.5 type vlan id 5",
    ]);
    const refused = await replace(ns, { ...plain, vlanID: 201 });
    expect(refused.status).toBe(1);
    for (const name of ["mv0", "vx0", "data.5"]) expect(refused.stdout).toContain(`${name} on top of it would be lost`);
    expect((await ns.json("link show")).map(({ ifname }) => ifname)).toEqual(
      expect.arrayContaining(["mv0", "vx0", "data.5"]),
    );

    await using other = await nodeWith(bonded);
    await setUp(other, ["link add link data name data.5 type vlan id 5", "address add 203.0.113.1/24 dev bond0"]);
    expect((await replace(other, otherID)).stdout).toContain("data.5 on top of it would be lost");
    const strange = { ...otherMode, interfaces: ["ens224", "ens256"], vlanID: 300, vlan: undefined };
    expect((await replace(other, strange)).stdout).toContain("may lead to another network");
    expect(await mode(other)).toBe("active-backup");
  });

  test("a bond that follows its active slave keeps its MAC, and its MTU; a Pod's VLAN is told to lose its routes", async () => {
    await using ns = await nodeWith({
      ...bonded,
      mtu: 1400,
      bond: { ...bonded.bond, options: "fail_over_mac=active" },
    });
    await using pod = await namespace();
    await setUp(ns, ["link add link bond0 name v7 type vlan id 7", `link set dev v7 netns ${pod.name} name net1`]);
    const tell = async () => {
      const [{ address, mtu }] = await ns.json("link show dev bond0");
      return { address, mtu };
    };
    const before = await tell();
    const { stdout } = await replace(ns, otherMode, ["--with-pods"]);
    expect(stdout).toContain("lose their IPv6 addresses and their routes: make these Pods anew");
    expect([await mode(ns), await tell()]).toEqual(["balance-xor", before]);
    expect(await ns.ip("-d link show dev bond0")).toContain("fail_over_mac active");
  });

  test("somebody removes the new VLAN, and it is the same link again; SIGTERM ends nothing half-way", async () => {
    await using ns = await nodeWith(bonded);
    await setUp(ns, addressed);
    const before = await routesOf(ns);
    using removing = badIp({ change: "first 100; $ip link delete dev data; exit 0" });
    expect((await replace(ns, otherID, [], removing.env)).status).toBe(0);
    expect([await routesOf(ns), await ns.ip("-d link show dev data")]).toEqual([
      before,
      expect.stringContaining("id 201"),
    ]);
    using ending = badIp({ change: "kill -TERM $PPID; sleep 1; first 100; exit" });
    expect((await replace(ns, bonded, [], ending.env)).status).toBe(0);
    expect([await routesOf(ns), await ns.ip("-d link show dev data")]).toEqual([
      before,
      expect.stringContaining("id 200"),
    ]);
  });
});

test("of two configs that want one bond in two modes, what came first is told to be gone", async () => {
  await using ns = await nodeWith(bonded);
  const argv = [executable, "apply", "-f", "/dev/stdin", "--yes", "--replace"];
  const stdin = [otherMode, bonded].map((config) => `---\n${JSON.stringify(config)}\n`).join("");
  const { status, stdout } = await ns.run(argv, { stdin, env: { CNI_COMMAND: undefined } });
  expect([status, stdout]).toEqual([1, expect.stringContaining("has made the same link something else")]);
  expect(await mode(ns)).toBe("active-backup");
});

describe("apply --try", () => {
  test("a VLAN that moved onto a bond of a smaller MTU comes back, for which the bond has to go first", async () => {
    await using ns = await nodeWith(plain);
    await setUp(ns, ["link set dev ens192 mtu 9000", "link set dev data mtu 9000", ...addressed]);
    const before = await routesOf(ns);
    expect((await replace(ns, bonded, ["--try", "300"])).status).toBe(0);
    expect(await ns.ip("link show dev data")).toContain("data@bond0");
    const pids = await findPids(ns);
    for (const pid of pids) process.kill(pid, "SIGTERM");
    expect(await untilTakenBack(pids)).toContain("nobody confirmed it, all was taken back");
    expect(await routesOf(ns)).toBe(before);
    expect(await ns.ip("link show")).not.toContain("bond0");
  });

  test("whose file is gone is not confirmed; who may not confirm, or not here, is told so", async () => {
    await using ns = await nodeWith(bonded);
    await using elsewhere = await namespace();
    expect((await replace(ns, otherMode, ["--try", "600"])).status).toBe(0);
    const confirm = (where: Namespace, before: readonly string[] = []) =>
      where.run([...before, executable, "apply", "--confirm"], { env: { CNI_COMMAND: undefined } });
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    expect((await confirm(ns, nobody)).stderr).toContain("what was tried can't be confirmed: EACCES");
    expect((await confirm(elsewhere)).stdout).toContain("nothing waits to be confirmed in this network namespace");
    const pids = await findPids(ns);
    rmSync(`/run/ifacer/netns-${statSync(ns.path).ino}.try`);
    await untilTakenBack(pids);
    expect(await mode(ns)).toBe("active-backup");
  });
});
