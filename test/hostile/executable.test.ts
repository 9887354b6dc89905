import { expect, test } from "bun:test";
import fc from "fast-check";
import { supportedVersions, verbs } from "../../src/protocol/versions.ts";
import { namespace } from "../kernel/harness.ts";
import { executable } from "../surroundings/start.ts";
import { beginTurn, timeLimit, volume } from "../volume.ts";
import { configBytes, likelyConfig } from "./inputs.ts";

interface Call {
  readonly env: Record<string, string>;
  readonly stdin: Uint8Array;
}

const variable = (...likely: readonly string[]) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...likely) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        "..",
        "a b",
        "a/b",
        "é".repeat(8),
        "\u00a0",
        "-x",
        "x".repeat(5000),
        "a\nb",
        "/dev/null/x",
      ),
    },
    // No variable can hold a zero.
    { weight: 1, arbitrary: fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "")) },
  );

const call: fc.Arbitrary<Call> = fc.record({
  env: fc.record(
    {
      CNI_COMMAND: variable("ADD", "ADD", "ADD", ...verbs),
      CNI_CONTAINERID: variable("pod1"),
      CNI_NETNS: variable("/run/netns/none", "/proc/self/ns/mnt"),
      CNI_IFNAME: variable("net1"),
      CNI_PATH: variable("/opt/cni/bin"),
      CNI_ARGS: variable("", "K8S_POD_NAME=x;y"),
      CNI_NETNS_OVERRIDE: variable("", "1"),
      PATH: fc.constantFrom("/usr/sbin:/usr/bin:/sbin:/bin", "", ":", "nonsense"),
    },
    { requiredKeys: ["CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"] },
  ),
  stdin: fc.oneof(
    configBytes,
    likelyConfig.map((text) => new TextEncoder().encode(text)),
  ),
});

const ip = Bun.which("ip", { PATH: "/usr/sbin:/sbin:/usr/bin:/bin" }) ?? "ip";
const count = volume({ sample: 2000, full: 300_000 });
const seed = Math.trunc(Math.random() * 2 ** 31);

test(
  `${count} calls of the executable: one document or none, a code of ours, never a bug or a crash`,
  async () => {
    // A node whose NICs are called like words of ip.
    await using ns = await namespace();
    for (const [one, other] of [
      ["ens192", "ens160"],
      ["up", "type"],
      ["dev", "b"],
      ["name", "down"],
    ]) {
      await ns.ip(`link add name ${one} type veth peer name ${other}`);
    }
    const before = (await ns.json("link show")).length;
    const calls = fc.sample(call, { numRuns: count, seed });
    const codes = new Map<string, number>();
    const isTimeLeft = beginTurn(45);
    let made = 0;
    const makeCalls = async () => {
      for (let next = calls.pop(); next && isTimeLeft(); next = calls.pop()) {
        made++;
        const fault = await examine(next, [ip, "netns", "exec", ns.name, executable], codes);
        if (fault)
          throw new Error(`${fault}: seed ${seed}, ${JSON.stringify(next.env)} ${Buffer.from(next.stdin).toString()}`);
      }
    };
    await Promise.all([makeCalls(), makeCalls(), makeCalls()]);
    console.log(`answers of ${made} calls, by code: ${JSON.stringify(Object.fromEntries([...codes].sort()))}`);
    // Where the kernel has bonds and VLANs, some were made.
    expect((await ns.json("link show")).length).toBeGreaterThanOrEqual(before);
    expect(codes.size).toBeGreaterThan(6);
  },
  timeLimit(240_000),
);

/** What is wrong with the answer to a call, in words; counts the codes. */
async function examine({ env, stdin }: Call, argv: string[], codes: Map<string, number>): Promise<string | undefined> {
  const child = Bun.spawn(argv, {
    env,
    stdin: new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0 && status !== 1) return `exit status ${status}`;
  if (stdout !== "" && !/^[^\n]+\n$/.test(stdout)) return `not one line: ${stdout}`;
  const answer = stdout === "" ? {} : JSON.parse(stdout);
  const code: number | undefined = answer.code;
  codes.set(String(code ?? "none"), (codes.get(String(code ?? "none")) ?? 0) + 1);
  if ((code === undefined) !== (status === 0)) return `code ${code} with exit status ${status}`;
  if (code !== undefined && !known.includes(code)) return `code ${code}`;
  if (code !== undefined && !/^[^\n]{1,2000}$/.test(answer.msg)) return `message ${answer.msg}`;
  if (status === 1 && stderr !== "") return `stderr ${stderr}`;
  if (stdout !== "" && !(supportedVersions as readonly string[]).includes(answer.cniVersion)) return stdout;
  return undefined;
}

const known = [1, 4, 5, 6, 7, 8, 11, 50, 100, 101, 102, 103, 104, 105, 106];
