import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { executable, type Namespace, namespace } from "./harness.ts";

const folder = mkdtempSync(`${tmpdir()}/ifacer-reach-`);
const peersFile = `${folder}/peers.yaml`;

/** Six Pods on two wires; `w` bears both addresses of each, but some Pods lack one wire. */
const pods = ["a", "b", "c", "d", "e", "f"] as const;
type Pod = (typeof pods)[number];
const spaces = new Map<Pod, Namespace>();
const wires: Namespace[] = [];

const at = (pod: Pod): Namespace => {
  const ns = spaces.get(pod);
  if (ns === undefined) throw new Error(`there is no ${pod}`);
  return ns;
};
const addressOf = (pod: Pod, wire: 0 | 1) => `${["192.0.2", "198.51.100"][wire]}.${pods.indexOf(pod) + 1}`;

beforeAll(async () => {
  for (const wire of [0, 1] as const) {
    const hub = await namespace();
    wires.push(hub);
    await hub.ip("link add name br0 type bridge mcast_snooping 0");
    await hub.ip("link set dev br0 up");
    for (const pod of pods) {
      const ns = spaces.get(pod) ?? (await namespace());
      spaces.set(pod, ns);
      // d has the first wire only, and nobody is at the other end of e's second one.
      if (pod === "d" && wire === 1) continue;
      await hub.ip(`link add name ${pod} type veth peer name net${wire + 1} netns ${ns.name}`);
      await hub.ip(`link set dev ${pod} ${pod === "e" && wire === 1 ? "" : "master br0"} up`);
      await ns.ip(`address add ${addressOf(pod, wire)}/24 dev net${wire + 1}`);
      await ns.ip(`link set dev net${wire + 1} up`);
      // By way of it the kernel tells a socket that nobody has an address.
      await ns.ip("link set dev lo up");
    }
  }
  for (const ns of spaces.values()) {
    const links = () => ns.json("link show");
    while ((await links()).some(({ ifname, operstate }) => ifname !== "lo" && operstate !== "UP")) await Bun.sleep(50);
  }
  const peers = pods.map((pod) => ({ name: `worker-${pod}`, addresses: [addressOf(pod, 0), addressOf(pod, 1)] }));
  writeFileSync(peersFile, JSON.stringify(peers));
  // f is there and does not listen; c and e may not be asked to test others.
  for (const pod of ["a", "b", "d"] as const) await listen(at(pod), ["--peers", peersFile]);
  for (const pod of ["c", "e"] as const) await listen(at(pod), []);
}, 240_000);

