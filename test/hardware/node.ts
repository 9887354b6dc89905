/**
 * What hardware.test.ts runs inside the microVM, once for each boot: `node.ts DRIVER...` loads the drivers in this order, which
 * decides which NIC is called eth0, and prints what ifacer makes of the NICs as one JSON document. NICs are told of by their PCI
 * address, as their names differ.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { here, ifacer, runCommand, succeed } from "../kernel/harness.ts";
import { until } from "../waiting.ts";

const node = here();
const executable = `${import.meta.dir}/../../dist/ifacer`;
const base = { cniVersion: "1.1.0", name: "net", type: "ifacer" };

for (const driver of process.argv.slice(2)) await succeed(["busybox", "modprobe", driver]);

/** Names of NICs by their PCI address. */
const names = new Map<string, string>();
await until("all NICs are there", async () => {
  for (const { ifname } of await node.json("link show")) {
    const path = ifname === "lo" ? "" : readlinkSync(`/sys/class/net/${ifname}`);
    const address = path.split("/").findLast((part) => /^0000:00:1\d\.0$/.test(part));
    if (address) names.set(address.slice(8, 10), ifname);
  }
  return names.size === 6;
});

const addressOf = (name: string) => [...names].find(([, other]) => other === name)?.[0] ?? name;
const nameOf = (address: string) => names.get(address) ?? "none";

/** What `ifacer nics -f` says: the chosen ones in order, and why the others are not. */
async function choose(select: object, more: object = { vlanID: 100 }) {
  const stdin = JSON.stringify({ ...base, select, ...more });
  const { stdout } = await runCommand([executable, "nics", "-f", "-", "-o", "json"], { stdin });
  const [entry] = JSON.parse(stdout).entries;
  return {
    chosen: entry.chosen.map(addressOf),
    // biome-ignore lint/suspicious/noExplicitAny: of `ifacer nics -f`
    others: Object.fromEntries(
      entry.nics.filter((nic: any) => !nic.chosen).map((nic: any) => [addressOf(nic.name), nic.reason]),
    ),
  };
}

async function call(verb: string, config: object) {
  const { status, json } = await ifacer(node, verb, { ...base, ...config });
  return status === 0 ? "good" : `${json.code}: ${json.msg}`;
}

/** The slaves of a bond, and the NICs that are up, by their addresses. */
async function slavesOf(bond: string) {
  return (await node.json(`link show master ${bond}`)).map(({ ifname }) => addressOf(ifname)).toSorted();
}
async function listUp() {
  return (await node.json("link show up"))
    .map(({ ifname }) => addressOf(ifname))
    .filter((one) => /^1\d$/.test(one))
    .toSorted();
}

const { stdout } = await runCommand([executable, "nics", "-o", "json"]);
const fresh = JSON.parse(stdout).nics as { name: string; driver: string; pciAddress: string }[];
const ids = (await choose({})).chosen;

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

const report = {
  kernel: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
  names: Object.fromEntries(names),
  drivers: Object.fromEntries(fresh.map(({ name, driver }) => [addressOf(name), driver])),
  all: ids,
  withRoute: await choose({ kinds: ["nic", "bond", "vlan"] }),
  byDriver: await choose({ drivers: ["e1000e"] }),
  byDevice: await choose({ devices: ["8086:100e", "15ad:*"] }),
  byModernDevice: await choose({ devices: ["1af4:*"], count: 1 }),
  downBySpeed: await choose({ minSpeed: 25000 }),
  speed: {
    check: await call("STATUS", { select: { minSpeed: 25000 }, vlanID: 101 }),
    add: await call("ADD", { select: { minSpeed: 25000 }, vlanID: 101 }),
    up: await listUp(),
    vlan: addressOf(
      (await node.json("-d link show type vlan")).find(({ linkinfo }) => linkinfo.info_data.id === 101)?.link,
    ),
    again: await call("ADD", { select: { minSpeed: 25000 }, vlanID: 101 }),
  },
  bond: {
    add: await call("ADD", bonded()),
    slaves: await slavesOf("bond0"),
    again: await call("ADD", bonded()),
    check: await call("CHECK", bonded()),
    chosen: (await choose(bonded().select, bonded())).chosen,
  },
  tooFast: await call("ADD", { select: { minSpeed: 40000 }, vlanID: 103 }),
  upAtTheEnd: await listUp(),
  speeds: Object.fromEntries([...names].map(([address, name]) => [address, speedOf(name)])),
  driverLinks: Object.fromEntries(
    [...names].map(([address, name]) => [address, basename(readlinkSync(`/sys/class/net/${name}/device/driver`))]),
  ),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);

/** The e1000 and the vmxnet3, by speed: 10000 Mb/s only the latter has. */
function bonded() {
  return {
    select: { drivers: ["e1000", "vmxnet3"], linkUp: true, count: 2 },
    vlanID: 102,
    bond: { name: "bond0", mode: 1 },
  };
}

function speedOf(name: string): number | undefined {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/speed`, "utf8"));
  } catch {
    return undefined;
  }
}
