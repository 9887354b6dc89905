import { expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { folder } from "../surroundings/start.ts";
import { ifacer } from "./executable.ts";

const error = { code: 999, message: expect.stringContaining("ifacer has a bug, please report it: ") };

test("what nobody foresaw is a document too where one was asked for", async () => {
  using programs = folder();
  writeFileSync(`${programs.path}/ip`, "#!/bin/sh\necho nonsense\n");
  chmodSync(`${programs.path}/ip`, 0o755);
  const env = { PATH: `${programs.path}:${process.env["PATH"]}` };
  const asked = await ifacer(["status", "-o", "json"], { env });
  expect([asked.status, JSON.parse(asked.stdout)]).toEqual([
    1,
    { version: 1, error: { ...error, details: expect.stringContaining("SyntaxError") } },
  ]);
  const { status, stdout, stderr } = await ifacer(["status", "--node", "worker-1"], { env });
  expect([status, stderr, stdout.trimEnd().includes("\n")]).toEqual([1, "", false]);
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, node: "worker-1", command: "status", error });
});