afterAll(async () => {
  for (const ns of [...spaces.values(), ...wires]) await ns[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Starts a listener, which ends with its namespace. */
async function listen(ns: Namespace, words: string[], start: string[] = []): Promise<number> {
  const argv = ["ip", "netns", "exec", ns.name, ...start, executable, "reach", "--listen", ...words];
  const listener = Bun.spawn(argv, { stdout: "ignore", stderr: "pipe" });
  listener.unref();
  const { value } = await listener.stderr.getReader().read();
  expect(new TextDecoder().decode(value)).toContain("ifacer: listening on");
  return listener.pid;
}

async function reach(ns: Namespace, words: string, stdin = "") {
  return await ns.run([executable, "reach", ...words.split(" ")], { stdin });
}

async function reachJSON(ns: Namespace, words: string, stdin = "") {
  const { status, stdout, stderr } = await reach(ns, `${words} -o json`, stdin);
  if (stdout === "") throw new Error(stderr);
  return { status, ...JSON.parse(stdout) };
}

/** What stands in the table for each peer. */
function summarize(
  rows: { to: string; addresses: { connected: boolean; reason: string | null; interface: string }[] }[],
) {
  return Object.fromEntries(
    rows.map(({ to, addresses }) => [
      to,
      addresses.map(({ connected, reason, interface: name }) => (connected ? name : reason)).join(" "),
    ]),
  );
}

describe("from one of them", () => {
  test("each address is reached by way of its interface, or the reason is told", async () => {
    const found = await reachJSON(at("a"), `--to ${peersFile} --seconds 0.2 --parallel 6`);
    expect(summarize(found.rows)).toEqual({
      "worker-b": "net1 net2",
      "worker-c": "net1 net2",
      "worker-d": "net1 no route",
      "worker-e": "net1 no route",
      "worker-f": "refused refused",
    });
    expect(found).toMatchObject({ status: 1, good: false, connected: 6, total: 10 });
    for (const { from, addresses } of found.rows) {
      expect(from).toBe("worker-a");
      for (const { connected, bitsPerSecond } of addresses) expect(bitsPerSecond > 0).toBe(connected);
    }
  });

  test("as text a line for each peer and the sum, and before how much it will be", async () => {
    const { status, stdout, stderr } = await reach(at("a"), `--to ${peersFile} --seconds 0.2 --parallel 6`);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^worker-a {2}worker-b {2}2\/2 +\[192\.0\.2\.2 198\.51\.100\.2\] +\[\d+\.\d\d [GMk]bit\/s {2}\d+\.\d\d [GMk]bit\/s\]$/m,
    );
    expect(stdout).toMatch(/^worker-a {2}worker-f {2}0\/2 +\[192\.0\.2\.6 198\.51\.100\.6\] +\[refused {2}refused\]$/m);
    expect(stdout).toEndWith("\n6 of 10 addresses are connected\n");
    expect(stderr).toStartWith(
      "ifacer: this sends as much as the network takes for 0.2 s to an address, 10 times, 5 at once",
    );
  });

  test("an interface that is in no wire's network reaches nobody, whatever routes there are", async () => {
    const found = await reachJSON(at("d"), `--to ${peersFile} --seconds 0`);
    expect(summarize(found.rows)["worker-b"]).toBe("net1 no route");
  });

  test("what is filtered is a timeout", async () => {
    await at("c").run(["ip", "route", "add", "blackhole", "192.0.2.1/32"]);
    const peers = JSON.stringify([{ name: "worker-c", addresses: [addressOf("c", 0)] }]);
    const found = await reachJSON(at("a"), "--to - --seconds 0", peers);
    await at("c").run(["ip", "route", "delete", "blackhole", "192.0.2.1/32"]);
    expect(summarize(found.rows)).toEqual({ "worker-c": "timeout" });
  });

  test("all connected is exit status 0; peers come out of what kubectl prints", async () => {
    const network = (name: string, ip: string, extra = {}) => ({ name, interface: name, ips: [ip], ...extra });
    const pod = (name: string, networks: object[]) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, annotations: { "k8s.v1.cni.cncf.io/network-status": JSON.stringify(networks) } },
    });
    const items = [
      pod("reach-1", [network("eth0", "203.0.113.9", { default: true }), network("net1", addressOf("a", 0))]),
      pod("reach-2", [network("eth0", "203.0.113.8", { default: true }), network("net1", addressOf("b", 0))]),
    ];
    const list = (pods: object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items: pods });
    const found = await reachJSON(at("a"), "--to - --seconds 0", list(items));
    expect(found).toEqual({
      status: 0,
      version: 1,
      good: true,
      connected: 1,
      total: 1,
      rows: [
        {
          from: "reach-1",
          to: "reach-2",
          addresses: [{ address: "192.0.2.2", interface: "net1", connected: true, bitsPerSecond: null, reason: null }],
          reason: null,
        },
      ],
    });
    const pending = { apiVersion: "v1", kind: "Pod", metadata: { name: "reach-3" }, status: { phase: "Pending" } };
    const more = await reachJSON(at("a"), "--to - --seconds 0", list([...items, pending]));
    expect(more).toMatchObject({ status: 1, good: false, connected: 1, total: 1 });
    expect(more.rows[1]).toMatchObject({ to: "reach-3", addresses: [], reason: "has no address, phase Pending" });
  });

  test("a second peer with an address of this one is not left out", async () => {
    const peers = ["one", "two"].map((name) => ({ name, addresses: [addressOf("a", 0)] }));
    const found = await reachJSON(at("a"), "--to - --seconds 0", JSON.stringify(peers));
    expect(found.status).toBe(1);
    expect(summarize(found.rows)).toEqual({ two: "is an address of one too" });
  });

  test("who tests nothing is not told that all is good", async () => {
    const peers = JSON.stringify([{ name: "one", addresses: [addressOf("a", 0)] }]);
    const { status, stdout } = await reach(at("a"), "--to - --seconds 0", peers);
    expect(status).toBe(1);
    expect(stdout).toEndWith("\nnothing was tested: the list has no peer but this one\n");
  });

  test("two peers of one name are refused", async () => {
    const peers = JSON.stringify(["b", "c"].map((pod) => ({ name: "one", addresses: [addressOf(pod as Pod, 0)] })));
    const { status, stderr } = await reach(at("a"), "--matrix --to -", peers);
    expect(status).toBe(1);
    expect(stderr).toContain("two peers are named one: give each a name of its own");
  });
});

