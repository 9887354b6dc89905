/** NICs that are chosen by rule, dummies standing for hardware: test/hardware has the real drivers. */
import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { until } from "../waiting.ts";
import { add, call, refuse, setUp } from "./adding.ts";
import { executable, ifacer, type Namespace } from "./harness.ts";
import { nodeWith, photograph } from "./node.ts";

const bond = { name: "bond0", mode: 1 };

/** What `ifacer nics -f` says of each NIC: `chosen`, or why it is not. */
async function explain(ns: Namespace, config: object): Promise<Record<string, string>> {
  const stdin = JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "ifacer", ...config });
  const { stdout } = await ns.run([executable, "nics", "-f", "-", "-o", "json"], { stdin });
  const [entry] = JSON.parse(stdout).entries;
  return Object.fromEntries(
    // biome-ignore lint/suspicious/noExplicitAny: of the command's document
    entry.nics.map(({ name, chosen, reason }: any) => [name, chosen ? "chosen" : reason]),
  );
}

async function slavesOf(ns: Namespace, name: string): Promise<string[]> {
  return (await ns.json(`link show master ${name}`)).map(({ ifname }) => ifname).toSorted();
}

async function listUp(ns: Namespace, pattern = /^eth/): Promise<string[]> {
  return (await ns.json("link show up")).map(({ ifname }) => ifname).filter((name) => pattern.test(name));
}

function hasJournal(ns: Namespace): boolean {
  return existsSync(`/run/ifacer/netns-${statSync(ns.path).ino}.journal`);
}

test("what carries a default route, and all that this is made of, is never chosen, nor what belongs to others", async () => {
  await using ns = await nodeWith(
    "eth1",
    "eth2",
    "eth3",
    "eth4",
    "eth5",
    "eth6",
    "eth7",
    "eth8",
    "eth9",
    "eth10",
    "eth11",
  );
  await ns.run(["sh", "-c", "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 0 >$f; done"]);
  await setUp(ns, [
    // IPv4: a VLAN on a bond of two.
    "link add name node0 type bond mode active-backup miimon 100",
    ...["eth1", "eth2"].flatMap((nic) => [`link set dev ${nic} down`, `link set dev ${nic} master node0`]),
    "link set dev node0 up",
    "link add link node0 name node0.7 type vlan id 7",
    "link set dev node0.7 up",
    "address add 192.0.2.1/24 dev node0.7",
    "route add default via 192.0.2.254 dev node0.7 metric 100",
    // A second one, of two ways, and one that nobody uses because of its metric.
    "address add 198.51.100.1/24 dev eth3",
    "address add 203.0.113.1/24 dev eth4",
    "route add default metric 200 nexthop via 198.51.100.254 dev eth3 nexthop via 203.0.113.254 dev eth4",
    // IPv6: a bridge with one port.
    "link add name br0 type bridge",
    "link set dev br0 up",
    "link set dev eth5 master br0",
    "address add 2001:db8::1/64 dev br0 nodad",
    "route add ::/0 via 2001:db8::fe dev br0",
    // A macvlan of the node's own.
    "link add link eth6 name mac0 type macvlan mode bridge",
    "link set dev mac0 up",
    "address add 192.0.3.1/24 dev mac0",
    "route add default via 192.0.3.254 dev mac0 metric 300",
    // Somebody's bridge, and a default route for others than the node.
    "link add name br1 type bridge",
    "link set dev eth7 master br1",
    "address add 192.0.4.1/24 dev eth8",
    "route add default via 192.0.4.254 dev eth8 table 100",
    // No NICs.
    "link add name ve0 type veth peer name ve1",
    "link add link eth9 name eth9.5 type vlan id 5",
  ]);
  const route = "has a default route of the node";
  const own = {
    eth1: `node0.7, which stands on it, ${route}`,
    eth2: `node0.7, which stands on it, ${route}`,
    eth3: `it ${route}`,
    eth4: `it ${route}`,
    eth5: `br0, which stands on it, ${route}`,
    eth6: `mac0, which stands on it, ${route}`,
    eth7: "it belongs to br1 (a bridge)",
    eth8: "chosen",
    eth9: "chosen",
    eth10: "chosen",
    eth11: "chosen",
  };
  expect(await explain(ns, { select: {}, vlanID: 100 })).toEqual(own);
  const all = { select: { kinds: ["nic", "bond", "vlan"] }, vlanID: 100 };
  expect(await explain(ns, all)).toEqual({
    ...own,
    node0: `node0.7, which stands on it, ${route}`,
    "node0.7": `it ${route}`,
    "eth9.5": "chosen",
  });
  // The policy is a rule as well, and what lies below counts.
  const { json } = await ifacer(
    ns,
    "ADD",
    { cniVersion: "1.1.0", name: "net", ...all, select: { ...all.select, atLeast: 9 } },
    {
      policy: { interfaces: { allow: ["eth*"], deny: ["eth8", "eth9"] } },
    },
  );
  expect(json.code).toBe(100);
  expect(json.details.split("\n")).toEqual(
    expect.arrayContaining([
      "eth8: not chosen, the node's policy forbids it, it denies eth8",
      "eth9.5: not chosen, the node's policy forbids it, it denies eth9, and eth9 lies below it",
      "eth10: chosen, it fits all rules",
    ]),
  );
  // It goes on what is chosen alone, and comes to the same list when its own VLANs are there.
  const done = await add(ns, all);
  expect(done.filter((line) => line.includes("made the VLAN"))).toEqual(
    ["eth8", "eth9", "eth9.5", "eth10", "eth11"].map((nic) => `ifacer: made the VLAN ${nic}.100 with id 100 on ${nic}`),
  );
  // Bridges count the seconds in what is seen of them.
  const list = async () =>
    (await ns.json("link show")).map(({ ifname, flags, mtu, link }) => [ifname, flags, mtu, link]);
  const before = await list();
  expect(await add(ns, all)).toEqual([]);
  expect(await list()).toEqual(before);
}, 200_000);

