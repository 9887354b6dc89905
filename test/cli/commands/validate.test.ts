import { describe, expect, test } from "bun:test";
import { YAML } from "bun";
import { findEntries } from "../../../src/cli/read/entries.ts";
import { type Judgement, judge } from "../../../src/cli/read/judge.ts";
import { findMixed } from "../../../src/cli/read/mixed.ts";
import { executable } from "../../kernel/harness.ts";
import { ifacer } from "../executable.ts";

const vlan = { type: "ifacer", interfaces: ["ens192"], vlanID: 100 };
const macvlan = { type: "macvlan", master: "ens192.100" };
const list = { cniVersion: "1.0.0", name: "net", plugins: [vlan, macvlan] };

function manifest(config: unknown, name = "net") {
  return {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { name },
    spec: { config },
  };
}

function read(text: string, name = "net.yaml") {
  const { entries, problems, warnings } = findEntries([{ name, bytes: Buffer.from(text) }]);
  return { entries: entries.map(judge), problems, warnings };
}

function paths(judgements: readonly Judgement[]): string[] {
  return judgements.map(({ path }) => path);
}

describe("where entries are found", () => {
  test.each([
    ["a plugin's config", { cniVersion: "1.0.0", name: "net", ...vlan }, ["net.yaml"]],
    ["a conflist", list, ["net.yaml: plugins[0]"]],
    [
      "a conflist with several",
      { ...list, plugins: [macvlan, vlan, vlan] },
      ["net.yaml: plugins[1]", "net.yaml: plugins[2]"],
    ],
    ["a manifest", manifest(JSON.stringify(list)), ["net.yaml: spec.config: plugins[0]"]],
    ["a manifest of a single plugin", manifest(JSON.stringify(vlan)), ["net.yaml: spec.config"]],
    [
      "a List, as kubectl prints it",
      { apiVersion: "v1", kind: "List", items: [manifest(JSON.stringify(list)), manifest(JSON.stringify(list))] },
      ["net.yaml: document 1: spec.config: plugins[0]", "net.yaml: document 2: spec.config: plugins[0]"],
    ],
  ])("%s, as JSON and as YAML", (_, document, expected) => {
    for (const text of [
      JSON.stringify(document),
      JSON.stringify(document, null, 2),
      YAML.stringify(document, null, 2),
    ]) {
      const { entries, problems } = read(text);
      expect([paths(entries), problems]).toEqual([expected, []]);
      expect(entries.flatMap(({ problems }) => problems)).toEqual([]);
    }
  });

  test("several YAML documents, those of other kinds left out", () => {
    const others = [manifest(JSON.stringify(list)), { kind: "Deployment", spec: {} }, manifest(JSON.stringify(list))];
    const text = others.map((other) => YAML.stringify(other, null, 2)).join("\n---\n");
    const { entries, problems } = read(text);
    expect(paths(entries)).toEqual([
      "net.yaml: document 1: spec.config: plugins[0]",
      "net.yaml: document 3: spec.config: plugins[0]",
    ]);
    expect(problems).toEqual([]);
  });

  test("a name of the config itself counts more than the manifest's", () => {
    const bad = { ...list, name: "not a name" };
    expect(read(JSON.stringify(manifest(JSON.stringify(bad)))).entries[0]?.problems[0]?.message).toContain(
      '"not a name"',
    );
  });
});

