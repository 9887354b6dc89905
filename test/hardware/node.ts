/**
 * What hardware.test.ts runs inside the microVM, once for each boot: `node.ts DRIVER...` loads the drivers in this order, which
 * decides which NIC is called eth0, and prints what ifacer makes of the NICs as one JSON document. NICs are told of by the slot of
 * their PCI address, as their names differ.
 */
import { readlinkSync } from "node:fs";
import { executable, here, ifacer, runCommand, succeed } from "../kernel/harness.ts";
import { until } from "../waiting.ts";

const node = here();
const base = { cniVersion: "1.1.0", name: "net", type: "ifacer" };
const amount = 6;

for (const driver of process.argv.slice(2)) await succeed(["busybox", "modprobe", driver]);

/** The names of the NICs by their slot. */
const names = new Map<string, string>();
await until("all NICs are there", async () => {
  for (const { ifname } of await node.json("link show")) {
    const path = readlinkSync(`/sys/class/net/${ifname}`);
    const slot = /\/0000:00:(1\d)\.0\//.exec(path)?.[1];
    if (slot !== undefined) names.set(slot, ifname);
  }
  return names.size === amount;
});

const slotOf = (name: string) => [...names].find(([, other]) => other === name)?.[0] ?? name;
const nameOf = (slot: string) => names.get(slot) ?? "none";

interface Said {
  readonly name: string;
  readonly chosen: boolean;
  readonly reason: string;
}

/** What `ifacer nics -f` says: the chosen ones in order, and why the others are not. */
async function choose(select: object, more: object = { vlanID: 100 }) {
  const stdin = JSON.stringify({ ...base, ...more, select });
  const { stdout } = await runCommand([executable, "nics", "-f", "-", "-o", "json"], { stdin });
  const [entry] = JSON.parse(stdout).entries;
  const others = entry.nics.filter(({ chosen }: Said) => !chosen);
  return {
    chosen: entry.chosen.map(slotOf),
    others: Object.fromEntries(others.map(({ name, reason }: Said) => [slotOf(name), reason])),
  };
}

async function call(verb: string, config: object): Promise<string> {
  const { status, json } = await ifacer(node, verb, { ...base, ...config });
  return status === 0 ? "good" : `${json.code}: ${json.msg}; ${json.details}`;
}

async function slavesOf(bond: string): Promise<string[]> {
  return (await node.json(`link show master ${bond}`)).map(({ ifname }) => slotOf(ifname)).toSorted();
}

async function listUp(): Promise<string[]> {
  const up = (await node.json("link show up")).map(({ ifname }) => slotOf(ifname));
  return up.filter((slot) => names.has(slot)).toSorted();
}

/** Below which NIC a VLAN is. */
async function findParent(id: number): Promise<string> {
  const vlans = await node.json("-d link show type vlan");
  return slotOf(vlans.find(({ linkinfo }) => linkinfo.info_data.id === id)?.link);
}

async function listDrivers() {
  const { stdout } = await runCommand([executable, "nics", "-o", "json"]);
  const { nics }: { nics: { name: string; driver: string }[] } = JSON.parse(stdout);
  return Object.fromEntries(nics.map(({ name, driver }) => [slotOf(name), driver]));
}

/** What is said of the NICs whose speed is known by then, and which are up in the end. */
async function askForTooMuch() {
  const { json } = await ifacer(node, "ADD", { ...base, select: { minSpeed: 40000 }, vlanID: 103 });
  const lines: string[] = json.details.split("\n");
  const reasons = lines.flatMap((line) => {
    const [, name = "", reason] = /^(\S+): not chosen, (its .*)$/.exec(line) ?? [];
    return reason === undefined ? [] : [[slotOf(name), reason]];
  });
  return { add: `${json.code}: ${json.msg}`, reasons: Object.fromEntries(reasons), up: await listUp() };
}

const drivers = await listDrivers();
const order = (await choose({})).chosen;

// What the node itself stands on: a VLAN on a bond of one of the e1000e.
for (const line of [
  "link add name node0 type bond mode active-backup miimon 100",
  `link set dev ${nameOf("15")} master node0`,
  "link set dev node0 up",
  "link add link node0 name node0.7 type vlan id 7",
  "address add 192.0.2.1/24 dev node0.7",
  "link set dev node0.7 up",
  "route add default via 192.0.2.254 dev node0.7",
]) {
  await node.ip(line);
}

const fast = { select: { minSpeed: 25000 }, vlanID: 101 };
const bonded = {
  select: { drivers: ["e1000", "vmxnet3"], linkUp: true, count: 2 },
  vlanID: 102,
  bond: { name: "bond0", mode: 1 },
};
const report = {
  names: Object.fromEntries(names),
  drivers,
  order,
  defaultRoute: await choose({ kinds: ["nic", "bond", "vlan"] }),
  byDriver: (await choose({ drivers: ["e1000e"] })).chosen,
  byDevice: (await choose({ devices: ["8086:100e", "15ad:*"] })).chosen,
  byDeviceAndCount: (await choose({ devices: ["1af4:*"], count: 1 })).chosen,
  bySpeed: {
    seen: (await choose(fast.select)).chosen,
    status: await call("STATUS", fast),
    add: await call("ADD", fast),
    up: await listUp(),
    parent: await findParent(fast.vlanID),
    again: await call("ADD", fast),
  },
  bond: {
    add: await call("ADD", bonded),
    slaves: await slavesOf("bond0"),
    again: await call("ADD", bonded),
    check: await call("CHECK", bonded),
    chosen: (await choose(bonded.select, bonded)).chosen,
  },
  tooFast: await askForTooMuch(),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
