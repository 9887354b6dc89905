import { describe, expect, test } from "bun:test";
import { shortenVlanName } from "../../src/config/linkNames.ts";
import { add, call, refuse, setUp } from "./adding.ts";
import { callPlugin, type Namespace, namespace } from "./harness.ts";
import { link, nodeWith } from "./node.ts";

const nic = "enp175s0f0np0";
const long = `${nic}.1000`;
const config = { interfaces: [nic], vlanID: 1000 };
const short = shortenVlanName(long, 1000);

describe("a VLAN whose name is too long for a link", () => {
  test("has a short name that tells its id and the long one as altname, and each verb knows it by that", async () => {
    await using ns = await nodeWith(nic);
    await add(ns, config);
    expect(await link(ns, long)).toMatchObject({ ifname: short, altnames: [long], link: nic, ifalias: "ifacer" });
    expect(short).toMatch(/^v1000-/);
    expect(await add(ns, config)).toEqual([]);
    expect(await call(ns, "CHECK", config)).toMatchObject({ status: 0, stdout: "" });
    expect(await call(ns, "DEL", config)).toMatchObject({ status: 0, stdout: "" });
    expect(await call(ns, "STATUS", config)).toMatchObject({ status: 0, stdout: "" });

    // As an ADD leaves it that is killed before it could give the altname.
    await ns.ip(`link property del dev ${short} altname ${long}`);
    const { json } = await call(ns, "CHECK", config);
    expect(json).toMatchObject({ code: 104, msg: `${short} lacks the altname ${long}` });
    expect(await add(ns, config)).toEqual([`ifacer: gave ${short} the altname ${long}`]);
    expect(await link(ns, long)).toMatchObject({ ifname: short, altnames: [long] });
  });

  /** Debian 12's builds of the plugins look no link up by an altname, whoever gave it; those of Debian 13 do. */
  test.each([
    ["macvlan", "any", "/usr/lib/cni", short],
    ["ipvlan", "any", "/usr/lib/cni", short],
    ["macvlan", "a newer", `${import.meta.dir}/../../.cache/plugins`, long],
    ["ipvlan", "a newer", `${import.meta.dir}/../../.cache/plugins`, long],
  ])("is taken as master by %s, of %s build", async (type, _, folder, master) => {
    await using ns = await nodeWith(nic);
    await using pod = await namespace();
    await add(ns, config);
    const ipam = { type: "static", addresses: [{ address: "192.0.2.10/24" }] };
    const { status, json } = await callPlugin(
      ns,
      `${folder}/${type}`,
      "ADD",
      { cniVersion: "1.0.0", name: "net", type, master, ipam },
      { env: { CNI_NETNS: pod.path, CNI_PATH: folder } },
    );
    expect({ status, json }).toMatchObject({ status: 0, json: { ips: [{ address: "192.0.2.10/24" }] } });
    const [made] = await pod.json("-d link show dev net1");
    expect([made.linkinfo.info_kind, made.link_index]).toEqual([type, (await link(ns, long)).ifindex]);
    expect(await add(ns, config)).toEqual([]);
  });

  test("and two NICs that differ in their last letter have two", async () => {
    await using ns = await nodeWith(nic, "enp175s0f0np1");
    await add(ns, { interfaces: [nic, "enp175s0f0np1"], vlanID: 1000 });
    const other = await link(ns, "enp175s0f0np1.1000");
    expect(other).toMatchObject({ link: "enp175s0f0np1" });
    expect(other.ifname).not.toBe(short);
  });
});

test("NICs are known by their altnames, in a bond and below a VLAN", async () => {
  await using ns = await nodeWith("eth0", "eth1");
  await setUp(ns, [
    "link property add dev eth0 altname enp175s0f0np0",
    "link property add dev eth1 altname enx02000000000102000000000103",
  ]);
  const vlan = { interfaces: ["enp175s0f0np0"], vlanID: 1000 };
  await add(ns, vlan);
  expect(await link(ns, long)).toMatchObject({ ifname: short, link: "eth0" });
  expect(await add(ns, vlan)).toEqual([]);
  await ns.ip(`link del dev ${short}`);

  const bond = { interfaces: ["enp175s0f0np0", "enx02000000000102000000000103"], bond: { name: "b", mode: 1 } };
  await add(ns, bond);
  expect(await link(ns, "eth1")).toMatchObject({ master: "b" });
  expect(await add(ns, { ...bond, interfaces: ["eth0", "eth1"] })).toEqual([]);

  const message = await refuse(ns, { interfaces: ["eth0", "enp175s0f0np0"], bond: { name: "c" } }, 105);
  expect(message).toContain("eth0 and enp175s0f0np0 are two names of the same interface");
});

describe("what is in the way of a long name is a conflict in words", () => {
  async function nodeWithNICs(lines: readonly string[]): Promise<Namespace> {
    const ns = await nodeWith(nic, "ens160");
    await setUp(ns, lines);
    return ns;
  }

  test.each([
    [
      "another kind under the short name",
      [`link add name ${short} type dummy`],
      `${short}, the short name for ${long}, is a link of kind dummy, wanted is a VLAN with id 1000 and protocol 802.1Q on ${nic}: set vlan.name`,
    ],
    [
      "another parent's VLAN under the short name",
      [`link add link ens160 name ${short} type vlan id 1000`],
      `${short}, the short name for ${long}, is a VLAN with id 1000 and protocol 802.1Q on ens160`,
    ],
    [
      "the long name on another link",
      [`link property add dev ens160 altname ${long}`],
      `ens160, which has the altname ${long}, is a link of kind dummy`,
    ],
    [
      "the VLAN under yet another name",
      [`link add link ${nic} name mine type vlan id 1000`],
      `${nic} has VLAN 1000 already, as mine: set vlan.name to mine`,
    ],
  ])("%s", async (_, lines, message) => {
    await using ns = await nodeWithNICs(lines);
    expect(await refuse(ns, config, 105)).toContain(message);
  });
});
