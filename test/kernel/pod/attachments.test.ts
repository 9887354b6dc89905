/** What belongs to which attachment and to which Pod: names that two networks want, paths that lead elsewhere by now. */
import { expect, test } from "bun:test";
import { rmSync, symlinkSync } from "node:fs";
import { executable } from "../harness.ts";
import { nodeWith } from "../node.ts";
import {
  add,
  addresses,
  call,
  environmentOf,
  fakeIpam,
  hostLocalIpam,
  hostLocalStore,
  refuse,
  startIn,
  succeed,
  tell,
} from "./pod.ts";

const granted = JSON.stringify({ cniVersion: "1.0.0", ips: [{ address: "192.0.2.10/24" }] });

test("of two attachments that want a link of one name, the second is refused, and takes nothing of the first one", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0", "eth1");
  using store = hostLocalStore();
  const place = { node, pod };
  const vlan = { interfaces: ["eth0"], vlanID: 3, vlan: { name: "v" }, ipam: hostLocalIpam(store.folder) };
  const bond = { interfaces: ["eth0", "eth1"], bond: { name: "v", mode: 1 }, ipam: hostLocalIpam(store.folder) };
  for (const entry of [vlan, bond]) {
    const [first, second] = [{ CNI_IFNAME: "net1" }, { CNI_IFNAME: "net2" }];
    const result = await add(place, entry, first);
    const made = [await tell(pod), store.list(), await addresses(pod, "v")];
    const words = await refuse(place, entry, 105, second);
    expect(words).toContain("v was made for the interface net1 of this Pod: set ");
    for (let times = 0; times < 2; times++) {
      await succeed(place, "DEL", entry, second);
      expect([await tell(pod), store.list(), await addresses(pod, "v")]).toEqual(made);
    }
    await succeed(place, "CHECK", { ...entry, prevResult: result }, first);
    await succeed(place, "DEL", entry, first);
    expect([(await tell(pod)).length, store.list()]).toEqual([2, []]);
    // Without the Pod each frees what it was given, under the name that both have.
    await add(place, entry, first);
    await succeed(place, "DEL", entry, { ...second, CNI_NETNS: "/run/netns/gone" });
    expect(store.list()).toEqual([]);
    await succeed(place, "DEL", entry, first);
  }
}, 240_000);

test("a path that leads to another Pod by now: nothing is done there, and the address is freed", async () => {
  await using node = await nodeWith();
  await using one = await nodeWith("eth0");
  await using two = await nodeWith("eth0");
  await using process = await startIn(two);
  using store = hostLocalStore();
  const entry = { vlanID: 3, ipam: hostLocalIpam(store.folder) };
  const result = await add({ node, pod: one }, entry);
  await add({ node, pod: two }, entry, { CNI_CONTAINERID: "pod2" });
  const before = await tell(two);
  const env = { CNI_NETNS: process.netns };
  const place = { node, pod: two };
  const { interfaces } = result;
  const eth0 = { ...interfaces[0], name: "eth0" };
  for (const verb of ["ADD", "CHECK"]) {
    const { json } = await call(place, verb, { ...entry, prevResult: { ...result, interfaces: [eth0] } }, env);
    expect([verb, json.code, json.msg]).toEqual([verb, 3, expect.stringContaining("leads to another Pod by now")]);
  }
  await succeed(place, "DEL", { ...entry, prevResult: result }, env);
  expect([await tell(two), store.list()]).toEqual([before, [expect.any(String)]]);
  // Its own DEL knows it.
  const own = { ...result, interfaces: [{ ...eth0, mac: (await two.json("link show dev eth0"))[0].address }] };
  await succeed(place, "DEL", { ...entry, prevResult: own }, { ...env, CNI_CONTAINERID: "pod2" });
  expect([await tell(two), store.list()]).toEqual([["eth0 up dummy"], []]);
}, 240_000);

