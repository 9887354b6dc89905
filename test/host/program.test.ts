import { expect, test } from "bun:test";
import { mostOutput, runProgram } from "../../src/host/program.ts";

const run = (script: string, timeout?: number) =>
  runProgram(["/bin/sh", "-c", script], { stdin: "given", ...(timeout !== undefined && { timeout }) });

test.each<[what: string, script: string, timeout: number | undefined, expected: object]>([
  [
    "all that it says and its status",
    "cat; echo no >&2; exit 3",
    10_000,
    { status: 3, stdout: "given", stderr: "no\n" },
  ],
  ["an end by a signal", "kill -9 $$", undefined, { status: 137, killed: "signal" }],
  ["one that never ends", "echo begun; exec sleep 100", 500, { status: 137, stdout: "begun\n", killed: "time" }],
  [
    "one that leaves a process behind, which holds its output",
    "sleep 100 & echo done",
    50_000,
    { status: 0, stdout: "done\n" },
  ],
  ["one that never ends, nor its child", "echo begun; sleep 100; true", 500, { stdout: "begun\n", killed: "time" }],
])("%s", async (_, script, timeout, expected) => {
  const start = performance.now();
  expect(await run(script, timeout)).toMatchObject({ killed: undefined, ...expected });
  expect(performance.now() - start).toBeLessThan(20_000);
});

test("of one that says 300 MB no more is read than anybody needs", async () => {
  const { killed, stdout } = await run("head -c 300000000 /dev/zero; echo whole >&2");
  expect(killed).toBe("output");
  expect(stdout.length).toBeLessThanOrEqual(mostOutput);
  const { killed: byErrors } = await run("head -c 300000000 /dev/zero >&2");
  expect(byErrors).toBe("output");
});

test("a large answer is read whole, also after the program's end", async () => {
  const { status, stdout } = await run("head -c 5000000 /dev/zero | tr '\\0' x");
  expect([status, stdout.length]).toEqual([0, 5_000_000]);
});
