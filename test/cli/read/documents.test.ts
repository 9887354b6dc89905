import { describe, expect, test } from "bun:test";
import packageJson from "../../../package.json" with { type: "json" };
import { ifacer } from "../executable.ts";

test("ifacer version says what it is", async () => {
  const { status, stdout } = await ifacer(["version"]);
  expect(status).toBe(0);
  expect(stdout.replace(/^commit \S+$/m, "commit C")).toBe(
    [
      `ifacer ${packageJson.version}`,
      "commit C",
      `Bun ${Bun.version} (${Bun.revision.slice(0, 9)}), ${process.platform}-${process.arch}`,
      "CNI 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0",
      "",
    ].join("\n"),
  );
  expect((await ifacer(["--version"])).stdout).toBe(stdout);
  const json = JSON.parse((await ifacer(["version", "-o", "json"])).stdout);
  expect(json).toMatchObject({ version: 1, ifacer: packageJson.version, bun: Bun.version });
});

describe("ifacer schema", () => {
  test("is the config's JSON Schema", async () => {
    const { status, stdout, stderr } = await ifacer(["schema"]);
    expect([status, stderr]).toEqual([0, ""]);
    const schema = JSON.parse(stdout);
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      else: { oneOf: [{ required: ["interfaces"] }, { required: ["select"] }] },
      properties: {
        type: { const: "ifacer" },
        interfaces: { type: "array", minItems: 1, items: { type: "string" } },
        select: { type: "object", additionalProperties: false, properties: { minSpeed: { type: "integer" } } },
        vlanID: { type: "integer", minimum: 0, maximum: 4094 },
        bond: { type: "object", additionalProperties: false },
        linkInContainer: { type: "boolean" },
        master: { type: "string" },
        ipam: { type: "object", properties: { type: { type: "string" } } },
        dns: { type: "object" },
      },
    });
    // Runtimes add keys of their own.
    expect(schema.additionalProperties).not.toBe(false);
    expect(stdout).toMatchSnapshot();
    expect((await ifacer(["schema", "-o", "json"])).stdout).toBe(stdout);
  });

  test("with --policy is that of the node's policy", async () => {
    const { status, stdout } = await ifacer(["schema", "--policy"]);
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      { properties: { interfaces: {}, vlanIDs: {}, bond: {}, allowInUse: {}, linkInContainer: {}, ipamTypes: {} } },
    ]);
    expect(stdout).toMatchSnapshot();
  });
});
