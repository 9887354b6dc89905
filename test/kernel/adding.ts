/** ADD as the tests on a real kernel call it: with a short config, and with a look at the whole host before and after. */
import { expect } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, type Environment, ifacer, type Namespace } from "./harness.ts";
import { lookSettled } from "./node.ts";

const base = { cniVersion: "1.1.0", name: "net", type: "ifacer" };

/** Calls a verb with a config that is given without what every config has. */
export function call(ns: Namespace, verb: string, config: object, env: Environment = {}): Promise<Answer> {
  return ifacer(ns, verb, { ...base, ...config }, { env });
}

/** Runs ADD, which has to succeed, and returns the lines of the journal. */
export async function add(ns: Namespace, config: object, env: Environment = {}): Promise<string[]> {
  const { status, stdout, stderr } = await call(ns, "ADD", config, env);
  expect([status, stdout]).toEqual([0, '{"cniVersion":"1.1.0"}\n']);
  return stderr.split("\n").filter((line) => line !== "");
}

/** Runs ADD, which has to fail and to leave the host as it was to the byte, and returns the error's words. */
export async function refuse(ns: Namespace, config: object, code: number, env: Environment = {}): Promise<string> {
  const before = await lookSettled(ns, () => lookAround(ns));
  const { status, stderr, json } = await call(ns, "ADD", config, env);
  expect([json.code, json.msg, status, stderr]).toEqual([code, json.msg, 1, ""]);
  expect(await lookAround(ns)).toBe(before);
  return [json.msg, json.details ?? ""].join("\n");
}

/** All links, addresses and routes, as `ip` prints them. */
export async function lookAround(ns: Namespace): Promise<string> {
  const views = ["-d -j address show", "-j route show table all", "-j -6 route show table all"];
  return (await Promise.all(views.map((view) => ns.ip(view)))).join("");
}

/** Runs `ip` lines in one go; throws what `ip` said where one fails. */
export async function setUp(ns: Namespace, lines: readonly string[]): Promise<void> {
  const { status, stderr } = await ns.run(["ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
  if (status !== 0) throw new Error(stderr);
}

/** The `info_data` of a link that `ip -d -j link` tells of. */
export async function driverData(ns: Namespace, name: string): Promise<Record<string, unknown>> {
  const [link] = await ns.json(`-d link show dev ${name}`);
  return link.linkinfo.info_data;
}

/** An environment with an `ip` that reads its lines through `sed SCRIPT`: one that knows less, or more, than the real one. */
export function fakeIp(script: string): { env: Environment } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "ip-"));
  const real = Bun.which("ip", { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` });
  writeFileSync(join(folder, "ip"), `#!/bin/sh\nsed -u '${script}' | ${real} "$@"\n`);
  chmodSync(join(folder, "ip"), 0o755);
  return {
    env: { PATH: `${folder}:${process.env["PATH"]}` },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