test("a Pod that is gone, or another one, when the IPAM plugin has answered: code 3, and the address is given back", async () => {
  await using node = await nodeWith();
  await using one = await nodeWith("eth0");
  await using two = await nodeWith("eth0");
  using fake = fakeIpam();
  const entry = { vlanID: 3, ipam: { type: "fake" } };
  const place = { node, pod: one };
  const path = `${fake.folder}/netns`;
  symlinkSync(two.path, `${fake.folder}/other`);
  await add({ node, pod: two }, { vlanID: 3 });
  const before = [await tell(two), await addresses(two, "eth0.3")];
  const ways: [what: string, command: string][] = [
    ["another one", `mv -T $RECORD/other ${path}`],
    ["gone", `rm ${path}`],
  ];
  for (const [what, command] of ways) {
    rmSync(path, { force: true });
    symlinkSync(one.path, path);
    const env = { ...fake.env, CNI_NETNS: path, DO_ADD: command, SAY_ADD: granted };
    const { status, json } = await call(place, "ADD", entry, env);
    expect([what, status, json.code]).toEqual([what, 1, 3]);
    expect([what, json.msg.includes("node"), json.msg]).toEqual([
      what,
      false,
      expect.stringContaining("the Pod is gone"),
    ]);
    expect(fake.takeCalls()).toEqual(["ADD eth0.3", "DEL eth0.3"]);
    expect([what, await tell(two), await addresses(two, "eth0.3")]).toEqual([what, ...before]);
    await succeed(place, "DEL", entry, fake.env);
    fake.takeCalls();
  }
}, 240_000);

test("routes to the own network, several ways to one destination, and a table with a name", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0");
  using fake = fakeIpam();
  await pod.run(["sh", "-c", "for f in all default eth0; do echo 0 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done"]);
  const routes = [
    { dst: "192.0.2.0/24", gw: "0.0.0.0" },
    { dst: "203.0.113.0/24", gw: "192.0.2.1" },
    { dst: "203.0.113.0/24", gw: "192.0.2.2" },
    { dst: "203.0.113.0/24", gw: "192.0.2.1", mtu: 1400 },
    { dst: "198.51.100.0/24", gw: "192.0.2.1", table: 100 },
    { dst: "2001:db8:1::/48", gw: "2001:db8::1" },
    { dst: "2001:db8:1::/48", gw: "2001:db8::2" },
    { dst: "2001:db8::/64", gw: "::" },
  ];
  const ips = [{ address: "192.0.2.10/24" }, { address: "2001:db8::10/64" }];
  const env = { ...fake.env, SAY_ADD: JSON.stringify({ cniVersion: "1.1.0", ips, routes }) };
  const entry = { cniVersion: "1.1.0", vlanID: 3, ipam: { type: "fake" } };
  const config = { name: "net", type: "ifacer", linkInContainer: true, ...entry };
  // A node whose admin gave the table a name.
  const named = `mount -t tmpfs tmpfs /etc/iproute2 && echo '100 mine' >/etc/iproute2/rt_tables && exec "$0"`;
  const under = (verb: string, more: object = {}) =>
    node.run(["unshare", "--mount", "sh", "-c", named, executable], {
      env: { ...environmentOf(pod, env), CNI_COMMAND: verb, CNI_CONTAINERID: "pod1" },
      stdin: JSON.stringify({ ...config, ...more }),
    });
  for (const start of [
    under,
    (verb: string, more: object = {}) => call({ node, pod }, verb, { ...entry, ...more }, env),
  ]) {
    const { status, stdout } = await start("ADD");
    expect([status, stdout]).toEqual([0, expect.stringContaining("192.0.2.10/24")]);
    const shown = (await pod.ip("route show table all dev eth0.3"))
      .split("\n")
      .filter((line) => line.startsWith("203."));
    expect(shown.map((line) => line.split(" ", 3).join(" "))).toEqual([
      "203.0.113.0/24 via 192.0.2.1",
      "203.0.113.0/24 via 192.0.2.2",
    ]);
    const [ways] = (await pod.json("-6 route show 2001:db8:1::/48")).map(({ nexthops }) => nexthops.length);
    expect(ways).toBe(2);
    const { status: checked, stdout: words } = await start("CHECK", { prevResult: JSON.parse(stdout) });
    expect([checked, words]).toEqual([0, ""]);
    const { status: ended } = await start("DEL");
    expect([ended, await tell(pod)]).toEqual([0, ["eth0 up dummy"]]);
  }
}, 240_000);
