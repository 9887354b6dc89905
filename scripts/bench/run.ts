/**
 * Measures how long calls of dist/ifacer take, whole processes, in turn with what can't be undercut: an empty executable
 * built the same way, and the same `ip` run by hand. In a network namespace of its own, natively, as root.
 *
 * The last row is `ifacer fleet` over the answers of a made-up cluster. Prints a table and writes dist/bench.json. BENCH_RUNS (101) is how often each command is run, BENCH_LINKS (10,1000,5000) among
 * how many links, BENCH_PEER the path of another CNI plugin to measure in turn. What needs bonding and 8021q is measured where
 * the kernel has them.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { writeFleet } from "./fleet.ts";
import { fillTo, ip, path, recordIp, tryIp } from "./ip.ts";
import { makeNotes, noteCases } from "./notes.ts";
import { startPod } from "./pod.ts";
import { type Command, type Measured, measurePeak, prepare } from "./process.ts";
import { fleetCase, fleetNodes, peerVerbs, type Result, report, selectCase } from "./report.ts";

/** One line of the table: a command and, where it changes something, what takes that back. Neither is in the time. */
interface Case {
  readonly name: string;
  readonly command: Command;
  readonly reset?: () => void;
}

const root = join(import.meta.dir, "../..");
const built = { ifacer: join(root, "dist/ifacer"), empty: join(root, ".cache/bench/empty") };
const peer = process.env["BENCH_PEER"];
const runs = Number(process.env["BENCH_RUNS"] ?? 101);
const amounts = (process.env["BENCH_LINKS"] ?? "10,1000,5000").split(",").map(Number);
const missing = "nosuchnic";

if (process.env["BENCH_NAMESPACE"] === undefined) {
  buildEmpty();
  const argv = ["unshare", "--net", process.execPath, import.meta.path];
  const { exitCode } = Bun.spawnSync(argv, {
    env: { ...process.env, BENCH_NAMESPACE: "own" },
    stdio: ["ignore", 1, 2],
  });
  process.exit(exitCode);
}

const scratch = mkdtempSync(join(tmpdir(), "bench-"));
const [ifacer, empty] = [join(scratch, "ifacer"), join(scratch, "empty")];
try {
  refresh();
  const results = amounts.toSorted((a, b) => a - b).flatMap(measureAmong);
  results.push(...measureNotes(Math.max(...amounts)));
  results.push(...measureRoutes(Math.max(...amounts)));
  if (canMake()) {
    results.push(...measureAll(changingCases(), Math.max(...amounts), { runs }));
    results.push(...measureInPod(Math.max(...amounts)));
  } else process.stdout.write("this kernel has no bonding or 8021q: what makes links is not measured\n");
  results.push(...measureFleet());
  report(results, { runs, peer });
} finally {
  makeNotes([], { network: "" }).end();
  rmSync(scratch, { recursive: true });
}

/**
 * How a file came into the kernel's memory makes a fifth of an executable's start: fresh copies of both came the same way, and
 * copies made anew from time to time don't leave it to one copy's luck.
 */
function refresh(): void {
  for (const [from, to] of [
    [built.ifacer, ifacer],
    [built.empty, empty],
  ] as const) {
    rmSync(to, { force: true });
    copyFileSync(from, to);
  }
}

/** What each executable made by bun costs, whatever is in it. */
function buildEmpty(): void {
  mkdirSync(join(root, ".cache/bench"), { recursive: true });
  const source = `${built.empty}.ts`;
  writeFileSync(source, "export {};\n");
  const { exitCode } = Bun.spawnSync([process.execPath, "scripts/build.ts", source, built.empty], { cwd: root });
  if (exitCode !== 0) throw new Error("the empty executable could not be built");
}

/** Everything that needs no NIC, with that many links in the namespace. */
function measureAmong(links: number): Result[] {
  const kind = fillTo(links);
  const config = { cniVersion: "1.1.0", name: "net", type: "ifacer", interfaces: [missing], vlanID: 100 };
  const look = recordIp(call("ADD", config), scratch).at(0);
  if (look === undefined) throw new Error("ADD did not ask 'ip'");
  const cases: Case[] = [
    { name: "empty executable", command: { argv: [empty], env: {}, stdin: "/dev/null" } },
    { name: "ip by hand", command: look },
    { name: "VERSION", command: { argv: [ifacer], env: { CNI_COMMAND: "VERSION" }, stdin: "/dev/null" } },
    { name: "DEL", command: call("DEL", config) },
    { name: "ADD, no such NIC", command: call("ADD", config) },
    { name: "STATUS, no such NIC", command: call("STATUS", config) },
  ];
  const chosen = kind === "dummy" ? undefined : chooseCase();
  if (chosen) cases.push(chosen);
  if (peer !== undefined) {
    const other = { ...config, cniVersion: "1.0.0", type: basename(peer), master: missing, ipam: {} };
    for (const verb of Object.keys(peerVerbs)) {
      cases.push({ name: `${basename(peer)} ${verb}`, command: call(verb, other, peer) });
    }
  }
  return measureAll(cases, links, { runs });
}

