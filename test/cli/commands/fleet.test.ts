import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { executable } from "../../kernel/harness.ts";
import { ifacer } from "../executable.ts";

const folder = mkdtempSync(`${tmpdir()}/ifacer-fleet-`);
afterAll(() => rmSync(folder, { recursive: true }));

const change = { message: "bond0 is down" };
const conflict = { reason: "inTheWay", link: "ens160", message: "ens160 has the address 192.0.2.9/24: move it" };
const missing = { reason: "missing", link: "ens160", message: "the interface ens160 is not on this node" };

const plan = (entry: object = {}) => ({
  version: 1,
  command: "plan",
  possible: !("conflicts" in entry),
  entries: [entry],
});
const status = (...links: object[]) => ({ version: 1, command: "status", links });
const vlan = (mtu: number, parent = "bond0") => ({
  name: "bond0.100",
  kind: "vlan",
  mtu,
  parent,
  vlan: { id: 100, protocol: "802.1Q" },
});
const named = (node: string, document: object) => JSON.stringify({ ...document, node });
const prefixed = (pod: string, text: string) => `[pod/ifacer-preflight-${pod}/preflight] ${text}`;

/** A cluster as the documents show it: most nodes are well. */
const cluster = Array.from({ length: 60 }, (_, index): string[] => {
  const node = `worker-${index + 1}`;
  const say = (...documents: object[]) => documents.map((document) => prefixed(`x${index}`, named(node, document)));
  const error = { code: 102, message: "there is no 'ip' on this node: install the package iproute2" };
  switch (index + 1) {
    case 3:
      return say(...["plan", "status"].map((command) => ({ version: 1, command, error })));
    case 9:
      return [prefixed("x8", "exec /usr/local/bin/ifacer: exec format error")];
    case 17:
    case 18:
      return say(
        plan({ conflicts: [missing] }),
        status({ name: "enp1s0", kind: "nic" }, { name: "enp2s0", kind: "nic" }),
      );
    case 44:
      return say(plan({ conflicts: [conflict] }), status(vlan(9000)));
    case 5:
    case 6:
      return say(plan(), status(vlan(1500)));
    case 7:
      return say(plan(), status(vlan(9000, "ens224")));
    case 12:
      return say(
        plan(),
        status(vlan(9000), {
          name: "bond0",
          kind: "bond",
          problems: ["bond0 has one slave that works: nothing takes over if it fails"],
        }),
      );
    default:
      return say(plan(index < 20 ? { changes: [change, change, { message: "x" }] } : {}), status(vlan(9000)));
  }
}).flat();

test("all nodes at one look", async () => {
  const { status, stdout, stderr } = await ifacer(["fleet"], { stdin: cluster.join("\n") });
  expect([status, stderr]).toEqual([1, ""]);
  expect(stdout).toMatchSnapshot();
});

test("the same as tables, and with every name", async () => {
  const { stdout } = await ifacer(["fleet", "--markdown", "--all"], { stdin: cluster.join("\n") });
  expect(stdout).toMatchSnapshot();
});

test("the same for programs", async () => {
  const { stdout } = await ifacer(["fleet", "-o", "json"], { stdin: cluster.join("\n") });
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    good: false,
    nodes: 60,
    groups: [
      { outcome: "inPlace" },
      { outcome: "changes", changes: ["bond0 is down", "x"] },
      {
        outcome: "fails",
        reasons: [{ nodes: ["worker-17", "worker-18"], nics: ["enp1s0", "enp2s0"] }, { example: conflict.message }],
      },
      {
        outcome: "silent",
        nodes: ["pod ifacer-preflight-x8", "worker-3"],
        reasons: [{ nodes: ["pod ifacer-preflight-x8"] }, { code: 102 }],
      },
    ],
    odd: [
      { subjects: ["bond0.100"], property: "MTU", others: [{ value: "1500", nodes: ["worker-5", "worker-6"] }] },
      {},
    ],
    unused: [{ fault: "foreign", count: 1 }],
  });
});

