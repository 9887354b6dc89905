import { describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ifacer, type Namespace } from "./harness.ts";
import { link, nodeWith, photograph, photographSettled } from "./node.ts";

const config = {
  cniVersion: "1.1.0",
  name: "net",
  type: "ifacer",
  interfaces: ["ens192", "ens160"],
  vlanID: 200,
  bond: { name: "bond0", mode: 1 },
};

describe("CHECK", () => {
  test("is silent after ADD, and names what is missing when somebody changed it", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    expect(await ifacer(ns, "ADD", config)).toMatchObject({ status: 0 });
    expect(await ifacer(ns, "CHECK", config)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    // Each line on top of the ones before.
    for (const [line, lack] of [
      ["link set dev bond0.200 down", "bond0.200 is down"],
      ["link set dev ens160 nomaster", "ens160 is not a slave of bond0"],
      ["link del dev bond0.200", "the VLAN bond0.200 with id 200 on bond0 is missing"],
      ["link del dev bond0", "the bond bond0 is missing"],
      ["link del dev ens192", "the interface ens192 is not on this node"],
    ] as const) {
      await ns.ip(line);
      const before = await photographSettled(ns);
      const { status, stderr, json } = await ifacer(ns, "CHECK", config);
      expect({ status, stderr, code: json.code }).toEqual({ status: 1, stderr: "", code: 104 });
      expect(`${json.msg}\n${json.details ?? ""}`).toContain(lack);
      expect(await photograph(ns)).toBe(before);
    }
  });

  test("finds a conflict", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await ns.ip("link add name bond0 type bridge");
    expect((await ifacer(ns, "CHECK", config)).json).toMatchObject({
      code: 104,
      msg: expect.stringContaining("bond0 is a link of kind bridge, wanted is a bond"),
    });
  });

  test("takes a config that was stripped of our keys", async () => {
    await using ns = await nodeWith();
    const stripped = { cniVersion: "1.1.0", name: "net", type: "ifacer" };
    expect(await ifacer(ns, "CHECK", stripped)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });
});

test("DEL and GC keep the links, which other Pods stand on", async () => {
  await using ns = await nodeWith("ens192", "ens160");
  await ifacer(ns, "ADD", config);
  const before = await photographSettled(ns);
  for (const verb of ["DEL", "GC"]) {
    expect(await ifacer(ns, verb, config)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  }
  const stripped = { cniVersion: "1.1.0", name: "net", type: "ifacer", bond: 5 };
  expect(await ifacer(ns, "DEL", stripped)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  expect(await photograph(ns)).toBe(before);
});

describe("STATUS", () => {
  test("is silent where ADD can work", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    expect(await ifacer(ns, "STATUS", config)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test("is 50 where a NIC is missing", async () => {
    await using ns = await nodeWith("ens192");
    expect((await ifacer(ns, "STATUS", config)).json).toMatchObject({
      code: 50,
      msg: "the interface ens160 is not on this node",
    });
  });
});

describe("one ip to look, one to change", () => {
  /** Runs ADD with an `ip` on PATH that counts its calls. */
  async function countIps(ns: Namespace): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), "count-"));
    const counter = join(folder, "calls");
    writeFileSync(counter, "");
    writeFileSync(join(folder, "ip"), `#!/bin/sh\necho call >>${counter}\nexec /sbin/ip "$@"\n`);
    chmodSync(join(folder, "ip"), 0o755);
    const { status } = await ifacer(ns, "ADD", config, { env: { PATH: `${folder}:${process.env["PATH"]}` } });
    expect(status).toBe(0);
    const calls = readFileSync(counter, "utf8").split("\n").length - 1;
    rmSync(folder, { recursive: true });
    return calls;
  }

  test("at most four for a bond and a VLAN, one where all is in place", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    expect(await countIps(ns)).toBe(4);
    expect(await link(ns, "bond0.200")).toMatchObject({ link: "bond0" });
    expect(await countIps(ns)).toBe(1);
  });
});
