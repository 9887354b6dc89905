/** The answers of a made-up cluster, for run.ts: as `kubectl logs --prefix` prints them, of nodes with two bonds and 20 VLANs. */
import { closeSync, openSync, writeSync } from "node:fs";

/** Writes two lines for each node. Some nodes differ, each MAC and index does. */
export function writeFleet(path: string, { nodes }: { nodes: number }): void {
  const fd = openSync(path, "w");
  for (let index = 1; index <= nodes; index++) {
    const name = `worker-${index}`;
    const prefix = `[pod/ifacer-preflight-${index.toString(36)}/preflight]`;
    writeSync(fd, `${prefix} ${JSON.stringify(answerPlan(name, index))}\n`);
    writeSync(fd, `${prefix} ${JSON.stringify(answerStatus(name, index))}\n`);
  }
  closeSync(fd);
}

function answerPlan(node: string, index: number): object {
  const conflict = {
    reason: "inTheWay",
    link: "ens160",
    message: `ens160 has the address 192.0.2.${index % 256}/24: move it to bond0`,
  };
  const change = { type: "raise", name: "bond0", message: "bond0 is down", commands: ["ip link set dev bond0 up"] };
  const fails = index % 100 === 0;
  return {
    version: 1,
    node,
    command: "plan",
    possible: !fails,
    entries: [
      {
        path: "net.yaml",
        valid: true,
        problems: [],
        warnings: [],
        changes: index % 10 === 0 ? [change] : [],
        conflicts: fails ? [conflict] : [],
        drift: [],
      },
    ],
    problems: [],
    warnings: [],
  };
}

const options = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`option_${index}`, String(index)]));

function answerStatus(node: string, index: number): object {
  const mac = `02:00:00:${[index >> 16, (index >> 8) & 255, index & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
  const link = (name: string, kind: string, more: object) => ({
    name,
    altNames: [],
    index: index + name.length,
    namespace: null,
    kind,
    up: true,
    carrier: true,
    mtu: index % 1000 === 0 ? 1500 : 9000,
    mac,
    driver: null,
    speed: null,
    master: null,
    parent: null,
    vlan: null,
    bond: null,
    slave: null,
    madeByIfacer: true,
    problems: [],
    ...more,
  });
  const bonds = ["bond0", "bond1"].map((name) =>
    link(name, "bond", { bond: { mode: "active-backup", activeSlave: null, miimon: 100, arpInterval: 0, options } }),
  );
  const nics = ["ens160", "ens192", "ens224", "ens256"].map((name, at) =>
    link(name, "nic", { driver: "ice", speed: index % 500 === 0 ? 1000 : 25000, master: `bond${at >> 1}` }),
  );
  const vlans = Array.from({ length: 20 }, (_, at) =>
    link(`bond0.${100 + at}`, "vlan", { parent: "bond0", vlan: { id: 100 + at, protocol: "802.1Q" } }),
  );
  return { version: 1, node, command: "status", links: [...nics, ...bonds, ...vlans] };
}
