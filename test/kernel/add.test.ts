import { describe, expect, test } from "bun:test";
import { bondModes } from "../../src/model.ts";
import { ifacer, type Namespace, namespace } from "./harness.ts";
import { link, nodeWith, photograph, photographSettled } from "./node.ts";

const base = { cniVersion: "1.0.0", name: "net", type: "ifacer" };

async function names(ns: Namespace): Promise<string[]> {
  return (await ns.json("link show")).map(({ ifname }) => ifname).filter((name) => name !== "lo");
}

/** Runs ADD, which has to succeed, and returns what it wrote into the journal. */
async function add(ns: Namespace, config: object): Promise<string> {
  const { status, stdout, stderr, json } = await ifacer(ns, "ADD", { ...base, ...config });
  expect([status, stdout]).toEqual([0, '{"cniVersion":"1.0.0"}\n']);
  expect(json).toEqual({ cniVersion: "1.0.0" });
  return stderr;
}

describe("what ADD makes", () => {
  test("a VLAN on a NIC, and raises the NIC", async () => {
    await using ns = await nodeWith("ens192");
    await ns.ip("link set dev ens192 down");
    const journal = await add(ns, { interfaces: ["ens192"], vlanID: 100 });
    expect(await link(ns, "ens192.100")).toMatchObject({
      link: "ens192",
      ifalias: "ifacer",
      flags: expect.arrayContaining(["UP", "LOWER_UP"]),
      linkinfo: { info_kind: "vlan", info_data: { protocol: "802.1Q", id: 100 } },
    });
    expect(journal).toBe(
      [
        "ifacer: set ens192 up",
        "ifacer: made the VLAN ens192.100 with id 100 on ens192",
        "ifacer: set ens192.100 up",
        "",
      ].join("\n"),
    );
  });

  test("a bond of two NICs under the default name, with the first NIC's MAC", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    const { address } = await link(ns, "ens192");
    await add(ns, { interfaces: ["ens192", "ens160"], bond: {} });
    expect(await link(ns, "sp_bond0")).toMatchObject({
      address,
      ifalias: "ifacer",
      flags: expect.arrayContaining(["UP"]),
      linkinfo: { info_kind: "bond", info_data: { mode: "balance-rr", miimon: 100 } },
    });
    for (const nic of ["ens192", "ens160"]) {
      expect(await link(ns, nic)).toMatchObject({ master: "sp_bond0", flags: expect.arrayContaining(["UP"]) });
    }
  });

  test("a VLAN on a bond", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    const options = "primary=ens160;arp_interval=1";
    await add(ns, { interfaces: ["ens192", "ens160"], vlanID: 200, bond: { name: "bond0", mode: 1, options } });
    expect(await link(ns, "bond0")).toMatchObject({
      linkinfo: { info_data: { mode: "active-backup", primary: "ens160", arp_interval: 1, miimon: 0 } },
    });
    expect(await link(ns, "bond0.200")).toMatchObject({ link: "bond0", linkinfo: { info_data: { id: 200 } } });
    expect((await names(ns)).sort()).toEqual(["bond0", "bond0.200", "ens160", "ens192"]);
  });

  test("a VLAN on each of several NICs where there is no bond", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await add(ns, { interfaces: ["ens192", "ens160"], vlanID: 7 });
    expect(await link(ns, "ens192.7")).toMatchObject({ link: "ens192", linkinfo: { info_data: { id: 7 } } });
    expect(await link(ns, "ens160.7")).toMatchObject({ link: "ens160", linkinfo: { info_data: { id: 7 } } });
  });

  test.each([
    ["vlanID 0", { interfaces: ["ens192"], vlanID: 0 }],
    ["no vlanID", { interfaces: ["ens192"] }],
    ["a bond of one NIC", { interfaces: ["ens192"], bond: { name: "bond0", mode: 1 } }],
    ["several NICs and nothing to make of them", { interfaces: ["ens192", "ens160"] }],
  ])("nothing for %s", async (_, config) => {
    await using ns = await nodeWith("ens192", "ens160");
    const before = await photograph(ns);
    expect(await add(ns, config)).toBe("");
    expect(await photograph(ns)).toBe(before);
  });

  test("a VLAN of its own name, protocol and MTU", async () => {
    await using ns = await nodeWith("ens192");
    const vlan = { name: "storage", protocol: "802.1ad" };
    await add(ns, { interfaces: ["ens192"], vlanID: 4094, mtu: 1400, vlan });
    expect(await link(ns, "storage")).toMatchObject({
      link: "ens192",
      mtu: 1400,
      linkinfo: { info_data: { protocol: "802.1ad", id: 4094 } },
    });
  });

  test("a bond with the smallest MTU of its NICs, or the wanted one", async () => {
    await using ns = await nodeWith("ens1", "ens2", "ens3", "ens4");
    for (const [nic, mtu] of Object.entries({ ens1: 9000, ens2: 8000, ens3: 9000, ens4: 9000 })) {
      await ns.ip(`link set dev ${nic} mtu ${mtu}`);
    }
    await add(ns, { interfaces: ["ens1", "ens2"], bond: {}, vlanID: 3 });
    expect(await link(ns, "sp_bond0")).toMatchObject({ mtu: 8000 });
    expect(await link(ns, "sp_bond0.3")).toMatchObject({ mtu: 8000 });
    await add(ns, { interfaces: ["ens3", "ens4"], bond: { name: "b" }, mtu: 2000 });
    expect(await link(ns, "b")).toMatchObject({ mtu: 2000 });
  });

  test.each([
    ...bondModes.map((name, number) => [number, name] as const),
    ...bondModes.map((name) => [name, name] as const),
  ])("a bond of mode %p", async (mode, name) => {
    await using ns = await nodeWith("ens192", "ens160");
    await add(ns, { interfaces: ["ens192", "ens160"], bond: { name: "bond0", mode } });
    expect((await link(ns, "bond0")).linkinfo.info_data).toMatchObject({ mode: name, miimon: 100 });
  });

  test.each([
    [
      "primary=ens160;miimon=50;updelay=100;downdelay=200",
      1,
      { primary: "ens160", miimon: 50, updelay: 100, downdelay: 200 },
    ],
    [
      "arp_interval=100;arp_ip_target=192.0.2.1,192.0.2.2",
      1,
      { arp_interval: 100, arp_ip_target: ["192.0.2.1", "192.0.2.2"] },
    ],
    ["lacp_rate=fast; xmit_hash_policy=layer3+4;", 4, { ad_lacp_rate: "fast", xmit_hash_policy: "layer3+4" }],
    ["lacp_rate=1;xmit_hash_policy=1", 4, { ad_lacp_rate: "fast", xmit_hash_policy: "layer3+4" }],
    ["use_carrier=0", 0, { use_carrier: 0 }],
  ])("a bond with the options %s", async (options, mode, expected) => {
    await using ns = await nodeWith("ens192", "ens160");
    await add(ns, { interfaces: ["ens192", "ens160"], bond: { name: "bond0", mode, options } });
    expect((await link(ns, "bond0")).linkinfo.info_data).toMatchObject(expected);
  });

  test("links whose names are words of ip", async () => {
    await using ns = await nodeWith("up", "dev");
    await add(ns, { interfaces: ["up", "dev"], bond: { name: "b", mode: 1 }, vlanID: 5, vlan: { name: "type" } });
    expect(await link(ns, "type")).toMatchObject({ link: "b", linkinfo: { info_data: { id: 5 } } });
  });
});