test("--matrix: every listener with peers tests all others, the rest says why not", async () => {
  const found = await reachJSON(at("a"), `--matrix --to ${peersFile} --seconds 0 --parallel 6`);
  expect(found.rows).toHaveLength(30);
  const from = (name: string) => summarize(found.rows.filter((row: { from: string }) => row.from === `worker-${name}`));
  expect(from("b")).toEqual({
    "worker-a": "net1 net2",
    "worker-c": "net1 net2",
    "worker-d": "net1 no route",
    "worker-e": "net1 no route",
    "worker-f": "refused refused",
  });
  expect(from("c")["worker-a"]).toBe("not asked: was started without --peers not asked: was started without --peers");
  expect(from("f")["worker-a"]).toBe("not asked: refused not asked: refused");
  expect(found.status).toBe(1);
}, 240_000);

test("--mermaid draws who reaches whom", async () => {
  const { stdout } = await reach(at("a"), `--to ${peersFile} --seconds 0 --parallel 6 --mermaid`);
  expect(stdout).toBe(
    [
      "flowchart LR",
      ...["a", "b", "c", "d", "e", "f"].map((pod, index) => `  n${index}["worker-${pod}"]`),
      '  n0 -->|"2/2"| n1',
      '  n0 -->|"2/2"| n2',
      '  n0 -.->|"1/2"| n3',
      '  n0 -.->|"1/2"| n4',
      '  n0 -.->|"0/2"| n5',
      "  linkStyle 2,3,4 stroke:red",
      "",
    ].join("\n"),
  );
});

