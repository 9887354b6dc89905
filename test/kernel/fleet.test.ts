import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Ended, executable, type Namespace, namespace } from "./harness.ts";
import { prefixLog, runPreflight } from "./pod.ts";

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

interface Node {
  readonly lines: readonly string[];
  readonly policy?: string;
  readonly withoutIp?: boolean;
}

/** 40 nodes: most are ready, or have but their NICs; the others are not as they should be. */
const odd: Readonly<Record<number, Node>> = {
  31: { lines: [...made, "link set dev bond0 type bond miimon 100"] },
  32: { lines: addNICs("enp1s0", "enp2s0") },
  33: { lines: addNICs("enp1s0", "enp2s0") },
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
const namespaces: Namespace[] = [];
let log = "";

/** Makes a node and returns its Pod's log. */
async function ask({ name, lines, policy, withoutIp = false }: Node & { name: string }): Promise<string> {
  const ns = await namespace();
  namespaces.push(ns);
  const { status, stderr } = await ns.run(["ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
  expect([name, status, stderr]).toEqual([name, 0, ""]);
  // The bond looks at its slaves from time to time.
  if (lines.some((line) => line.endsWith("carrier off"))) await untilFailed(ns, "ens160");
  const place = `${folder}/${name}`;
  mkdirSync(place);
  const pod = await runPreflight(ns, { folder: place, node: name, config, policy, withoutIp });
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
  for (const ns of namespaces) await ns[Symbol.asyncDispose]();
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
  expect(stdout).toBe("");
});

test("the Pod has no right but to look, and nothing that it could write to", async () => {
  const [ns] = namespaces;
  if (ns === undefined) throw new Error("there is no node");
  const script = `grep ^Cap /proc/self/status
for path in / /etc /etc/ifacer /config /usr/local/bin; do touch $path/probe 2>/dev/null && echo "$path can be written"; done
ip link add name probe type dummy 2>/dev/null && echo "links can be made"
true`;
  const options = { folder: `${folder}/worker-1`, node: "worker-1", config, command: ["sh", "-c", script] };
  const { stdout } = await runPreflight(ns, options);
  const none = ["Inh", "Prm", "Eff", "Bnd", "Amb"].map((set) => `Cap${set}:\t0000000000000000\n`).join("");
  expect(stdout).toBe(none);
});
