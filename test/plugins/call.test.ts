import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { JsonObject } from "../../src/json.ts";
import { callPlugin } from "../../src/plugins/call.ts";

test("a plugin that hangs gets no more time than is left, and is told of with it", async () => {
  const path = mkdtempSync("/tmp/ifacer-plugins-");
  writeFileSync(`${path}/slow`, "#!/bin/sh\nexec sleep 60\n", { mode: 0o755 });
  const call = { verb: "ADD", type: "slow", what: "ens1: the main plugin", path, environment: {} } as const;
  const error = await callPlugin({ ...call, config: new JsonObject([]), timeLeft: 0.2 }).catch((cause) => cause);
  expect([error.code, error.message]).toEqual([
    103,
    "ens1: the main plugin slow did not end within 1 s and was killed",
  ]);
  rmSync(path, { recursive: true });
});