describe("what can't be read", () => {
  test.each([
    ["nothing", "", "net.yaml is empty, a JSON object is needed"],
    [
      "JSON that Go refuses",
      '{"type":"ifacer",}',
      'net.yaml is not valid JSON: expected a name in double quotes, got "}" at line 1, column 18',
    ],
    ["bad YAML", "a: b: c\n  - d", "net.yaml: document 1: is not valid YAML: Unexpected token"],
    ["a text", "hello", 'net.yaml: expected an object, got "hello"'],
    [
      "no entry",
      JSON.stringify({ ...list, plugins: [macvlan] }),
      "net.yaml: there is no entry of the type ifacer in it",
    ],
    ["a manifest of another kind", "kind: Pod", "net.yaml: there is no entry of the type ifacer in it"],
    [
      "a SpiderMultusConfig",
      "kind: SpiderMultusConfig",
      "net.yaml: is a SpiderMultusConfig: turn it into what the node gets with 'ifacer convert' first",
    ],
    [
      "a config that is no string",
      JSON.stringify(manifest({ plugins: [] })),
      "net.yaml: spec.config: must be JSON in a string, got an object: in YAML write 'config: |' and the JSON below it",
    ],
    [
      "a config that is no JSON",
      JSON.stringify(manifest("{type: ifacer}")),
      'net.yaml: spec.config is not valid JSON: expected a name in double quotes, got "t" at line 1, column 2',
    ],
    ["plugins that are no list", JSON.stringify({ plugins: {} }), "net.yaml: plugins must be a list, got an object"],
  ])("%s", (_, text, message) => {
    const { problems } = read(text);
    expect(problems.map(({ path, message }) => (path ? `${path}: ${message}` : message))).toEqual([message]);
  });
});

describe("the warning about a main plugin that is not on what ifacer makes", () => {
  const bond = { type: "ifacer", interfaces: ["ens192", "ens160"], bond: { name: "bond0" } };
  test.each([
    ["the VLAN", vlan, { type: "macvlan", master: "ens192.100" }, []],
    [
      "the NIC below it",
      vlan,
      { type: "macvlan", master: "ens192" },
      ["its master is ens192, but what ifacer makes for it is ens192.100"],
    ],
    ["nothing", vlan, { type: "ipvlan" }, ["it has no master, but what ifacer makes for it is ens192.100"]],
    ["the bond", bond, { type: "ipvlan", master: "bond0" }, []],
    [
      "a NIC of the bond",
      bond,
      { type: "vlan", master: "ens160" },
      ["its master is ens160, but what ifacer makes for it is bond0"],
    ],
    [
      "the bond, and not the VLAN on it",
      { ...bond, vlanID: 5 },
      { type: "macvlan", master: "bond0" },
      ["its master is bond0, but what ifacer makes for it is bond0.5"],
    ],
    [
      "one of several VLANs",
      { type: "ifacer", interfaces: ["a", "b"], vlanID: 5 },
      { type: "macvlan", master: "b.5" },
      [],
    ],
    [
      "a VLAN by its short name",
      { ...vlan, interfaces: ["enp175s0f0np0"], vlanID: 1000 },
      { type: "macvlan", master: "v1000-51f34n531" },
      [],
    ],
    ["a link in the Pod", vlan, { type: "macvlan", master: "eth0", linkInContainer: true }, []],
    ["what has no master", vlan, { type: "tuning" }, []],
  ])("on %s", (_, entry, follower, messages) => {
    const { entries } = read(JSON.stringify({ ...list, plugins: [entry, { type: "tuning" }, follower] }));
    expect(entries[0]?.warnings.filter(({ path }) => path.startsWith("plugins"))).toEqual(
      messages.map((message) => ({ path: "plugins[2]", message: `${follower.type}: ${message}` })),
    );
  });
});

test.each([
  [
    "no name",
    { cniVersion: "1.0.0", plugins: [vlan] },
    "name is missing in the network config: give the network a name",
  ],
  ["a version that is not there", { ...list, cniVersion: "9.9.9" }, 'cniVersion "9.9.9" is not supported: use one of'],
  ["a member of a wrong type", { ...list, plugins: [{ ...vlan, ipam: 5 }] }, "ipam"],
])("what ADD says about %s", (_, config, message) => {
  expect(read(JSON.stringify(config)).entries[0]?.problems.map(({ message }) => message)).toEqual([
    expect.stringContaining(message),
  ]);
});