/** ADD that chooses two NICs by rule and finds a VLAN on a bond of them in place; `undefined`: this kernel can't make these. */
function chooseCase(): Case | undefined {
  tryIp(["link add name sel0 type dummy"]);
  tryIp(["link add name sel1 type dummy"]);
  const select = { names: ["sel*"], count: 2 };
  const bond = { name: "selbond", mode: 1 };
  const command = call("ADD", { cniVersion: "1.1.0", name: "net", type: "ifacer", select, vlanID: 500, bond });
  return prepare(command)().status === 0 ? { name: selectCase, command } : undefined;
}

/** `ifacer fleet` over the answers of as many nodes as it is promised for. Each run takes a second: a few will do. */
function measureFleet(): Result[] {
  const answers = join(scratch, "answers.log");
  writeFleet(answers, { nodes: fleetNodes });
  const command: Command = { argv: [ifacer, "fleet"], env: {}, stdin: answers };
  return measureAll([{ name: fleetCase, command }], 0, { runs: Math.min(runs, 5) });
}

/** Calls of configs with `removeUnused` among the notes of many Pods. */
function measureNotes(links: number): Result[] {
  const config = { cniVersion: "1.1.0", name: "net", type: "ifacer", interfaces: [missing], vlanID: 100 };
  const noted = { ...config, removeUnused: true };
  const notes = makeNotes([missing, `${missing}.100`], { network: config.name });
  try {
    const reset = notes.write;
    return measureAll(
      [
        { name: noteCases.del, command: call("DEL", noted), reset },
        { name: noteCases.keyless, command: call("DEL", { ...config, name: "other" }) },
        { name: noteCases.add, command: call("ADD", noted), reset },
      ],
      links,
      { runs },
    );
  } finally {
    notes.end();
  }
}

/** The look before a bond is made, by a command that makes none, on a node that speaks BGP; nothing of it is cheaper than `ip`. */
function measureRoutes(links: number): Result[] {
  const routes = Array.from({ length: 20_000 }, (_, index) => `198.18.${index >> 8}.${index & 255}/32`);
  ip([
    ...["tap0", "tap1", "tap2"].flatMap((tap) => [`tuntap add dev ${tap} mode tap`, `link set dev ${tap} up`]),
    "address add 192.0.2.1/24 dev tap2",
    ...routes.map((route) => `route add ${route} via 192.0.2.2 dev tap2`),
  ]);
  const lines = join(scratch, "routes");
  writeFileSync(lines, "route show table all\n");
  const config = join(scratch, "routes.json");
  const bond = { name: "bbond", mode: 1 };
  writeFileSync(
    config,
    JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "ifacer", interfaces: ["tap0", "tap1"], bond }),
  );
  const found = measureAll(
    [
      {
        name: "ip, 20000 routes",
        command: { argv: [Bun.which("ip", { PATH: path }) ?? "", "-d", "-j", "-batch", "-"], env: {}, stdin: lines },
      },
      {
        name: "plan of a bond, 20000 routes",
        command: { argv: [ifacer, "plan", "--file", config], env: { PATH: path }, stdin: "/dev/null" },
      },
    ],
    links,
    { runs },
  );
  ip(["link delete dev tap2"]);
  return found;
}

function call(verb: string, config: object, plugin = ifacer, pod = "/proc/1/ns/net"): Command {
  const stdin = join(scratch, `${Bun.hash(JSON.stringify(config))}.json`);
  writeFileSync(stdin, JSON.stringify(config));
  const env = {
    PATH: path,
    CNI_COMMAND: verb,
    CNI_CONTAINERID: "pod1",
    // For ADD the namespace that this one was made from: it is there and another one. A Pod that is deleted may have none.
    CNI_NETNS: verb === "DEL" ? "" : pod,
    CNI_IFNAME: "net1",
    CNI_PATH: "/usr/lib/cni",
  };
  return { argv: [plugin], env, stdin };
}

