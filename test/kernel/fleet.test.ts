import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Ended, executable, type Namespace, namespace } from "./harness.ts";
import { type Image, makeImage, prefixLog, runPreflight } from "./pod.ts";

const config = JSON.stringify({
  cniVersion: "1.0.0",
  name: "net",
  plugins: [
    {
      type: "ifacer",
      interfaces: ["ens192", "ens160"],
      vlanID: 100,
      bond: { name: "bond0", mode: 1, options: "miimon=50" },
    },
    { type: "macvlan", master: "bond0.100" },
  ],
});

/** `ip` lines: NICs, as every node has them, and what the config asks for, made by hand. */
const addNICs = (...nics: string[]) =>
  nics.flatMap((nic) => [`link add name ${nic} type dummy`, `link set dev ${nic} up`]);
const nics = addNICs("ens192", "ens160", "ens224");
const made = [
  ...nics,
  "link add name bond0 type bond mode active-backup miimon 50",
  ...["ens192", "ens160"].flatMap((nic) => [
    `link set dev ${nic} down`,
    `link set dev ${nic} master bond0`,
    `link set dev ${nic} up`,
  ]),
  "link set dev bond0 up",
  "link add link bond0 name bond0.100 type vlan id 100",
  "link set dev bond0.100 up",
];

/** A dummy counts as a NIC when something stands on it, be it down. */
const renamed = [
  ...addNICs("enp1s0", "enp2s0"),
  ...["enp1s0", "enp2s0"].map((nic) => `link add link ${nic} name ${nic}.7 type vlan id 7`),
];

interface Node {
  readonly lines: readonly string[];
  readonly policy?: string;
  readonly withoutIp?: boolean;
}

/** 40 nodes: most are ready, or have but their NICs; the others are not as they should be. */
const odd: Readonly<Record<number, Node>> = {
  31: { lines: [...made, "link set dev bond0 type bond miimon 100"] },
  32: { lines: renamed },
  33: { lines: renamed },
  34: { lines: [...nics, "address add 192.0.2.9/24 dev ens160"] },
  35: { lines: [...made, "link set dev bond0.100 mtu 1400"] },
  36: { lines: [...made, "link set dev bond0.100 mtu 1400"] },
  37: { lines: [...made, "link set dev ens160 carrier off"] },
  38: { lines: [...nics, "link add link ens224 name ens224.100 type vlan id 100", "link set dev ens224.100 up"] },
  39: { lines: made, withoutIp: true },
  40: { lines: made, policy: '{"interfaces":{"deny":["ens160"]}}' },
};
const nodes = Array.from({ length: 40 }, (_, index): Node & { name: string } => ({
  name: `worker-${index + 1}`,
  ...(odd[index + 1] ?? { lines: index < 26 ? made : nics }),
}));

const folder = mkdtempSync(`${tmpdir()}/ifacer-fleet-`);
const usual = await makeImage({ config });
const images: Image[] = [];
const namespaces: Namespace[] = [];
let log = "";

/** Makes a node and returns its Pod's log. */
async function ask({ name, lines, policy, withoutIp }: Node & { name: string }): Promise<string> {
  const ns = await namespace();
  namespaces.push(ns);
  const batch = Bun.spawn(["ip", "-n", ns.name, "-batch", "-"], { stdin: new Blob([`${lines.join("\n")}\n`]) });
  expect([name, await batch.exited]).toEqual([name, 0]);
  // The bond looks at its slaves from time to time.
  if (lines.some((line) => line.endsWith("carrier off"))) await untilFailed(ns, "ens160");
  const image = policy !== undefined || withoutIp ? await makeImage({ config, policy, withoutIp }) : usual;
  images.push(image);
  const pod = await runPreflight(ns, image, { node: name });
  expect([name, pod.status, pod.stderr]).toEqual([name, 0, ""]);
  return prefixLog(pod.stdout, { pod: `ifacer-preflight-${name.replace("worker-", "x7k")}` });
}