test("the config's own bond keeps its slaves: a better NIC comes, the default route moves onto it, NICs lose their addresses", async () => {
  await using ns = await nodeWith("eth10", "eth2", "eth3");
  await setUp(ns, ["address add 10.0.1.7/24 dev eth10", "address add 10.0.2.7/24 dev eth2"]);
  const config = {
    select: { networks: ["10.0.1.0/24", "10.0.2.0/24"], count: 2 },
    vlanID: 100,
    bond,
    allowInUse: true,
  };
  expect(await add(ns, config)).toContain("ifacer: made eth10 a slave of bond0");
  expect(await slavesOf(ns, "bond0")).toEqual(["eth10", "eth2"]);
  await setUp(ns, [
    "link add name eth1 type dummy",
    "address add 10.0.1.8/24 dev eth1",
    "link set dev eth1 up",
    "address add 192.0.2.1/24 dev bond0.100",
    "route add default via 192.0.2.254 dev bond0.100",
  ]);
  const before = await photograph(ns);
  expect(await add(ns, config)).toEqual([]);
  for (const verb of ["CHECK", "STATUS", "DEL", "GC"]) {
    const { status, stdout } = await call(ns, verb, { ...config, prevResult: {}, "cni.dev/valid-attachments": [] });
    expect([verb, status, stdout]).toEqual([verb, 0, ""]);
  }
  expect(await photograph(ns)).toBe(before);
  // A slave that is taken out is chosen again only by the rules.
  await ns.ip("link set dev eth2 nomaster");
  const { json } = await call(ns, "CHECK", { ...config, prevResult: {} });
  expect([json.code, json.msg]).toEqual([104, "eth1 is not a slave of bond0"]);
}, 200_000);

test("too few: code 100 with a line for each NIC and nothing touched, 104 for CHECK, 50 for STATUS", async () => {
  await using ns = await nodeWith("eth0", "eth1", "ens1");
  const config = { select: { names: ["eth*"], count: 3 }, vlanID: 100, bond };
  const words = [
    "of the NICs of this node 2 fit, select wants at least 3: 'ifacer nics -f net.yaml' shows why",
    "ens1: not chosen, its name is not like eth*",
    "eth0: chosen, it fits all rules",
    "eth1: chosen, it fits all rules",
  ].join("\n");
  expect(await refuse(ns, config, 100)).toBe(words);
  for (const [verb, code] of [
    ["CHECK", 104],
    ["STATUS", 50],
  ] as const) {
    const { json } = await call(ns, verb, { ...config, prevResult: {} });
    expect([json.code, [json.msg, json.details].join("\n")]).toEqual([code, words]);
  }
  for (const [config, code, message] of [
    [{ select: { driver: ["x"] }, vlanID: 5 }, 7, "unknown key"],
    [{ select: { count: 2 }, interfaces: ["eth0"], vlanID: 5 }, 7, "in the place of interfaces"],
    [{ select: {}, linkInContainer: true, vlanID: 5 }, 7, "two things at once"],
    // What the chosen NICs decide is an error of the config, as if it had listed them.
    [{ select: { names: ["eth*"] }, bond: { ...bond, options: "primary=eth7" } }, 7, "eth7"],
  ] as const) {
    expect(await refuse(ns, config, code)).toContain(message);
  }
}, 200_000);

