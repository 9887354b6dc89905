import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { documentPath, writeTables } from "../../scripts/document.ts";
import { findEntries } from "../../src/cli/read/entries.ts";
import { judge } from "../../src/cli/read/judge.ts";
import { bondOptions } from "../../src/config/bondTable.ts";
import { nodePathKeys } from "../../src/config/nodePath.ts";
import { readConfig } from "../../src/config/read.ts";
import { configKeys } from "../../src/config/schema.ts";
import { selectKeys } from "../../src/config/select.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";
import { parsePolicy } from "../../src/policy/read.ts";
import { policyKeys } from "../../src/policy/schema.ts";

const document = readFileSync(documentPath, "utf8");

test("the tables of docs/configuration.md are those of the code: else run 'node_modules/.bin/bun scripts/document.ts'", () => {
  expect(writeTables(document)).toBe(document);
  for (const { name } of bondOptions) expect(document).toContain(`| \`${name}\``);
});

test("every key of a config has its section, and every key of the policy its row", () => {
  for (const key of configKeys) expect(document).toContain(`\n### \`${key}\`\n`);
  for (const key of ["linkInContainer", "master", "ipam", "dns"]) expect(document).toContain(`\n| \`${key}\` | `);
  for (const key of nodePathKeys) expect(document).toContain(`\n| \`${key}\` | `);
  for (const key of policyKeys) expect(document).toMatch(new RegExp(`^\\| \`${key}`, "m"));
});

test("every rule by which NICs are chosen is in both documents", () => {
  const manyNics = readFileSync(`${documentPath.replace(/[^/]+$/, "")}many-nics.md`, "utf8");
  for (const key of selectKeys) {
    expect(document).toContain(`\n- \`${key}\`: `);
    expect(manyNics).toContain(`\n| \`${key}\` | `);
  }
  const [example = ""] = [...manyNics.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text);
  const entries = findEntries([{ name: "the example", bytes: Buffer.from(example) }]).entries.map(judge);
  expect(entries).toMatchObject([{ problems: [], warnings: [], desired: { vlans: [{ name: "bond0.100" }] } }]);
});

test("the examples are valid", () => {
  const [config = "", policy = "", inPod = "", path = ""] = [...document.matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, text]) => text,
  );
  const [entry] = JSON.parse(config).plugins;
  const body = decodeJson(Buffer.from(JSON.stringify(entry)), "the example");
  expect(body instanceof JsonObject && readConfig(body)).toMatchObject({ problems: [], warnings: [] });
  const pod = findEntries([{ name: "the example", bytes: Buffer.from(inPod) }]).entries.map(judge);
  expect(pod).toMatchObject(
    ["eth0.3", "eth0.4"].map((name) => ({ problems: [], warnings: [], desired: { vlans: [{ name }] } })),
  );
  for (const text of [
    path,
    /```json\n([\s\S]*?)```/.exec(
      readFileSync(documentPath.replace("configuration.md", "node-path.md"), "utf8"),
    )?.[1] ?? "",
  ]) {
    const judged = findEntries([{ name: "the example", bytes: Buffer.from(text) }]).entries.map(judge);
    expect(judged.flatMap(({ problems, warnings }) => [...problems, ...warnings])).toEqual([]);
    expect(judged.at(-1)?.desired?.path?.subnets).toContain("10.96.0.0/16");
  }
  expect(parsePolicy(Buffer.from(policy), "the example")).toMatchObject({ bond: false });
});
