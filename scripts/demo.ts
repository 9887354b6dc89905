/**
 * Shows ifacer's main job: the chains that its users run, on a node made of a network namespace, with the real macvlan
 * plugin on top where it is installed. Run it by `make demo`, which finds a kernel that can.
 */
import { existsSync } from "node:fs";

const plugins: Record<string, string> = {
  ifacer: `${import.meta.dir}/../dist/ifacer`,
  macvlan: "/usr/lib/cni/macvlan",
};

/**
 * The NICs of the demo are ends of veths, as nothing else in a namespace has a cable, and who has a Pod at the other end would be
 * cut off: the node's admin has to allow such slaves. Its policy is in an /etc of its own.
 */
const underPolicy = [
  ...["unshare", "--mount", "sh", "-c"],
  `mount -t tmpfs tmpfs /etc && mkdir /etc/ifacer && echo '{"interfaces":{"slaveKinds":["veth"]}}' >/etc/ifacer/policy.json && exec "$0"`,
];

const chains = [
  `{"cniVersion":"0.3.1","name":"macvlan-conf","plugins":[{"type":"ifacer","interfaces":["ens192"],"vlanID":100},
  {"type":"macvlan","master":"ens192.100","mode":"bridge","ipam":{"type":"static","addresses":[{"address":"192.0.2.10/24"}]}}]}`,
  `{"cniVersion":"0.3.1","name":"macvlan-conf","plugins":[{"type":"ifacer","interfaces":["ens192","ens160"],"vlanID":200,"bond":{"name":"bond0","mode":1,"options":"primary=ens160;miimon=100"}},
  {"type":"macvlan","master":"bond0.200","mode":"bridge","ipam":{"type":"static","addresses":[{"address":"192.0.2.10/24"}]}}]}`,
];

interface Plugin extends Record<string, unknown> {
  readonly type: string;
}

interface Chain {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly Plugin[];
}

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const color = process.stdout.isTTY && !process.env["NO_COLOR"];
const node = "ifacer-demo-node";
const pod = "ifacer-demo-pod";
const network = "ifacer-demo-net";
const ping = Bun.which("ping") ? ["ping"] : ["busybox", "ping"];

for (const chain of chains) show(chain);

function show(text: string): void {
  const chain: Chain = JSON.parse(text);
  const interfaces = chain.plugins[0]?.["interfaces"] as string[];
  try {
    makeNode(interfaces);
    makeHost(String(chain.plugins[0]?.["vlanID"]));
    title(`A node with ${interfaces.join(" and ")}, and this network config`);
    say(text);
    title("ADD");
    const result = runChain(chain);
    title("What is on the node now: ip -d link");
    for (const { ifname } of linksOf(node)) showLink(node, ifname);
    if (result !== undefined) {
      title("What is in the Pod: ip -br address show dev net1");
      say(ip(`-n ${pod} -br address show dev net1`).trim());
      title(`What comes through: ping 192.0.2.1, a host in VLAN ${chain.plugins[0]?.["vlanID"]} of the network`);
      sayPing();
    }
    title("ADD again, for another Pod: nothing changes");
    const before = linksOf(node);
    call(chain, "ifacer", undefined);
    const same = Bun.deepEquals(linksOf(node), before);
    say(same ? "the links are the same as before" : "the links have changed");
    if (!same) process.exitCode = 1;
  } finally {
    for (const name of [pod, node, network]) run(["ip", "netns", "del", name]);
  }
}

function makeNode(nics: readonly string[]): void {
  for (const name of [pod, node, network]) ip(`netns add ${name}`);
  ip(`-n ${network} link add name switch type bridge`);
  ip(`-n ${network} link set dev switch up`);
  for (const nic of nics) {
    ip(`-n ${node} link add name ${nic} type veth peer name ${nic} netns ${network}`);
    ip(`-n ${node} link set dev ${nic} up`);
    ip(`-n ${network} link set dev ${nic} master switch up`);
  }
}

