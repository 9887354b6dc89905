/** What a call costs beside itself: how often it runs `ip`, and how much `ip` has to print, among many links. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measurePeak } from "../../scripts/bench/process.ts";
import { executable, forADD, looking } from "../surroundings/start.ts";
import { type Asked, countAsking } from "./asking.ts";

const few = 10;
const many = 1000;

/** A network namespace with that many links, held by a process that sleeps. */
function makeNamespace(links: number): Bun.Subprocess {
  const lines = Array.from({ length: links - 1 }, (_, index) => `link add name l${index} type ifb\n`).join("");
  const script = `set -e; printf %s "$lines" | ip -batch -; echo ready; exec sleep infinity`;
  const env = { ...process.env, lines };
  return Bun.spawn(["unshare", "--net", "sh", "-c", script], { env, stdin: "ignore", stdout: "pipe" });
}

const namespaces = new Map<number, Bun.Subprocess>();

beforeAll(async () => {
  for (const links of [few, many]) {
    const holder = makeNamespace(links);
    namespaces.set(links, holder);
    await (holder.stdout as ReadableStream<Uint8Array>).getReader().read();
  }
});

afterAll(() => {
  for (const holder of namespaces.values()) holder.kill("SIGKILL");
});

function ask(verb: string, links: number): Asked {
  const env = { ...forADD, CNI_COMMAND: verb };
  const stdin = looking.replace("1.0.0", "1.1.0");
  return countAsking([executable], {
    env,
    stdin,
    inside: ["nsenter", "--net", `--target=${namespaces.get(links)?.pid}`],
  });
}

describe.each([
  ["VERSION", 0],
  ["DEL", 0],
  ["GC", 0],
  ["ADD", 1],
  ["CHECK", 1],
])("%s with a NIC that is not there", (verb, runs) => {
  test(`runs 'ip' ${runs} times`, () => {
    expect(ask(verb, few).runs).toBe(runs);
  });

  test("asks for as much and gets as much among many links as among few", () => {
    expect(ask(verb, many)).toEqual(ask(verb, few));
  });
});

test("a look at a NIC and a VLAN is four lines to 'ip' and less than 1 kB from it", () => {
  const { linesIn, bytesOut } = ask("ADD", many);
  expect(linesIn).toBe(4);
  expect(bytesOut).toBeLessThan(1000);
});

test("STATUS runs 'ip' at most once", () => {
  expect(ask("STATUS", many).runs).toBeLessThanOrEqual(1);
});

test.each(["VERSION", "DEL", "ADD", "STATUS"])("%s needs less than 45 MiB", async (verb) => {
  const folder = mkdtempSync(join(tmpdir(), "peak-"));
  try {
    const stdin = join(folder, "config.json");
    await Bun.write(stdin, looking.replace("1.0.0", "1.1.0"));
    const kibibytes = measurePeak({ argv: [executable], env: { ...forADD, CNI_COMMAND: verb }, stdin });
    expect(kibibytes).toBeGreaterThan(10 * 1024);
    expect(kibibytes).toBeLessThan(45 * 1024);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