async function untilFailed(ns: Namespace, nic: string): Promise<void> {
  for (;;) {
    const [link] = await ns.json(`-d link show dev ${nic}`);
    if (link.linkinfo.info_slave_data.mii_status === "DOWN") return;
    await Bun.sleep(50);
  }
}

/** Runs `ifacer fleet` with the nodes' log on its standard input. */
async function fleet(...words: string[]): Promise<Ended> {
  const child = Bun.spawn([executable, "fleet", ...words], { stdin: new Blob([log]), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, stdout, stderr };
}

beforeAll(async () => {
  // From several at once, as kubectl does it: the lines of a Pod stay together, Pods come in any order.
  const waiting = nodes.toReversed();
  const logs: string[] = [];
  const work = async () => {
    for (let node = waiting.pop(); node; node = waiting.pop()) logs.push(await ask(node));
  };
  await Promise.all([work(), work(), work()]);
  log = logs.join("");
}, 300_000);

afterAll(async () => {
  await Promise.all(namespaces.map((ns) => ns[Symbol.asyncDispose]()));
  for (const image of new Set([usual, ...images])) image[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

test("each Pod says two lines, and nothing beside them", () => {
  const lines = log.trimEnd().split("\n");
  expect(lines).toHaveLength(80);
  expect(
    lines.filter(
      (line) => !/^\[pod\/ifacer-preflight-x7k\d+\/preflight\] \{"version":1,"node":"worker-\d+",/.test(line),
    ),
  ).toEqual([]);
});

test("all that is the matter with 40 nodes is found, and with one that said nothing", async () => {
  writeFileSync(`${folder}/nodes.txt`, [...nodes.map(({ name }) => `node/${name}`), "node/worker-41", ""].join("\n"));
  const { status, stdout, stderr } = await fleet("--nodes", `${folder}/nodes.txt`);
  expect([status, stderr]).toEqual([1, ""]);
  expect(stdout).toBe(`30 nodes: all is in place
 5 nodes: ADD would fail
         worker-32 worker-33   the interface ens192 is not on this node (they have enp1s0, enp2s0)
         worker-32 worker-33   the interface ens160 is not on this node (they have enp1s0, enp2s0)
         worker-34             ens160 has the address 192.0.2.9/24
         worker-38             VLAN 100 is there already, as ens224.100 on ens224
         worker-40             the node's policy /etc/ifacer/policy.json forbids the interface ens160, it denies ens160
 4 nodes: 6 changes, ADD would make them
 2 nodes said nothing: worker-39 (there is no 'ip' on this node: install the package iproute2: code 102), worker-41 (no line)
Differs from the config, and ADD leaves it alone:
  bond0.100 has mtu 1400, the config wants 1500: worker-35 worker-36
  bond0 has miimon 100, the config wants 50: worker-31
Looks odd:
  bond0 has miimon 50 on 30 nodes, 100 on worker-31
  bond0.100 has MTU 1500 on 29 nodes, 1400 on worker-35 worker-36
  VLAN 100 is on bond0 on 31 nodes, on ens224 on worker-38
  enp1s0.7 is down on worker-32 worker-33
  enp2s0.7 is down on worker-32 worker-33
  bond0.100 has the MTU 1400, bond0 has 1500 on worker-35 worker-36
  the slave ens160 has no link on worker-37
  bond0 has one slave that works on worker-37
`);
});

test("the Pod has no right but to look, and nothing that it could write to", async () => {
  const [ns] = namespaces;
  if (ns === undefined) throw new Error("there is no node");
  const script = `grep ^Cap /proc/self/status
for path in / /etc /etc/ifacer /config /usr/local/bin; do touch $path/probe 2>/dev/null && echo "$path can be written"; done
ip link add name probe type dummy 2>/dev/null && echo "links can be made"
true`;
  const { stdout } = await runPreflight(ns, usual, { node: "worker-1", command: ["sh", "-c", script] });
  const none = ["Inh", "Prm", "Eff", "Bnd", "Amb"].map((set) => `Cap${set}:\t0000000000000000\n`).join("");
  expect(stdout).toBe(none);
});
