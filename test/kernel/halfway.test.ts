import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { lookAround, setUp } from "./adding.ts";
import { add, bonded, complete, nics, tell } from "./bonded.ts";
import { type Answer, executable, ifacer, type Namespace } from "./harness.ts";
import { nodeWith, photographSettled } from "./node.ts";

const realIp = Bun.which("ip", { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` }) ?? "ip";

/** An ip for PATH that looks as it should, carries out the first $DO lines of a batch of changes and then ends as $END says. */
const failingIp = `#!/bin/bash
case "$1 $END" in
-batch*)
  mapfile -t lines
  printf '%s\\n' "\${lines[@]:0:DO}" | ${realIp} -batch - || exit
  case $END in
  fail) echo "Error: made to fail." >&2; echo "Command failed -:$((DO + 1))" >&2; exit 1 ;;
  die) kill -9 $$ ;;
  die-all) kill -9 0 ;;
  fail-undo) echo "Error: made to fail." >&2; exit 1 ;;
  blind) touch $FLAG; exit 1 ;;
  esac ;;
"-force fail-undo") echo "Error: undoing was made to fail." >&2; exit 1 ;;
*blind) [ ! -e $FLAG ] || exit 1 ;;
esac
exec ${realIp} "$@"
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync("/tmp/ifacer-ip-");
  writeFileSync(`${folder}/ip`, failingIp);
  chmodSync(`${folder}/ip`, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type End = "fail" | "die" | "die-all" | "fail-undo" | "blind";

function failing(lines: number, end: End) {
  const flag = `${folder}/blind-${Math.random()}`;
  return { PATH: `${folder}:${process.env["PATH"]}`, DO: String(lines), END: end, FLAG: flag };
}

function addFailing(
  ns: Namespace,
  { config = bonded, lines, end }: { config?: object; lines: number; end: End },
): Promise<Answer> {
  return ifacer(ns, "ADD", config, { env: failing(lines, end) });
}

/** ADD with an ip that takes the whole process group with it, in a session of its own. */
async function addKilled(ns: Namespace, lines: number): Promise<void> {
  const env = {
    ...failing(lines, "die-all"),
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "pod1",
    CNI_NETNS: "/run/netns/none",
    CNI_IFNAME: "net1",
    CNI_PATH: "/usr/lib/cni",
  };
  await ns.run(["setsid", "--wait", executable], { env, stdin: JSON.stringify(bonded) });
}

/** The lines that an ADD of `bonded` gives to ip where nothing is there. */
const steps = [
  "link add name bond0",
  "link set dev bond0 alias",
  "link set dev ens192 down",
  "link set dev ens192 down master bond0",
  "link set dev ens192 up",
  "link set dev ens160 down",
  "link set dev ens160 down master bond0",
  "link set dev ens160 up",
  "link set dev bond0 up",
  "link add link bond0 name bond0.200",
  "link set dev bond0.200 alias",
  "link set dev bond0.200 up",
];

describe.each(steps.map((step, index) => [index, step] as const))("an ip that does %i lines and no '%s'", (lines) => {
  test("ADD fails with the kernel's words and the step, and all is as before; killed there, the next ADD finishes", async () => {
    await using ns = await nodeWith(...nics);
    const before = await photographSettled(ns);
    const { status, stderr, json } = await addFailing(ns, { lines, end: "fail" });
    expect({ status, stderr, code: json.code }).toEqual({ status: 1, stderr: "", code: 103 });
    expect(json.msg).toMatch(/^(the bond|the VLAN|ens1|bond0).*: Error: made to fail\.; all was undone$/);
    expect(json.details).toContain("command: ip -batch -, exit status 1\nstderr: Error: made to fail.");
    expect(json.details.split("\n")[0]).toMatch(/^step: link /);
    expect(await photographSettled(ns)).toBe(before);

    await addKilled(ns, lines);
    await add(ns);
    expect(await tell(ns)).toEqual(complete(200));
  }, 300_000);
});

test("an ip that is killed itself: ADD fails with its exit status, and all is as before", async () => {
  await using ns = await nodeWith(...nics);
  const before = await photographSettled(ns);
  const { status, json } = await addFailing(ns, { lines: 7, end: "die" });
  expect([status, json.code]).toEqual([1, 103]);
  expect(json.msg).toContain("ip ended with status 137 and said nothing; all was undone");
  expect(await photographSettled(ns)).toBe(before);
});

describe("undoing fails too", () => {
  test("the message says what is left, and running its lines removes it", async () => {
    await using ns = await nodeWith(...nics);
    const before = await photographSettled(ns);
    const { status, json } = await addFailing(ns, { lines: 10, end: "fail-undo" });
    expect([status, json.code]).toEqual([1, 103]);
    const [, left = ""] = json.msg.match(/; undoing failed too, run: (.*)$/) ?? [];
    expect(left).toContain("ip link delete dev bond0.200; ip link set dev ens192 nomaster");
    for (const line of left.split("; ")) await ns.ip(line.replace(/^ip /, ""));
    expect(await photographSettled(ns)).toBe(before);
  });

  test("an ip that does not even look any more: the message says so, what to remove, and the next ADD finishes", async () => {
    await using ns = await nodeWith(...nics);
    const { status, json } = await addFailing(ns, { lines: 5, end: "blind" });
    expect([status, json.code]).toEqual([1, 103]);
    expect(json.msg).toContain("can't look at the links of this node");
    expect(json.msg).toContain("the next ADD that changes something takes them back");
    expect(json.msg).toContain("ip link delete dev bond0.200; ip link delete dev bond0");
    await add(ns);
    expect(await tell(ns)).toEqual(complete(200));
  });
});

describe("what was there before is as before", () => {
  test("NICs with addresses and routes of both families, taken by allowInUse", async () => {
    await using ns = await nodeWith(...nics);
    await ns.run([
      "sh",
      "-c",
      "for f in all default ens192 ens160; do echo 0 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done",
    ]);
    await setUp(ns, [
      "address add 192.0.2.1/24 broadcast 192.0.2.255 dev ens192",
      "address add 192.0.2.2/24 dev ens192",
      "address add 198.51.100.1 peer 198.51.100.2/32 dev ens160",
      "address add 2001:db8::1/64 dev ens192 nodad",
      "address add 2001:db8:1::1/64 dev ens160 nodad noprefixroute",
      "route add default via 192.0.2.254 dev ens192 metric 100",
      "route add 203.0.113.0/24 via 192.0.2.253 dev ens192 proto static src 192.0.2.2",
      "route add 203.0.114.0/24 dev ens160 scope link table 100",
      "route add unreachable 203.0.115.0/24",
      "route add default via 2001:db8::fe dev ens192",
      "route add 2001:db8:2::/64 via 2001:db8::fd dev ens192 proto static metric 50",
    ]);
    const before = await lookAround(ns);
    const { json } = await addFailing(ns, { config: { ...bonded, allowInUse: true }, lines: 11, end: "fail" });
    expect(json).toMatchObject({ code: 103, msg: expect.stringContaining("all was undone") });
    expect(sorted(await lookAround(ns))).toEqual(sorted(before));
  });

  test.each([[2], [8]])(
    "the empty bond that is adopted, with its mode, options, MAC and MTU; after %i lines",
    async (lines) => {
      await using ns = await nodeWith(...nics);
      await ns.ip(
        "link add name bond0 mtu 1400 address 02:00:00:00:00:99 type bond mode 802.3ad miimon 50 lacp_rate fast ad_actor_sys_prio 7",
      );
      const before = withoutTraces(await photographSettled(ns));
      const { json } = await addFailing(ns, { lines, end: "fail" });
      expect(json).toMatchObject({ code: 103, msg: expect.stringContaining("all was undone") });
      expect(withoutTraces(await photographSettled(ns))).toBe(before);
      await add(ns);
      expect(await tell(ns)).toEqual(complete(200));
    },
  );

  test.each([[2], [4]])("the bond that is completed; after %i lines", async (lines) => {
    await using ns = await nodeWith(...nics, "ens224");
    await add(ns);
    await ns.ip("link delete dev bond0.200");
    const before = await photographSettled(ns);
    const { json } = await addFailing(ns, {
      config: { ...bonded, interfaces: [...nics, "ens224"] },
      lines,
      end: "fail",
    });
    expect(json).toMatchObject({ code: 103, msg: expect.stringContaining("all was undone") });
    expect(await photographSettled(ns)).toBe(before);
  });
});

/** The kernel does not take back what a link gets with its first slave and when it is first up. */
function withoutTraces(photograph: string): string {
  return photograph.replaceAll(/"qdisc":"no(op|queue)"|"tso_max_size":\d+/g, "");
}

/** Addresses and routes that come back may do so in another order. */
function sorted(output: string): unknown[] {
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.stringify(sortDeep(JSON.parse(line))));
}

function sortDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortDeep).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sortDeep(inner)]));
}

test("a bond of the same name that appears at the same moment, as the bonding module makes one when it loads, is used", async () => {
  await using ns = await nodeWith(...nics);
  // An ip that makes the module's bond0 first.
  const script = `#!/bin/sh\n[ "$1" != -batch ] || ${realIp} link add name bond0 type bond 2>/dev/null\nexec ${realIp} "$@"\n`;
  const crowded = mkdtempSync("/tmp/ifacer-ip-");
  writeFileSync(`${crowded}/ip`, script);
  chmodSync(`${crowded}/ip`, 0o755);
  const { status, stderr } = await ifacer(ns, "ADD", bonded, { env: { PATH: `${crowded}:${process.env["PATH"]}` } });
  rmSync(crowded, { recursive: true });
  expect([status, await tell(ns)]).toEqual([0, complete(200)]);
  expect(stderr).toContain("configured the empty bond bond0");
  expect(stderr).not.toContain("made the bond bond0");
});