test("links are waited for: what is down is set up, and what is not chosen is set down again", async () => {
  await using ns = await nodeWith("ens0");
  // Two that have link once they are up, one that never has, one that the rules leave out.
  await setUp(ns, [
    ...["eth0", "eth1", "eth2", "ens1"].map((nic) => `link add name ${nic} type dummy`),
    "link set dev eth0 carrier off",
  ]);
  const config = { select: { names: ["eth*"], linkUp: true, count: 2 }, vlanID: 100, bond };
  // As it is now, nothing is to be told of them: only ADD sets them up.
  const { json: checked } = await call(ns, "CHECK", { ...config, prevResult: {} });
  expect([checked.code, checked.msg]).toEqual([
    104,
    "of the NICs of this node none fits, and of eth0, eth1, eth2 only the link is missing, select wants at least 2: 'ifacer nics -f net.yaml' shows why",
  ]);
  expect((await call(ns, "STATUS", config)).status).toBe(0);
  expect(await listUp(ns)).toEqual([]);
  // Many at once: one waits, makes it, and the others find it.
  const answers = await Promise.all(Array.from({ length: 5 }, () => call(ns, "ADD", config)));
  expect(answers.map(({ stdout }) => stdout)).toEqual(Array(5).fill('{"cniVersion":"1.1.0"}\n'));
  expect(answers.filter(({ stderr }) => stderr.includes("made the bond")).length).toBe(1);
  expect(await slavesOf(ns, "bond0")).toEqual(["eth1", "eth2"]);
  expect(await listUp(ns)).toEqual(["eth1", "eth2"]);
  // Where all is in place, nothing is set up any more.
  const before = await photograph(ns);
  expect(await add(ns, config)).toEqual([]);
  expect(await photograph(ns)).toBe(before);
  // What is too few in the end, and what is in the way of the chosen ones, leaves them down, too.
  await setUp(ns, [
    "link add name eth3 type dummy",
    "link add name taken type dummy",
    // The kernel keeps the queueing discipline that a link gets when it is first up.
    "link set dev eth3 up",
    "link set dev eth3 down",
  ]);
  const other = { ...config, bond: { ...bond, name: "bond1" } };
  expect(await refuse(ns, other, 100)).toContain("eth3: chosen, it fits all rules");
  const blocked = { select: { names: ["eth3"], linkUp: true }, vlanID: 7, vlan: { name: "taken" } };
  expect(await refuse(ns, blocked, 105)).toContain("taken is a link of kind dummy");
  expect(hasJournal(ns)).toBe(false);
}, 220_000);

test("an ADD that is killed while it waits: the next one sets down what is not chosen", async () => {
  await using ns = await nodeWith("ens0");
  await setUp(ns, [
    ...["eth0", "eth1"].map((nic) => `link add name ${nic} type dummy`),
    ...["eth0", "eth1"].map((nic) => `link set dev ${nic} carrier off`),
  ]);
  const config = {
    cniVersion: "1.1.0",
    name: "net",
    type: "ifacer",
    select: { linkUp: true, names: ["eth*"] },
    vlanID: 5,
  };
  const env = { CNI_COMMAND: "ADD", CNI_CONTAINERID: "pod1", CNI_NETNS: "/run/netns/none", CNI_IFNAME: "net1" };
  const child = Bun.spawn(["ip", "netns", "exec", ns.name, executable], {
    env: { ...process.env, ...env, CNI_PATH: "/x" },
    stdin: new Blob([JSON.stringify(config)]),
  });
  await until("the NICs are up", async () => (await listUp(ns)).length === 2);
  child.kill("SIGKILL");
  await child.exited;
  expect(hasJournal(ns)).toBe(true);
  expect(await listUp(ns)).toEqual(["eth0", "eth1"]);
  expect(await add(ns, { interfaces: ["ens0"], vlanID: 6 })).toContain(
    "ifacer: took back what an earlier ADD had begun and not ended",
  );
  expect(await listUp(ns)).toEqual([]);
  expect(hasJournal(ns)).toBe(false);
}, 200_000);

test("plan, apply, doctor and validate speak of the chosen NICs", async () => {
  await using ns = await nodeWith("eth0", "eth1");
  const stdin = JSON.stringify({
    cniVersion: "1.1.0",
    name: "net",
    type: "ifacer",
    select: { names: ["eth*"], count: 1 },
    vlanID: 100,
  });
  const run = async (...words: string[]) => {
    const { status, stdout } = await ns.run([executable, ...words, "-f", "-"], { stdin });
    return [status, ...stdout.split("\n")].join("\n");
  };
  const warning =
    "  warning: select: the VLAN's name follows from the NIC's, which differs from node to node: set vlan.name, so that a master of this name is on each";
  expect(await run("validate")).toBe(
    [
      "0",
      "standard input: valid, makes VLAN 100 on each chosen NIC",
      warning,
      "1 entry of ifacer's, all valid",
      "",
    ].join("\n"),
  );
  expect(await run("plan")).toContain(
    "  select: eth0: chosen, it fits all rules\n  select: eth1: not chosen, count is 1",
  );
  expect(await run("nics")).toBe(
    [
      "0",
      "standard input: 1 of 2 NICs chosen",
      warning,
      "  eth0  chosen      it fits all rules",
      "  eth1  not chosen  count is 1, and others come before it",
      "",
    ].join("\n"),
  );
  expect(await run("doctor")).toContain("ADD can be tried here, select takes eth0");
  expect(await run("apply", "--yes")).toContain("made the VLAN eth0.100 with id 100 on eth0");
}, 200_000);