/** A host in a VLAN behind the switch that the NICs are plugged into. */
function makeHost(vlanID: string): void {
  ip(`-n ${network} link add link switch name host type vlan id ${vlanID}`);
  ip(`-n ${network} address add 192.0.2.1/24 dev host`);
  ip(`-n ${network} link set dev host up`);
}

/** Waits for the first answer: a bond takes a moment until it sees that its slaves have a link. */
function sayPing(): void {
  for (let tries = 1; ; tries++) {
    const { status, stdout } = run(["ip", "netns", "exec", pod, ...ping, "-c", "3", "-W", "2", "192.0.2.1"]);
    if (status !== 0 && tries < 5) continue;
    say(stdout.trim());
    if (status !== 0) process.exitCode = 1;
    return;
  }
}

/** Runs ADD of the whole chain as a runtime does; `undefined` where the macvlan plugin is not installed. */
function runChain(chain: Chain): unknown {
  let prevResult: unknown;
  for (const { type } of chain.plugins) {
    if (!existsSync(plugins[type] ?? "")) {
      say(`(${type} is not installed: the chain ends here)`);
      return undefined;
    }
    prevResult = call(chain, type, prevResult);
  }
  return prevResult;
}

/** Calls ADD of one plugin of the chain in the node's namespace, shows what it wrote, and returns its result. */
function call(chain: Chain, type: string, prevResult: unknown): unknown {
  const { cniVersion, name } = chain;
  const config = { ...chain.plugins.find((plugin) => plugin.type === type), cniVersion, name, prevResult };
  const env = {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "pod1",
    CNI_NETNS: `/run/netns/${pod}`,
    CNI_IFNAME: "net1",
    CNI_PATH: "/usr/lib/cni",
  };
  const argv = [...(type === "ifacer" ? underPolicy : []), plugins[type] ?? ""];
  const { status, stdout, stderr } = run(["ip", "netns", "exec", node, ...argv], {
    env,
    stdin: JSON.stringify(config),
  });
  for (const line of stderr.trim().split("\n").filter(Boolean)) say(`${dim("journal")}  ${line}`);
  say(`${dim("result ")}  ${type}: ${stdout === "" ? "" : JSON.stringify(JSON.parse(stdout))}`);
  if (status !== 0) throw new Error(`${type} ended with status ${status}`);
  return stdout === "" ? undefined : JSON.parse(stdout);
}

/** The namespace's links but its loopback, each by its index and name. */
function linksOf(namespace: string): { ifindex: number; ifname: string }[] {
  const links: { ifindex: number; ifname: string }[] = JSON.parse(ip(`-n ${namespace} -j link show`));
  return links.filter(({ ifname }) => ifname !== "lo").map(({ ifindex, ifname }) => ({ ifindex, ifname }));
}

/** `ip -d link` without what is the same for every link. */
function showLink(namespace: string, name: string): void {
  const text = ip(`-n ${namespace} -d link show dev ${name}`)
    .replace(/ (promiscuity|addrgenmode) .*$/gm, "")
    .replace(/ mode DEFAULT group default qlen \d+/, "")
    .replace(/ $/gm, "")
    .replace(/(bond mode (\S+)) .*?(( primary \S+)?) primary_reselect .*$/m, "$1$3 ...");
  say(text.trimEnd());
}

function run(argv: string[], { env = {}, stdin = "" }: { env?: Record<string, string>; stdin?: string } = {}): Ran {
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv, {
    env: { ...process.env, ...env },
    stdin: Buffer.from(stdin),
  });
  return { status: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

function ip(words: string): string {
  const { status, stdout, stderr } = run(["ip", ...words.split(" ")]);
  if (status !== 0) throw new Error(`ip ${words}: ${stderr}`);
  return stdout;
}

function title(text: string): void {
  say(`\n${color ? `\u001b[1m${text}\u001b[0m` : `== ${text}`}`);
}

function dim(text: string): string {
  return color ? `\u001b[2m${text}\u001b[0m` : text;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