describe("a listener", () => {
  test("that gets 10,000 connections of garbage, and slow senders beside, goes on answering and stays small", async () => {
    const pid = await listen(at("c"), ["192.0.2.3", "--port", "5300"]);
    const attack = `
      const start = process.memoryUsage;
      let said = 0;
      const handlers = { data(_, bytes) { said += bytes.length; }, open() {}, error() {}, close() {}, connectError() {} };
      const connect = async (text) => {
        const socket = await Bun.connect({ hostname: "192.0.2.3", port: 5300, socket: handlers }).catch(() => undefined);
        if (text) socket?.write(text);
        return socket;
      };
      // Slow ones, which begin well and never end.
      const slow = [];
      for (let count = 0; count < 1500; count++) slow.push(await connect("ifacer-re"));
      const garbage = ["GET / HTTP/1.1\\r\\n\\r\\n", "\\0".repeat(5000), "ifacer-reach/1 test 999\\n", "ifacer-reach/2 test 1\\n", "x"];
      for (let count = 0; count < 10000; count++) {
        const socket = await connect(garbage[count % garbage.length]);
        if (count % 3 === 0) socket?.terminate();
      }
      await Bun.sleep(200);
      console.log(said);
      process.exit(0);`;
    const attacker = at("a").run([process.execPath, "-e", attack]);
    const peers = JSON.stringify([{ name: "worker-c", addresses: ["192.0.2.3"] }]);
    const during = await reachJSON(at("b"), "--to - --port 5300 --seconds 0", peers);
    expect(during.status).toBe(0);
    const { stdout, stderr } = await attacker;
    expect([stdout, stderr]).toEqual(["0\n", ""]);
    expect((await reachJSON(at("b"), "--to - --port 5300 --seconds 0", peers)).status).toBe(0);
    const memory = Number(/VmRSS:\s*(\d+)/.exec(await Bun.file(`/proc/${pid}/status`).text())?.[1]);
    expect(memory).toBeLessThan(200 * 1024);
    // The slow ones are gone by themselves.
    for (let tries = 100; tries > 0 && (await countConnections(at("c"), 5300)) > 0; tries--) await Bun.sleep(100);
    expect(await countConnections(at("c"), 5300)).toBe(0);
  }, 300_000);

  test.each(["TERM", "INT"])("that is the first process of its namespace ends by SIG%s", async (signal) => {
    const words = ["unshare", "--pid", "--fork", "--kill-child", executable, "reach", "--listen", "127.0.0.1"];
    const outer = Bun.spawn([...words, "--port", "5302"], { stdout: "ignore", stderr: "pipe" });
    await outer.stderr.getReader().read();
    const children = await Bun.file(`/proc/${outer.pid}/task/${outer.pid}/children`).text();
    Bun.spawnSync(["kill", `-${signal}`, children.trim()]);
    expect(await outer.exited).toBe(0);
  });

  test("needs no rights", async () => {
    const nobody = [
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "--no-new-privs",
      "--bounding-set=-all",
    ];
    await listen(at("c"), ["192.0.2.3", "--port", "5301"], nobody);
    const peers = JSON.stringify([{ name: "worker-c", addresses: ["192.0.2.3"] }]);
    expect((await reachJSON(at("b"), "--to - --port 5301 --seconds 0.1", peers)).status).toBe(0);
  });

  test("sends a line for a test and a line for its end, whatever it gets", async () => {
    const script = `
      let text = "";
      await new Promise((resolve) => Bun.connect({ hostname: "192.0.2.2", port: 5202, socket: {
        open(socket) { socket.write("ifacer-reach/1 test 0.3\\nifacer-reach/1 test 60\\n" + "x".repeat(100000)); },
        data(_, bytes) { text += bytes; if (text.includes("done")) setTimeout(resolve, 300); },
        close: resolve,
      } }));
      console.log(JSON.stringify(text));
      process.exit(0);`;
    const { stdout, stderr } = await at("a").run([process.execPath, "-e", script]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatch(/^ok\ndone \d+ \d+\n$/);
  });
});

/** The TCP connections that a listener has open on a port. */
async function countConnections(ns: Namespace, port: number): Promise<number> {
  const { stdout } = await ns.run(["cat", "/proc/net/tcp"]);
  const local = `:${port.toString(16).toUpperCase()}`;
  return stdout.split("\n").filter((line) => {
    const [, address = "", , state] = line.trim().split(/\s+/);
    return address.endsWith(local) && state === "01";
  }).length;
}

test.each([
  ["", "say --listen to answer others, or --to to connect to them"],
  ["--listen nonsense", '--listen "nonsense" is no address'],
  ["--listen --matrix", "--matrix is for --to, not for --listen"],
  ["--to x --peers y", "--peers is for --listen: --to names the peers here"],
  ["--to x --mermaid -o json", "--mermaid is another form than --output json"],
  ["--to x --seconds 0.1234", '--seconds is "0.1234", allowed are three decimals'],
  ["--to x --seconds 61", '--seconds is "61", allowed is a number from 0 to 60'],
  ["--to x --matrix --seconds 11", '--seconds is "11", allowed is a number from 0 to 10'],
])("reach %s is wrong usage", async (words, message) => {
  const ended = await at("a").run([executable, "reach", ...words.split(" ").filter((word) => word !== "")]);
  expect([ended.status, ended.stderr]).toEqual([2, `ifacer: ${message}; see 'ifacer reach --help'\n`]);
});
