/** What the engine makes ready for an ADD beside ifacer's own code, as its own options tell it: the bundle doesn't show that. */
import { describe, expect, test } from "bun:test";
import { executable, forADD, looking } from "../surroundings/start.ts";

/** What an ADD at a NIC that is not there says with one of the engine's options. */
function addWith(option: string): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([executable], {
    env: { ...forADD, [`BUN_JSC_${option}`]: "true" },
    stdin: Buffer.from(looking),
    stdout: "pipe",
    stderr: "pipe",
  });
  expect(exitCode).toBe(1);
  return `${stdout}${stderr}`;
}

describe("an ADD at a NIC that is not there", () => {
  test("calls no function that names Buffer, whose hundred methods would be made for it, called or not", () => {
    const names = [...addWith("dumpGeneratedBytecodes").matchAll(/^\s*id\d+ = (\w+)$/gm)].map(([, name]) => name);
    expect(names).toContain("TextDecoder");
    expect(names).not.toContain("Buffer");
  });

  test("compiles three patterns, those of a name, a string and a number", () => {
    const compiled = addWith("dumpDisassembly").match(/regular expression/g);
    expect(compiled).toHaveLength(3);
  });
});
