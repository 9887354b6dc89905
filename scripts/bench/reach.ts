/**
 * reach.ts: how much `ifacer reach` gets through a veth between two network namespaces with one stream, beside iperf3, in turn.
 *
 * Prints both medians and exits 1 where ifacer's is less than 0.8 of iperf3's. BENCH_TURNS (5) is how often each is run.
 */
import { join } from "node:path";

const ifacer = join(import.meta.dir, "../../dist/ifacer");
const turns = Number(process.env["BENCH_TURNS"] ?? 5);
const seconds = 2;
const [one, two] = [`reach-${process.pid}-1`, `reach-${process.pid}-2`];
const least = 0.8;

try {
  for (const line of [
    `netns add ${one}`,
    `netns add ${two}`,
    `-n ${one} link add name net1 type veth peer name net1 netns ${two}`,
    `-n ${one} address add 192.0.2.1/24 dev net1`,
    `-n ${two} address add 192.0.2.2/24 dev net1`,
    `-n ${one} link set dev net1 up`,
    `-n ${two} link set dev net1 up`,
  ]) {
    run(["ip", ...line.split(" ")]);
  }
  // The kernel says by and by that a link is up.
  while (!run(["ip", "-n", one, "link", "show", "dev", "net1"]).includes("state UP")) Bun.sleepSync(50);
  const listeners = [start(two, [ifacer, "reach", "--listen", "192.0.2.2"]), start(two, ["iperf3", "--server"])];
  await Bun.sleep(1000);
  const results = { ifacer: [] as number[], iperf3: [] as number[] };
  for (let turn = 0; turn < turns; turn++) {
    results.ifacer.push(runReach());
    results.iperf3.push(runIperf());
  }
  for (const listener of listeners) listener.kill();
  const [ours, theirs] = [median(results.ifacer), median(results.iperf3)];
  const ratio = ours / theirs;
  const show = (bits: number) => `${(bits / 1e9).toFixed(2)} Gbit/s`;
  process.stdout.write(
    `one stream between two namespaces, medians of ${turns}: ifacer reach ${show(ours)}, iperf3 ${show(theirs)}\n` +
      `${ratio >= least ? "kept  " : "BROKEN"}  ifacer reach / iperf3: ${ratio.toFixed(2)}, at least ${least}\n`,
  );
  process.exitCode = ratio >= least ? 0 : 1;
} finally {
  for (const name of [one, two]) Bun.spawnSync(["ip", "netns", "delete", name]);
}

function start(namespace: string, argv: readonly string[]) {
  return Bun.spawn(["ip", "netns", "exec", namespace, ...argv], { stdio: ["ignore", "ignore", "ignore"] });
}

function run(argv: readonly string[], stdin = ""): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { stdin: Buffer.from(stdin) });
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${stderr}${stdout}`);
  return stdout.toString();
}

function runReach(): number {
  const peers = JSON.stringify([{ name: "two", addresses: ["192.0.2.2"] }]);
  const words = ["reach", "--to", "-", "--seconds", String(seconds), "-o", "json"];
  return JSON.parse(run(["ip", "netns", "exec", one, ifacer, ...words], peers)).rows[0].addresses[0].bitsPerSecond;
}

function runIperf(): number {
  const words = ["--client", "192.0.2.2", "--time", String(seconds), "--json"];
  return JSON.parse(run(["ip", "netns", "exec", one, "iperf3", ...words])).end.sum_received.bits_per_second;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