describe("ifacer validate", () => {
  const bad = {
    ...list,
    plugins: [{ type: "ifacer", interfaces: ["a", "a"], vlanID: 5000, bond: { mode: 9, nmae: "b" } }],
  };

  test("tells all problems at once, in words", async () => {
    const { status, stdout, stderr } = await ifacer(["validate"], { stdin: JSON.stringify(bad) });
    expect(stdout).toMatchSnapshot();
    expect([status, stderr]).toEqual([1, ""]);
  });

  test("tells them as JSON", async () => {
    const { status, stdout } = await ifacer(["validate", "-o", "json"], { stdin: JSON.stringify(bad) });
    expect([status, JSON.parse(stdout)]).toMatchSnapshot();
  });

  test("what is valid, with warnings", async () => {
    const single = { ...vlan, bond: { options: "arp_interval=100" } };
    const stdin = [
      manifest(JSON.stringify({ ...list, plugins: [single, { ...macvlan, master: "ens192" }] })),
      manifest(
        JSON.stringify({
          ...list,
          plugins: [{ ...vlan, interfaces: ["a", "b"], bond: { mode: 1, options: "arp_interval=100" } }],
        }),
      ),
    ]
      .map((document) => YAML.stringify(document, null, 2))
      .join("\n---\n");
    const { status, stdout } = await ifacer(["validate", "-f", "-"], { stdin });
    expect([status, stdout]).toMatchSnapshot();
  });

  test("of what has no entry, that nothing was checked", async () => {
    const { status, stdout } = await ifacer(["validate"], { stdin: JSON.stringify(macvlan) });
    expect([status, stdout.split("\n")]).toEqual([
      1,
      ["error: standard input: there is no entry of the type ifacer in it", "nothing was checked", ""],
    ]);
  });

  test("nothing is lost at 40 columns", async () => {
    const { stdout } = await ifacer(["validate"], { stdin: JSON.stringify(bad), env: { COLUMNS: "40" } });
    const whole = await ifacer(["validate"], { stdin: JSON.stringify(bad) });
    expect(stdout.split(/\s+/)).toEqual(whole.stdout.split(/\s+/));
  });

  test.each([
    [
      "a file that is not there",
      ["validate", "-f", "/nowhere/net.yaml"],
      1,
      "ifacer: can't read the file /nowhere/net.yaml: ENOENT",
    ],
    [
      "a folder without configs",
      ["validate", "-f", `${import.meta.dir}`],
      1,
      `ifacer: there is no config in the folder ${import.meta.dir}: their names end with .json,`,
    ],
    [
      "a word too many",
      ["validate", "net.yaml"],
      2,
      "ifacer: there is nothing to be done with \"net.yaml\": files are given with -f; see 'ifacer validate --help'\n",
    ],
  ])("%s", async (_, words, status, message) => {
    const ended = await ifacer(words);
    expect([ended.status, ended.stdout]).toEqual([status, ""]);
    expect(ended.stderr).toStartWith(message);
  });

  test.each([
    ["colours", {}, true],
    ["none where NO_COLOR is set", { NO_COLOR: "1" }, false],
    ["none on a terminal that has none", { TERM: "dumb" }, false],
  ])("on a terminal there are %s", async (_, env, colours) => {
    const command = `echo '${JSON.stringify(bad)}' | ${executable} validate`;
    const child = Bun.spawn(["script", "-qec", command, "/dev/null"], {
      env: { PATH: process.env["PATH"] ?? "", TERM: "xterm", ...env },
      stdin: "ignore",
      stdout: "pipe",
    });
    const stdout = await child.stdout.text();
    expect([stdout.includes("nmae"), stdout.includes("\x1b[31m")]).toEqual([true, colours]);
  });
});

test("links that one entry wants removed when unused, and another one does not note to use", () => {
  const shared = (removeUnused: boolean, more: object) => ({
    cniVersion: "1.0.0",
    name: "net",
    plugins: [{ ...vlan, ...more, removeUnused }],
  });
  const bond = { interfaces: ["ens192", "ens160"], bond: { name: "bond0" } };
  const { entries } = read(
    [
      shared(true, bond),
      shared(false, { ...bond, vlanID: 200 }),
      shared(false, {}),
      shared(true, { linkInContainer: true }),
    ]
      .map((document) => JSON.stringify(document))
      .join("\n---\n"),
  );
  expect(findMixed(entries)).toEqual([
    {
      path: "net.yaml: document 2: plugins[0]",
      message:
        "removeUnused is not set, but net.yaml: document 1: plugins[0] sets it and wants bond0 too: set it in both",
    },
  ]);
  expect(entries[3]?.warnings).toEqual([
    { path: "removeUnused", message: "is ignored: links in a Pod go with their Pod" },
  ]);
});
