import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { YAML } from "bun";
import { ifacer } from "../executable.ts";

interface Vector {
  readonly case: string;
  readonly input: object;
  readonly outcome: string;
  readonly config: string;
}

const vectors: Vector[] = readFileSync(new URL("../../cases/convert/spidermultusconfig.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

describe("ifacer convert -o json, one manifest for one input", () => {
  test.each(vectors.filter(({ outcome }) => outcome === "ok"))("$case", async ({ input, config }) => {
    for (const stdin of [JSON.stringify(input), YAML.stringify(input, null, 2)]) {
      const { status, stdout } = await ifacer(["convert", "-o", "json"], { stdin });
      expect([status, JSON.parse(stdout).spec.config]).toEqual([0, config]);
    }
  });

  test.each(vectors.filter(({ outcome }) => outcome !== "ok"))("refused: $case", async ({ input }) => {
    const { status, stdout, stderr } = await ifacer(["convert", "-o", "json"], { stdin: JSON.stringify(input) });
    expect([status, JSON.parse(stdout).version]).toEqual([1, 1]);
    expect(JSON.parse(stdout).problems).not.toBeEmpty();
    expect(stderr).toStartWith("ifacer: standard input: ");
  });
});

const smc = {
  apiVersion: "spiderpool.spidernet.io/v2beta1",
  kind: "SpiderMultusConfig",
  metadata: { name: "bond", namespace: "kube-system" },
  spec: {
    cniType: "macvlan",
    macvlan: { master: ["ens192", "ens160"], vlanID: 100, bond: { name: "bond0", mode: 1 } },
  },
};
const broken = { ...smc, spec: { cniType: "macvlan" } };

function documents(...values: object[]): string {
  return values.map((value) => YAML.stringify(value, null, 2)).join("\n---\n");
}

describe("ifacer convert", () => {
  test("writes YAML that reads back as the same manifest", async () => {
    const yaml = await ifacer(["convert"], { stdin: documents(smc) });
    const json = await ifacer(["convert", "-o", "json"], { stdin: documents(smc) });
    expect([yaml.status, yaml.stderr]).toEqual([0, ""]);
    expect(yaml.stdout).toMatchSnapshot();
    expect(YAML.parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
  });

  test("writes several documents, or one List; other kinds are left out", async () => {
    const stdin = documents(smc, { kind: "Pod" }, { ...smc, metadata: { name: "two" } });
    const yaml = await ifacer(["convert"], { stdin });
    expect(yaml.stdout.split("---\n")).toHaveLength(2);
    expect(yaml.stderr).toBe(
      "ifacer: warning: standard input: document 2: is left out: it is a Pod, neither a SpiderMultusConfig nor a MultiNicNetwork\n",
    );
    const json = await ifacer(["convert", "-o", "json"], { stdin });
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: "List",
      items: [{ metadata: { name: "bond" } }, { metadata: { name: "two" } }],
    });
  });

  test("what it writes is valid, and its master is what ifacer makes", async () => {
    const { stdout } = await ifacer(["convert"], { stdin: documents(smc) });
    expect(await ifacer(["validate"], { stdin: stdout })).toEqual({
      status: 0,
      stdout:
        "standard input: spec.config: plugins[0]: valid, makes bond0, bond0.100\n1 entry of ifacer's, all valid\n",
      stderr: "",
    });
  });

  test("writes nothing where one of several is refused", async () => {
    const { status, stdout, stderr } = await ifacer(["convert"], { stdin: documents(smc, broken) });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatchSnapshot();
  });

  test.each([
    ["an empty file", "", "ifacer: standard input: there is no SpiderMultusConfig and no MultiNicNetwork in it\n"],
    ["what is no YAML", "a: b: c\n  - d", "ifacer: standard input: document 1: is not valid YAML: Unexpected token\n"],
  ])("%s", async (_, stdin, message) => {
    expect(await ifacer(["convert"], { stdin })).toEqual({ status: 1, stdout: "", stderr: message });
  });
});