describe("what ADD finds", () => {
  test("is left as it is when it is right", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    const config = { interfaces: ["ens192", "ens160"], vlanID: 200, bond: { name: "bond0", mode: 1 } };
    await add(ns, config);
    const before = await photographSettled(ns);
    expect(await add(ns, config)).toBe("");
    expect(await photograph(ns)).toBe(before);
  });

  test("may have been made by somebody else, and is raised when it is down", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await ns.ip("link add name bond0 type bond mode active-backup miimon 200");
    for (const nic of ["ens192", "ens160"]) {
      await ns.ip(`link set dev ${nic} down`);
      await ns.ip(`link set dev ${nic} master bond0`);
    }
    await ns.ip("link set dev ens160 down");
    await ns.ip("link add link bond0 name bond0.200 type vlan id 200");
    const before = [await link(ns, "bond0"), await link(ns, "bond0.200")];
    const journal = await add(ns, { interfaces: ["ens192", "ens160"], vlanID: 200, bond: { name: "bond0" } });
    expect(journal.trim().split("\n")).toEqual([
      "ifacer: set ens160 up",
      "ifacer: set bond0 up",
      "ifacer: set bond0.200 up",
    ]);
    const after = [await link(ns, "bond0"), await link(ns, "bond0.200")];
    expect(after.map(({ ifindex }) => ifindex)).toEqual(before.map(({ ifindex }) => ifindex));
    expect(after[0].linkinfo.info_data.miimon).toBe(200);
  });

  test("a bond that lacks a NIC is completed", async () => {
    await using ns = await nodeWith("ens192", "ens160", "ens224");
    await add(ns, { interfaces: ["ens192", "ens160"], bond: { name: "bond0", mode: 1 } });
    const journal = await add(ns, { interfaces: ["ens192", "ens160", "ens224"], bond: { name: "bond0", mode: 1 } });
    expect(journal).toBe("ifacer: made ens224 a slave of bond0\n");
  });

  test("an empty bond that is down becomes the wanted one", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await ns.ip("link add name bond0 type bond");
    const { ifindex } = await link(ns, "bond0");
    const { address } = await link(ns, "ens192");
    await add(ns, { interfaces: ["ens192", "ens160"], bond: { name: "bond0", mode: 4, options: "lacp_rate=fast" } });
    expect(await link(ns, "bond0")).toMatchObject({
      ifindex,
      address,
      linkinfo: { info_data: { mode: "802.3ad", ad_lacp_rate: "fast", miimon: 100 } },
    });
  });
});

