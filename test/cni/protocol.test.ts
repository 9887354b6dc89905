import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { rightAnswers, titleOf, vectors, withoutEmpty } from "./vectors.ts";

const executable = join(import.meta.dir, "../../dist/ifacer");

interface Outcome {
  readonly rc: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(env: Readonly<Record<string, string>>, stdin: string | Uint8Array): Outcome {
  const input = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
  const { exitCode, stdout, stderr } = Bun.spawnSync([executable], { env, stdin: input });
  return { rc: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

describe("the executable answers as a plugin made with the reference library", () => {
  test.each(vectors.map((vector) => [titleOf(vector), vector] as const))("%s", (_, vector) => {
    const { rc, stdout, stderr } = run(vector.env, vector.stdin);
    if (vector.env["CNI_COMMAND"] === "") {
      expect({ rc, stdout }).toEqual({ rc: 0, stdout: "" });
      expect(stderr).toContain("0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0");
      return;
    }
    expect(stderr).toBe("");
    if (vector.expect.code !== undefined) {
      expect(JSON.parse(stdout)).toMatchObject({ code: vector.expect.code, msg: expect.stringMatching(/^[^\n]+$/) });
    } else {
      const answer = stdout === "" ? null : JSON.parse(stdout);
      const right = rightAnswers(vector);
      expect(right).toContainEqual(vector.env["CNI_COMMAND"] === "ADD" ? withoutEmpty(answer) : answer);
    }
    expect(rc).toBe(vector.expect.rc);
  });
});

const usual = {
  CNI_CONTAINERID: "cid1",
  CNI_NETNS: "/var/run/netns/none",
  CNI_IFNAME: "net1",
  CNI_PATH: "/opt/cni/bin",
};

/** An ADD that has nothing to make, so that the answer depends on the protocol alone. */
function add(config: string | Uint8Array): Outcome {
  return run({ CNI_COMMAND: "ADD", ...usual }, config);
}

test("a prevResult of 1 MB comes back whole", () => {
  const ips = Array.from({ length: 20_000 }, (_, i) => ({ address: `10.${i >> 8}.${i & 255}.1/24`, interface: i }));
  const prevResult = { cniVersion: "1.0.0", ips, x: "y".repeat(100_000) };
  const config = { cniVersion: "1.0.0", name: "n1", type: "ifacer", interfaces: ["eth0"], prevResult };
  const { rc, stdout } = add(JSON.stringify(config));
  expect(rc).toBe(0);
  expect(stdout.length).toBeGreaterThan(1_000_000);
  expect(JSON.parse(stdout)).toEqual(prevResult);
});

test.each([
  [
    "3 MB of another plugin's key",
    `{"cniVersion":"1.0.0","name":"n1","interfaces":["eth0"],"x":"${"y".repeat(3e6)}"}`,
    0,
  ],
  ["3 MB of brackets", "[".repeat(3e6), 1],
  ["3 MB of white space", " ".repeat(3e6), 1],
  ["bytes that are no UTF-8", Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d]), 1],
  [
    "10000 levels",
    `{"cniVersion":"1.0.0","name":"n1","interfaces":["eth0"],"x":${"[".repeat(9999)}${"]".repeat(9999)}}`,
    0,
  ],
])("%s: one document", (_, config, rc) => {
  const outcome = add(config);
  expect(outcome).toMatchObject({ rc, stderr: "" });
  expect(JSON.parse(outcome.stdout)).toMatchObject(rc === 0 ? { cniVersion: "1.0.0" } : { code: 6 });
});

test("a number that no double can hold is passed on digit by digit", () => {
  const prevResult = '{"cniVersion":"1.0.0","x":123456789012345678901234567890}';
  const { stdout } = add(`{"cniVersion":"1.0.0","name":"n1","interfaces":["eth0"],"prevResult":${prevResult}}`);
  expect(stdout.trim()).toBe(prevResult);
});
