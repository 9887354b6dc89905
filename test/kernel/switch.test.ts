import { expect, test } from "bun:test";
import { bonded, complete, nics, tell } from "./bonded.ts";
import { addChain, type Chain } from "./chain.ts";
import { type Namespace, namespace } from "./harness.ts";
import { ask, serve } from "./traffic.ts";

const { cniVersion, name, ...ifacer } = bonded;

/** The chain of a Pod on the VLAN, with this address. */
function chainFor(vlanID: number, address: string): Chain {
  const ipam = { type: "static", addresses: [{ address: `${address}/24` }] };
  const macvlan = { type: "macvlan", master: `bond0.${vlanID}`, mode: "bridge", ipam };
  return { cniVersion, name, plugins: [{ ...ifacer, vlanID }, macvlan] };
}

/** A switch that carries VLAN 200 and no other, and a cable from each NIC of each node to a port of it. */
async function connect(hub: Namespace, nodes: Record<string, Namespace>): Promise<void> {
  await hub.ip("link add name br0 type bridge vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0");
  await hub.ip("link set dev br0 up");
  for (const [node, ns] of Object.entries(nodes)) {
    for (const nic of nics) {
      const port = `${node}-${nic}`;
      await hub.ip(`link add name ${port} type veth peer name ${nic} netns ${ns.name}`);
      await hub.ip(`link set dev ${port} master br0`);
      await hub.ip(`link set dev ${port} up`);
      await ns.ip(`link set dev ${nic} up`);
      const { status, stderr } = await hub.run(["bridge", "vlan", "add", "dev", port, "vid", "200"]);
      expect([status, stderr]).toEqual([0, ""]);
    }
  }
}

test("two nodes at a switch: Pods meet on their VLAN only, a cut cable and a reboot don't part them for long", async () => {
  await using hub = await namespace();
  await using one = await namespace();
  await using two = await namespace();
  await using pod1 = await namespace();
  await using pod2 = await namespace();
  await using other1 = await namespace();
  await using other2 = await namespace();
  await connect(hub, { one, two });

  await Promise.all([
    addChain(one, pod1, "pod1", chainFor(200, "192.0.2.1")),
    addChain(two, pod2, "pod2", chainFor(200, "192.0.2.2")),
  ]);
  await addChain(one, other1, "other1", chainFor(201, "198.51.100.1"));
  await addChain(two, other2, "other2", chainFor(201, "198.51.100.2"));
  expect(await tell(one)).toEqual(complete(200, 201));
  await serve(pod2, "192.0.2.2");
  await serve(other2, "198.51.100.2");

  const meeting = await ask(pod1, "192.0.2.2", 1);
  expect(meeting.answered).toBeGreaterThan(meeting.sent * 0.8);
  // The switch does not carry VLAN 201.
  expect(await ask(other1, "198.51.100.2", 1)).toMatchObject({ answered: 0 });

  // The cable of the active slave is cut while they talk; primary is ens160.
  const [before] = await one.json("-d link show dev bond0");
  expect(before.linkinfo.info_data.active_slave).toBe("ens160");
  const [cut] = await Promise.all([
    ask(pod1, "192.0.2.2", 4),
    Bun.sleep(2500).then(() => hub.ip("link set dev one-ens160 down")),
  ]);
  const [after] = await one.json("-d link show dev bond0");
  expect(after.linkinfo.info_data.active_slave).toBe("ens192");
  console.log(`the longest pause around the cut of a cable was ${cut.longestGap} ms`);
  expect(cut.longestGap).toBeLessThan(1000);
  await hub.ip("link set dev one-ens160 up");

  // After a reboot nothing of it is there; the Pods come back under new ids.
  await one.ip("link delete dev bond0");
  for (const nic of nics) await one.ip(`link set dev ${nic} down`);
  await using again = await namespace();
  await addChain(one, again, "pod3", chainFor(200, "192.0.2.1"));
  expect(await tell(one)).toEqual(complete(200));
  const reunion = await ask(again, "192.0.2.2", 1);
  expect(reunion.answered).toBeGreaterThan(reunion.sent * 0.5);
}, 240_000);