describe("what ADD refuses, without touching anything", () => {
  const onBond = { interfaces: ["ens192", "ens160"], vlanID: 200, bond: { name: "bond0", mode: 1 } };
  const onNIC = { interfaces: ["ens192"], vlanID: 100 };
  test.each([
    ["a missing NIC", [], { interfaces: ["ens192", "ens999"], bond: {} }, 100, "ens999 is not on this node"],
    [
      "another kind under the VLAN's name",
      ["link add name ens192.100 type dummy"],
      onNIC,
      105,
      "ens192.100 is a link of kind dummy, wanted is a VLAN",
    ],
    [
      "another VLAN id",
      ["link add link ens192 name ens192.100 type vlan id 101"],
      onNIC,
      105,
      "ens192.100 is a VLAN with id 101",
    ],
    [
      "another parent",
      ["link add link ens160 name ens192.100 type vlan id 100"],
      onNIC,
      105,
      "on ens160, wanted is a VLAN with id 100 and protocol 802.1Q on ens192",
    ],
    [
      "another protocol",
      ["link add link ens192 name ens192.100 type vlan protocol 802.1ad id 100"],
      onNIC,
      105,
      "protocol 802.1ad",
    ],
    [
      "the id on another NIC",
      ["link add link ens160 name other type vlan id 100"],
      onNIC,
      105,
      "VLAN 100 is there already, as other on ens160",
    ],
    ["another kind under the bond's name", ["link add name bond0 type bridge"], onBond, 105, "wanted is a bond"],
    [
      "another mode",
      ["link add name bond0 type bond mode balance-rr", "link set dev bond0 up"],
      onBond,
      105,
      "bond0 has the mode balance-rr, wanted is active-backup",
    ],
    [
      "a NIC of another bond",
      ["link add name bond1 type bond", "link set dev ens160 down", "link set dev ens160 master bond1"],
      onBond,
      105,
      "ens160 belongs to bond1",
    ],
    [
      "a NIC of a bridge",
      ["link add name br0 type bridge", "link set dev ens160 master br0"],
      onBond,
      105,
      "ens160 belongs to br0",
    ],
    ["a NIC with an address", ["address add 192.0.2.1/24 dev ens160"], onBond, 105, "has the address 192.0.2.1/24"],
    ["a NIC with a VLAN", ["link add link ens160 name x type vlan id 9"], onBond, 105, "ens160 has the VLAN x on top"],
    ["an MTU above the NIC's", [], { ...onNIC, mtu: 9000 }, 105, "the MTU 9000 is wanted, but ens192 has 1500"],
  ])("%s", async (_, setup, config, code, message) => {
    await using ns = await nodeWith("ens192", "ens160");
    for (const line of setup) await ns.ip(line);
    const before = await photographSettled(ns);
    const answer = await ifacer(ns, "ADD", { ...base, ...config });
    expect(answer).toMatchObject({ status: 1, stderr: "", json: { code } });
    expect(answer.json.msg).toContain(message);
    expect(await photograph(ns)).toBe(before);
  });

  test("duplicateVlanID: allow lifts the rule about other NICs, not the kernel's own", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await ns.ip("link add link ens160 name other type vlan id 100");
    await add(ns, { ...onNIC, duplicateVlanID: "allow" });
    const answer = await ifacer(ns, "ADD", {
      ...base,
      ...onNIC,
      duplicateVlanID: "allow",
      interfaces: ["ens160"],
    });
    expect(answer.json).toMatchObject({
      code: 105,
      msg: expect.stringContaining("ens160 has VLAN 100 already, as other"),
    });
  });

  test("allowInUse takes a NIC with an address", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await ns.ip("address add 192.0.2.1/24 dev ens160");
    await add(ns, { ...onBond, allowInUse: true });
    expect(await link(ns, "ens160")).toMatchObject({ master: "bond0" });
  });
});

describe("a failing ADD leaves the host as it was", () => {
  test("when the driver does not take the second NIC, because of a Pod's macvlan that can't be seen from here", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await using pod = await namespace();
    await ns.ip(`link add link ens160 name net1 netns ${pod.name} type macvlan mode bridge`);
    const before = await photograph(ns);
    const config = { ...base, interfaces: ["ens192", "ens160"], bond: { name: "bond0", mode: 1 }, vlanID: 5 };
    const answer = await ifacer(ns, "ADD", config);
    expect(answer).toMatchObject({ status: 1, stderr: "", json: { code: 103 } });
    expect(answer.json.msg).toContain("ens160 is not a slave of bond0: ");
    expect(answer.json.msg).toContain("all was undone");
    expect(await photograph(ns)).toBe(before);
  });
});
