import { expect, test } from "bun:test";
import { add, call, refuse, setUp } from "./adding.ts";
import { link, nodeWith } from "./node.ts";

test("jumbo NICs stay jumbo, in a bond with the first one's MAC and below its VLAN", async () => {
  await using ns = await nodeWith("ens1", "ens2");
  await setUp(ns, ["link set dev ens1 mtu 9000", "link set dev ens2 mtu 9000"]);
  const { address } = await link(ns, "ens2");
  await using watcher = Bun.spawn(["ip", "-n", ns.name, "-o", "monitor", "link"], { stdout: "pipe" });
  await Bun.sleep(200);
  const config = { interfaces: ["ens2", "ens1"], bond: { name: "bond0", mode: 1 }, vlanID: 4 };
  await add(ns, config);
  for (const name of ["ens1", "ens2", "bond0", "bond0.4"]) {
    expect(await link(ns, name)).toMatchObject({ address, mtu: 9000 });
  }
  watcher.kill();
  const seen = (await watcher.stdout.text()).split("\n").filter((line) => / bond0: /.test(line));
  // From its first message on, and never another.
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.filter((line) => !line.includes(`link/ether ${address}`) || !line.includes(" mtu 9000 "))).toEqual([]);

  // What the parent gets later the VLAN does not have: that is drift, and no error.
  await setUp(ns, ["link set dev bond0 mtu 8000"]);
  expect(await link(ns, "bond0.4")).toMatchObject({ mtu: 8000 });
  await setUp(ns, ["link set dev bond0 mtu 9000"]);
  expect(await link(ns, "bond0.4")).toMatchObject({ mtu: 8000 });
  expect(await add(ns, config)).toEqual([]);
  expect(await call(ns, "CHECK", config)).toMatchObject({ status: 0 });
});

test("a VLAN has its parent's MTU or the wanted one", async () => {
  await using ns = await nodeWith("ens1");
  await setUp(ns, ["link set dev ens1 mtu 9000"]);
  await add(ns, { interfaces: ["ens1"], vlanID: 4 });
  await add(ns, { interfaces: ["ens1"], vlanID: 5, mtu: 1400 });
  expect(await link(ns, "ens1.4")).toMatchObject({ mtu: 9000 });
  expect(await link(ns, "ens1.5")).toMatchObject({ mtu: 1400 });
});

test("an MTU that can't be is refused with both numbers", async () => {
  // The driver of vxlan takes no more than its own NIC has.
  await using ns = await nodeWith("ens1", "ens2");
  await setUp(ns, [
    "link set dev ens1 mtu 9000",
    "link set dev ens2 mtu 8000",
    "link add name ens3 type vxlan id 5 dev ens1 dstport 4789",
    "link add name jumbo mtu 65000 type bond mode active-backup",
    "link set dev jumbo up",
  ]);
  const bond = { name: "bond0", mode: 1 };
  for (const [config, message] of [
    [{ interfaces: ["ens1"], vlanID: 4, mtu: 9001 }, "the MTU 9001 is wanted, but ens1 has 9000: lower mtu, or raise"],
    [{ interfaces: ["ens2", "ens1"], bond, mtu: 8500 }, "the MTU 8500 is wanted, but ens2 has 8000"],
    [{ interfaces: ["jumbo"], vlanID: 4, mtu: 65001 }, "the MTU 65001 is wanted, but jumbo has 65000: lower mtu"],
  ] as const) {
    expect(await refuse(ns, config, 105)).toContain(message);
  }
  // A NIC whose driver tells its limit, and a bond that is above it.
  const { max_mtu: limit } = await link(ns, "ens3");
  if (limit > 0 && limit < 65000) {
    expect(await refuse(ns, { interfaces: ["ens3"], vlanID: 4, mtu: 65535 }, 105)).toContain(
      `its driver takes at most ${limit}, so lower mtu`,
    );
  }
});
