/** What run.ts does with `ip`: links to be among, and the very runs of `ip` that a call makes. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "./process.ts";

/** The PATH that everything is measured with, as runtimes have it. */
export const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The runs of `ip` that a call makes, as commands of their own; what they read is kept in `scratch`. */
export function recordIp(command: Command, scratch: string): Command[] {
  const folder = mkdtempSync(join(scratch, "ip-"));
  const real = Bun.which("ip", { PATH: path });
  const script = `#!/bin/sh\nn=$(ls ${folder} | wc -l)\nfor w; do echo "$w"; done >${folder}/$n.args\n`;
  writeFileSync(join(folder, "ip"), `${script}tee ${folder}/$n.lines | exec ${real} "$@"\n`);
  chmodSync(join(folder, "ip"), 0o755);
  Bun.spawnSync([...command.argv], {
    env: { ...command.env, PATH: `${folder}:${path}` },
    stdin: Bun.file(command.stdin),
    stdout: "ignore",
    stderr: "ignore",
  });
  const recorded = [...new Bun.Glob("*.args").scanSync(folder)].toSorted((a, b) => parseInt(a, 10) - parseInt(b, 10));
  return recorded.map((name) => ({
    argv: [real ?? "", ...readFileSync(join(folder, name), "utf8").trim().split("\n")],
    env: { PATH: path },
    stdin: join(folder, name.replace(".args", ".lines")),
  }));
}

/** Adds links to the namespace until it has that many. Returns of what kind they are: dummies, which are NICs, where there are no others. */
export function fillTo(links: number): "ifb" | "dummy" {
  const kind = tryIp(["link add name kind0 type ifb"]).exitCode === 0 ? "ifb" : "dummy";
  tryIp(["link delete dev kind0"]);
  // Two lines of heading, then one for each link of this namespace.
  const there = readFileSync("/proc/self/net/dev", "utf8").trim().split("\n").length - 2;
  ip(Array.from({ length: Math.max(0, links - there) }, (_, index) => `link add name l${there + index} type ${kind}`));
  return kind;
}

/** Runs `ip` once with these lines for its batch. */
export function tryIp(lines: readonly string[]) {
  return Bun.spawnSync(["ip", "-batch", "-"], { stdin: Buffer.from(lines.map((line) => `${line}\n`).join("")) });
}

/** As `tryIp`, and throws where it fails. */
export function ip(lines: readonly string[]): void {
  const { exitCode, stderr } = tryIp(lines);
  if (exitCode !== 0) throw new Error(`ip: ${stderr}`);
}