/** Whether a bond and a VLAN can be made here; makes the NICs for them. */
function canMake(): boolean {
  ip(["link add name bench0 type veth peer name bench1"]);
  const { exitCode } = tryIp([
    // What a bond may have as its slaves.
    "link add name bench2 type dummy",
    "link add name bench4 type dummy",
    "link add name b type bond",
    "link add link b name v type vlan id 2",
    "link delete dev b",
  ]);
  return exitCode === 0;
}

/** ADD in place, ADD that makes a VLAN, ADD that makes a bond and a VLAN, and what they change by one `ip -batch`. */
function changingCases(): Case[] {
  const common = { cniVersion: "1.1.0", name: "net", type: "ifacer" };
  const vlan = call("ADD", { ...common, interfaces: ["bench0"], vlanID: 100 });
  const bond = call("ADD", {
    ...common,
    interfaces: ["bench2", "bench4"],
    vlanID: 200,
    bond: { name: "bbond", mode: 1 },
  });
  const inPlace = call("ADD", { ...common, interfaces: ["bench1"], vlanID: 300 });
  const noted = call("ADD", { ...common, interfaces: ["bench1"], vlanID: 300, removeUnused: true });
  const dropVlan = () => void tryIp(["link delete dev bench0.100"]);
  const dropBond = () => void tryIp(["link delete dev bbond"]);
  const changes = (command: Command, reset: () => void): Command => {
    reset();
    const written = recordIp(command, scratch).find(({ argv }) => !argv.includes("-json"));
    if (written === undefined) throw new Error(`nothing was changed by ${readFileSync(command.stdin, "utf8")}`);
    return written;
  };
  const [vlanLines, bondLines] = [changes(vlan, dropVlan), changes(bond, dropBond)];
  dropBond();
  const look = recordIp(inPlace, scratch).at(-1);
  if (look === undefined) throw new Error("ADD did not ask 'ip'");
  return [
    { name: "empty executable", command: { argv: [empty], env: {}, stdin: "/dev/null" } },
    { name: "ip by hand, in place", command: look },
    { name: "ADD, in place", command: inPlace },
    { name: "ADD, in place, noted", command: noted },
    { name: "ip -batch, VLAN", command: vlanLines, reset: dropVlan },
    { name: "ADD, VLAN", command: vlan, reset: dropVlan },
    { name: "ip -batch, bond and VLAN", command: bondLines, reset: dropBond },
    { name: "ADD, bond and VLAN", command: bond, reset: dropBond },
  ];
}

/** ADD that makes a VLAN with an address in a Pod, and the same by the reference plugin, where that is there. */
function measureInPod(links: number): Result[] {
  const pod = startPod("bench1");
  try {
    const ipam = { type: "static", addresses: [{ address: "192.0.2.10/24" }] };
    const config = { cniVersion: "1.0.0", name: "net", linkInContainer: true, master: "eth0", vlanId: 400, ipam };
    const add = (type: string, plugin: string) => call("ADD", { ...config, type }, plugin, pod.netns);
    const reset = () => pod.remove("net1");
    const cases: Case[] = [{ name: "ADD in a Pod, VLAN and address", command: add("ifacer", ifacer), reset }];
    // Older builds know no linkInContainer.
    const reference = add("vlan", join(root, ".cache/plugins/vlan"));
    if (prepare(reference)().status === 0) cases.push({ name: "the same by vlan", command: reference, reset });
    return measureAll(cases, links, { runs });
  } finally {
    pod.end();
  }
}

/** Runs all cases in turn, each time beginning with another one, so that what else the machine does hits them alike. */
function measureAll(cases: readonly Case[], links: number, { runs }: { runs: number }): Result[] {
  const starts = cases.map(({ command }) => prepare(command));
  const measured: Measured[][] = cases.map(() => []);
  const [warmUps, runsOfCopy] = [3, 20];
  for (let run = 0; run < runs; ) {
    refresh();
    for (let warm = -warmUps; warm < runsOfCopy && run < runs; warm++) {
      for (let turn = 0; turn < cases.length; turn++) {
        const index = (turn + run) % cases.length;
        cases[index]?.reset?.();
        const once = starts[index]?.();
        if (once && warm >= 0) measured[index]?.push(once);
      }
      if (warm >= 0) run++;
    }
  }
  return cases.map(({ name, command, reset }, index) => {
    const all = measured[index] ?? [];
    const peaks = Array.from({ length: 5 }, () => {
      reset?.();
      return measurePeak(command);
    });
    return {
      name,
      links,
      wall: median(all.map(({ wall }) => wall)),
      cpu: median(all.map(({ cpu }) => cpu)),
      peak: Math.max(...peaks) / 1024,
      status: all.at(-1)?.status ?? -1,
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
