/** What the unit of `ifacer install --boot` does when a node boots with systemd as its first process. */
import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { ifacer } from "../cli/executable.ts";
import { image } from "./machine.ts";

/** What udev calls the machine's NICs. */
const [first, second, third] = ["enp0s4", "enp0s5", "enp0s6"] as const;
const base = { cniVersion: "1.0.0", type: "ifacer" };
const good = { ...base, name: "a", interfaces: [first, second], bond: { name: "bond0", mode: 1 }, vlanID: 200 };
const other = { ...base, name: "c", interfaces: [third], vlanID: 300 };

/** Stands for the kubelet: notes what is there when it starts. */
const kubelet = [
  "[Service]",
  "Type=oneshot",
  "RemainAfterExit=yes",
  "ExecStart=/bin/sh -c 'ip -br link >/run/seen'",
  "[Install]",
  "WantedBy=multi-user.target",
];

interface Report {
  readonly seen: string[];
  readonly kubelet: string;
  readonly unit: string;
  readonly journal: string;
  readonly files: string[];
}

const script = `
say() { echo "== $1"; shift; "$@" 2>&1; }
say seen cat /run/seen
say kubelet systemctl is-active kubelet
say unit systemctl is-active ifacer
say journal journalctl --no-pager -o cat -u ifacer
say files ls /etc/ifacer/networks
`;

function read(stdout: string): Report {
  const parts = new Map(
    stdout
      .split("== ")
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1).trim()] as const),
  );
  const text = (name: string) => parts.get(name) ?? "";
  const seen = text("seen")
    .split("\n")
    .map((line) => line.split(/[\s@]/)[0] ?? "")
    .sort();
  const [kubelet, unit, journal] = [text("kubelet"), text("unit"), text("journal")];
  return { seen, kubelet, unit, journal, files: text("files").split("\n") };
}

test("the links are there before the kubelet starts; one config of three is broken and keeps nothing else from its start", async () => {
  using node = await image();
  const files = `${node.root}/root/configs`;
  mkdirSync(files, { recursive: true });
  writeFileSync(`${files}/a.json`, JSON.stringify(good));
  writeFileSync(`${files}/c.json`, JSON.stringify(other));
  mkdirSync(`${node.root}/opt/cni/bin`, { recursive: true });
  const installed = await ifacer(["install", "--to", "/opt/cni/bin", "--boot", "-f", files, "--root", node.root]);
  expect([installed.status, installed.stderr]).toEqual([0, ""]);
  // Broken later, by hand.
  node.write("/etc/ifacer/networks/b.json", '{ "type": "ifacer", ');
  node.write("/etc/systemd/system/kubelet.service", `${kubelet.join("\n")}\n`);
  symlinkSync("../kubelet.service", `${node.root}/etc/systemd/system/multi-user.target.wants/kubelet.service`);

  const booted = await node.boot(script);
  const report = read(booted.stdout);
  expect(report).toMatchObject({ kubelet: "active", unit: "failed", files: ["a.json", "b.json", "c.json"] });
  expect(report.seen).toEqual(["bond0", "bond0.200", first, second, third, `${third}.300`, "lo"].sort());
  expect(report.journal).toContain("made the bond bond0 with mode active-backup");
  expect(report.journal).toContain("/etc/ifacer/networks/b.json");
  expect(report.journal).toContain("not all was done: /etc/ifacer/networks/b.json");
  expect(report.journal).toContain(`made the VLAN ${third}.300 with id 300 on ${third}`);

  // The next boot, after the unit is taken away: nothing is made, and the configs stay.
  expect((await ifacer(["install", "--remove-boot", "--root", node.root])).status).toBe(0);
  const again = read((await node.boot(script)).stdout);
  expect(again).toMatchObject({ kubelet: "active", unit: "inactive", files: ["a.json", "b.json", "c.json"] });
  expect(again.seen).toEqual(["lo", first, second, third].sort());
});
