import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isInnerBridge } from "../../src/host/bridge.ts";

test.each<[name: string, ports: Record<string, string> | undefined, expected: boolean]>([
  ["no bridge", undefined, false],
  ["a bridge without ports", {}, true],
  ["a bridge of veths", { veth1: "INTERFACE=veth1\n", veth2: "" }, true],
  ["a bridge with a tunnel", { veth1: "", vxlan7: "DEVTYPE=vxlan\nINTERFACE=vxlan7\n" }, false],
  ["a bridge with a bond", { bond0: "DEVTYPE=bond\n" }, false],
])("%s", async (_, ports, expected) => {
  const folder = mkdtempSync(`${tmpdir()}/net-`);
  try {
    mkdirSync(`${folder}/br0`);
    for (const [port, uevent] of Object.entries(ports ?? {})) {
      mkdirSync(`${folder}/${port}`);
      writeFileSync(`${folder}/${port}/uevent`, uevent);
      mkdirSync(`${folder}/br0/brif/${port}`, { recursive: true });
    }
    if (ports) mkdirSync(`${folder}/br0/brif`, { recursive: true });
    expect(await isInnerBridge("br0", folder)).toBe(expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