describe("where answers come from", () => {
  test("a folder with a file for each node, in lines or documents, whoever they say they are", async () => {
    const place = `${folder}/answers`;
    mkdirSync(place);
    writeFileSync(
      `${place}/a.json`,
      `${JSON.stringify(plan(), null, 2)}\n${JSON.stringify(status(vlan(9000)), null, 2)}\n`,
    );
    writeFileSync(`${place}/b.example.org`, `${named("other", plan())}\n${named("other", status(vlan(9000)))}`);
    writeFileSync(`${place}/c`, "");
    const cut = JSON.stringify(plan(), null, 2).slice(0, -1);
    writeFileSync(`${place}/e`, `${cut}${JSON.stringify(status(vlan(9000)), null, 2)}\n`);
    writeFileSync(`${place}/d.log`, "sh: ifacer: not found\n");
    const { status: exit, stdout } = await ifacer(["fleet", "-f", place, "-o", "json"]);
    expect([exit, JSON.parse(stdout)]).toMatchObject([
      1,
      {
        groups: [
          {
            outcome: "silent",
            reasons: [
              { nodes: ["c"], message: "no line" },
              { nodes: ["d"], message: 'no line, but "sh: ifacer: not found"' },
              { nodes: ["e"], message: expect.stringMatching(/^no line of plan, but ".*version/) },
            ],
          },
          { outcome: "inPlace", nodes: ["a", "b.example.org"] },
        ],
      },
    ]);
  });

  test("several files, and the nodes that there should be", async () => {
    writeFileSync(`${folder}/one`, `${named("a", plan())}\n`);
    writeFileSync(`${folder}/nodes`, "node/a\nnode/b\n\n");
    const words = ["fleet", "-f", `${folder}/one`, "-f", "-", "--nodes", `${folder}/nodes`];
    expect(await ifacer(words, { stdin: named("c", plan()) })).toEqual({
      status: 1,
      stderr: "",
      stdout:
        "2 nodes: all is in place\n1 node said nothing: b (no line)\nAnswered, and are not in the list of nodes: c\n",
    });
  });

  test("files that are hidden or backups are left out, and named", async () => {
    const place = `${folder}/edited`;
    mkdirSync(place);
    for (const name of ["a.json", ".a.json.swp", "a.json~"]) writeFileSync(`${place}/${name}`, JSON.stringify(plan()));
    const { status: exit, stdout, stderr } = await ifacer(["fleet", "-f", place]);
    expect([exit, stdout]).toEqual([0, "1 node: all is in place\n"]);
    expect(stderr).toBe(
      [".a.json.swp", "a.json~"]
        .map((name) => `ifacer: ${place}/${name} is left out: it is hidden or a backup, no node's answers\n`)
        .join(""),
    );
  });

  test("the list of nodes as kubectl prints it for people", async () => {
    writeFileSync(`${folder}/table`, "NAME   STATUS   ROLES   AGE   VERSION\na      Ready    <none>  1d    v1.34.0\n");
    const { status: exit, stdout } = await ifacer(["fleet", "--nodes", `${folder}/table`], {
      stdin: named("a", plan()),
    });
    expect([exit, stdout]).toEqual([0, "1 node: all is in place\n"]);
  });

  test("standard input is read once", async () => {
    const { status: exit, stderr } = await ifacer(["fleet", "-f", "-", "-f", "-"]);
    expect([exit, stderr]).toEqual([2, expect.stringContaining("-f - is given twice: ")]);
  });

  test("lines of a megabyte, the last one without its end", async () => {
    const long = ["a", "b"].map((node) => named(node, plan({ padding: "ä".repeat(500_000) })));
    const { status: exit, stdout } = await ifacer(["fleet"], { stdin: `${long[0]}\n\n${long[1]}` });
    expect([exit, stdout]).toEqual([0, "2 nodes: all is in place\n"]);
  });

  test("what 'plan --node' says, also where it fails", async () => {
    writeFileSync(`${folder}/net.json`, '{"type":"ifacer","interfaces":[]}');
    const said = await ifacer(["plan", "-f", `${folder}/net.json`, "--node", "a"]);
    const failed = await ifacer(["plan", "-f", `${folder}/none.json`, "--node", "b"]);
    for (const { status, stdout, stderr } of [said, failed]) {
      expect([status, stderr, stdout.split("\n").length]).toEqual([1, "", 2]);
    }
    expect(said.stdout).toStartWith('{"version":1,"node":"a","command":"plan",');
    const { status: exit, stdout } = await ifacer(["fleet"], { stdin: said.stdout + failed.stdout });
    expect(exit).toBe(1);
    expect(stdout).toMatch(
      /^1 node: ADD would fail\n(?: {8}a {3}.+\n){2}1 node said nothing: b \(can't read the file .*: code 5\)\n$/,
    );
  });

  test.each([
    ["no answer at all", [], "", "no node said anything\n"],
    ["a line without a node", [], JSON.stringify(plan()), /does not say of which node/],
  ])("%s is a no", async (_, words, stdin, text) => {
    const { status: exit, stdout } = await ifacer(["fleet", ...words], { stdin });
    expect(exit).toBe(1);
    expect(stdout).toMatch(text);
  });

  test.each([[[]], [["-f", "-"]]])("standard input is read for one thing only: %j", async (words) => {
    const { status: exit, stderr } = await ifacer(["fleet", "--nodes", "-", ...words]);
    expect(exit).toBe(2);
    expect(stderr).toStartWith(
      "ifacer: --nodes - and the answers both want standard input: name one of them as a file;",
    );
  });

  test.each([
    [["-f", `${folder}/nowhere`], /^ifacer: can't read .*\/nowhere: .*ENOENT.*\n$/],
    [["--nodes", "/dev/null"], /^ifacer: there is no node in \/dev\/null: fill it with 'kubectl get nodes -o name'\n$/],
  ])("%j can't be read", async (words, message) => {
    const { status: exit, stderr } = await ifacer(["fleet", ...words]);
    expect(exit).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe("hostile lines", () => {
  const evil = "a\x1b[31m\x07\x9b2J\u202ecba\u2028\u200b|<b>`@all`";
  const hostile = [
    named(evil, plan({ conflicts: [{ reason: "missing", message: evil }], changes: [{ message: evil }] })),
    named(
      evil,
      status({ name: evil, kind: evil, mtu: evil, problems: [evil], bond: { mode: evil, options: { [evil]: evil } } }),
    ),
    named(`${evil}2`, { version: 1, command: "plan", error: { code: 102, message: evil } }),
    prefixed("x1", `${evil} says what it likes`),
    '{"version":1,"node":"cut","entr',
    `${"[".repeat(100_000)}`,
    `{"version":1,"node":"deep","entries":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    '{"version":1,"node":"__proto__","links":[{"name":"__proto__","bond":{"options":{"__proto__":"x"}}}]}',
    "\u0000\u0001\u001b]0;title\u0007",
    "\xff\xfe",
  ].join("\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not be there
  const obeyed = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e]/;

  test.each([[[]], [["--all"]], [["-o", "json"]], [["--markdown"]]])(
    "nothing of them reaches the terminal raw: %j",
    async (words) => {
      const { status: exit, stdout, stderr } = await ifacer(["fleet", ...words], { stdin: hostile });
      expect([exit, stderr]).toEqual([1, ""]);
      expect(stdout).not.toMatch(obeyed);
      expect(stdout).toContain(words[0] === "-o" ? "\\u202e" : "u202e");
      if (words[0] === "--markdown") expect(stdout).not.toMatch(/[^\\][<`]|@/);
    },
  );

  test("a line of 100 MB is told as such, and costs no memory", async () => {
    const child = Bun.spawn([executable, "fleet"], { stdin: "pipe", stdout: "pipe", stderr: "pipe", env: {} });
    const part = "x".repeat(1 << 20);
    child.stdin.write(`${named("a", plan())}\n[pod/p/c] {"version":1,"node":"b","links":["`);
    for (let count = 0; count < 100; count++) {
      child.stdin.write(part);
      await child.stdin.flush();
    }
    // In KiB, since it became another program (proc_pid_status(5)); all but what the pipe holds is read.
    const peak = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]);
    child.stdin.write(`"]}\n${named("c", plan())}\n`);
    child.stdin.end();
    const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect([exit, stderr]).toEqual([1, ""]);
    expect(stdout).toContain("2 nodes: all is in place\n1 node said nothing: pod p (no line, but ");
    expect(stdout).toContain("1 line was of no use:\n  1 is longer than 4 MiB: line 2 of standard input, ");
    expect(peak).toBeLessThan(150 * 1024);
  });
});

test("10,000 nodes that each have ten NICs of their own fit into 300 MiB, and are compared", () => {
  const answers = `${folder}/large.jsonl`;
  const fd = openSync(answers, "w");
  for (let node = 0; node < 10_000; node++) {
    const own = Array.from({ length: 10 }, (_, at) => ({
      name: `enx${node}-${at}`,
      kind: "nic",
      mtu: 1500,
      speed: 1000,
    }));
    const documents = [plan({ conflicts: [missing] }), status(vlan(node === 7000 ? 1500 : 9000), ...own)];
    writeSync(fd, documents.map((document) => `${named(`n${node}`, document)}\n`).join(""));
  }
  closeSync(fd);
  // A program of its own starts it: the peak of a child of this process would begin with this one's.
  const measured = ["/usr/bin/time", "--quiet", "--format=%M", executable, "fleet", "-f", answers];
  const { exitCode, stdout, stderr } = Bun.spawnSync(measured, { env: {} });
  const text = stdout.toString();
  expect([exitCode, text.split("\n", 1)]).toEqual([1, ["10000 nodes: ADD would fail"]]);
  expect(text).toContain("9980 more reasons, --all shows them\n");
  expect(text).toContain("bond0.100 has MTU 9000 on 9999 nodes, 1500 on n7000\n");
  expect(text).toMatch(/\d+ properties of links that single nodes have are left out of the comparison/);
  expect(Number(stderr.toString().trim().split("\n").at(-1))).toBeWithin(1, 300 * 2 ** 10);
}, 60_000);
