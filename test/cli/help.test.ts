import { expect, test } from "bun:test";
import { commands } from "../../src/cli/commands.ts";
import { ifacer } from "./executable.ts";

const names = commands.map(({ name }) => name);

test.each([["--help"], ["-h"], ["help"]])("ifacer %s", async (word) => {
  const { status, stdout, stderr } = await ifacer([word]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatchSnapshot("all");
});

test.each(names)("ifacer help %s", async (name) => {
  const { status, stdout, stderr } = await ifacer(["help", name]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatchSnapshot();
  expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect((await ifacer([name, "--help"])).stdout).toBe(stdout);
  expect((await ifacer([name, "-h", "--nonsense"])).stdout).toBe(stdout);
});

test.each([
  [["pln"], `ifacer: there is no command "pln", did you mean plan?; see 'ifacer --help'\n`],
  [["help", "stats"], `ifacer: there is no command "stats", did you mean status?; see 'ifacer --help'\n`],
  [["ADD"], `ifacer: there is no command "ADD"; see 'ifacer --help'\n`],
  [
    ["install"],
    "ifacer: no folder is given: say where to with --to, /opt/cni/bin for most runtimes; see 'ifacer install --help'\n",
  ],
  [["apply"], "ifacer: standard input is no terminal that could be asked: say --yes; see 'ifacer apply --help'\n"],
  [
    ["apply", "--yes", "--try", "601"],
    `ifacer: --try is "601", allowed are 1 to 600 seconds; see 'ifacer apply --help'\n`,
  ],
  [
    ["apply", "--yes", "--try", "5", "--each"],
    "ifacer: --try takes back all or nothing, --each does each by itself: give one of them; see 'ifacer apply --help'\n",
  ],
  [
    ["apply", "--confirm", "--yes"],
    "ifacer: --confirm is about what was tried before: give nothing else with it; see 'ifacer apply --help'\n",
  ],
  [["apply", "--keeper"], "ifacer: --keeper is what --try starts by itself: use that; see 'ifacer apply --help'\n"],
  [
    ["apply", "--yes", "--with-pods"],
    "ifacer: --with-pods is about what --replace may interrupt: give both or neither; see 'ifacer apply --help'\n",
  ],
  [
    ["status", "--mermaid", "-o", "json"],
    "ifacer: --mermaid draws the diagram alone: give no -f, -o or --node with it; see 'ifacer status --help'\n",
  ],
  [
    ["doctor", "--networkd", "--network-manager"],
    "ifacer: --network-manager and --networkd are two files: ask for one at a time; see 'ifacer doctor --help'\n",
  ],
])("ifacer %p is wrong usage", async (words, message) => {
  expect(await ifacer(words)).toEqual({ status: 2, stdout: "", stderr: message });
});
