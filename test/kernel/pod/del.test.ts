import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { setUp } from "../adding.ts";
import { namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { add, call, fakeIpam, hostLocalIpam, hostLocalStore, lookAtBoth, succeed, tell } from "./pod.ts";

test("DEL frees the address wherever the links are gone to, and whatever the runtime still knows", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0");
  using store = hostLocalStore();
  const place = { node, pod };
  const entry = { vlanID: 3, ipam: hostLocalIpam(store.folder) };
  const file = `${store.folder}/left-name`;
  writeFileSync(file, "");
  const ways: [what: string, env: Record<string, string | undefined>, linksLeft: boolean][] = [
    ["without CNI_NETNS", { CNI_NETNS: undefined }, true],
    ["with an empty one", { CNI_NETNS: "" }, true],
    ["with a namespace that is gone", { CNI_NETNS: "/run/netns/gone" }, true],
    ["with a name that is left without its namespace", { CNI_NETNS: file }, true],
    ["with ifacer's own namespace", { CNI_NETNS: "/proc/self/ns/net" }, true],
    ["with all that it needs", {}, false],
    ["with the Pod's namespace by another path", { CNI_NETNS: pod.path.replace("/run", "/var/run") }, false],
  ];
  // In ifacer's own namespace it would find links of that name.
  await setUp(node, ["link add name eth0 type dummy", "link add link eth0 name eth0.3 type vlan id 3"]);
  const before = await lookAtBoth(place);
  for (const [what, env, linksLeft] of ways) {
    const result = await add(place, entry);
    expect([what, store.list().length]).toEqual([what, 1]);
    // With the prevResult or without, twice.
    await succeed(place, "DEL", { ...entry, prevResult: result }, env);
    expect([what, store.list()]).toEqual([what, []]);
    expect([what, (await tell(pod)).length]).toEqual([what, linksLeft ? 2 : 1]);
    await succeed(place, "DEL", entry);
    expect([what, await lookAtBoth(place)]).toEqual([what, before]);
  }
  // Without the links, and without what they stood on.
  await add(place, entry);
  await pod.ip("link delete dev eth0");
  await succeed(place, "DEL", entry);
  expect([store.list(), await tell(pod)]).toEqual([[], []]);
}, 240_000);

test("links that are not what the config describes stay", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0", "eth1");
  await setUp(pod, [
    "link add name eth0.3 type dummy",
    "link add link eth1 name eth0.4 type vlan id 4",
    "link add link eth0 name eth0.5 type vlan id 6",
    "link add link eth0 name eth0.6 type vlan id 7 protocol 802.1ad",
    "link add name gone.3 type dummy",
    "link add name pb type bond mode 802.3ad",
  ]);
  const before = await tell(pod);
  const bond = { interfaces: ["eth0", "eth1"], bond: { name: "pb", mode: 1 } };
  for (const vlanID of [3, 4, 5, 6]) await succeed({ node, pod }, "DEL", { vlanID });
  await succeed({ node, pod }, "DEL", bond);
  await pod.ip("link set dev pb up");
  await succeed({ node, pod }, "DEL", bond);
  // Also where the parent is gone, so that nothing can be compared with it.
  await succeed({ node, pod }, "DEL", { vlanID: 3 }, { CNI_IFNAME: "gone" });
  expect(await tell(pod)).toEqual([...before.slice(0, -1), "pb up bond"]);
}, 300_000);

test("the IPAM plugin's failure is DEL's, after the links are gone; a broken prevResult is left out of what it gets", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0", "eth1");
  using fake = fakeIpam();
  const place = { node, pod };
  const entry = { interfaces: ["eth0", "eth1"], bond: { name: "pb" }, vlanID: 3, ipam: { type: "fake", a: 1 } };
  const env = { ...fake.env, SAY_ADD: '{"cniVersion":"1.0.0","ips":[{"address":"192.0.2.10/24"}]}' };
  await add(place, entry, env);
  const fails = { ...env, END_DEL: "1", SAY_DEL: '{"code":11,"msg":"the store is busy"}' };
  for (const prevResult of [{ cniVersion: "9.9" }, { cniVersion: "1.0.0", ips: [{ address: 5 }] }]) {
    const { status, json } = await call(place, "DEL", { ...entry, prevResult }, fails);
    expect([status, json.code, json.msg]).toEqual([1, 11, "the IPAM plugin fake failed: the store is busy"]);
    expect(await tell(pod)).toEqual(["eth0 down dummy", "eth1 down dummy"]);
    const { name, ipam, prevResult: given } = fake.configOf("DEL");
    expect([name, ipam, given]).toEqual(["net", entry.ipam, undefined]);
  }
  await succeed(place, "DEL", entry, env);
  expect(fake.takeCalls()).toEqual(["ADD pb.3", "DEL pb.3", "DEL pb.3", "DEL pb.3"]);

  // Of a config that is not valid nothing was made; and one without our keys is about links of the node.
  await succeed(place, "DEL", { ...entry, master: "eth0" }, env);
  await succeed(place, "DEL", { ...entry, linkInContainer: undefined }, env);
  expect(fake.takeCalls()).toEqual([]);
}, 300_000);

test("a Pod whose namespace is known by its process", async () => {
  await using node = await nodeWith();
  await using pod = await namespace();
  await pod.ip("link add name eth0 type dummy");
  const held = Bun.spawn(["ip", "netns", "exec", pod.name, "sleep", "600"]);
  try {
    // ip needs a moment to get there.
    for (let same = false; !same; await Bun.sleep(50)) {
      const links = await Promise.all([pod.path, `/proc/${held.pid}/ns/net`].map((path) => Bun.file(path).stat()));
      same = links[0]?.ino === links[1]?.ino;
    }
    const env = { CNI_NETNS: `/proc/${held.pid}/ns/net` };
    const result = await add({ node, pod }, { vlanID: 3 }, env);
    expect(result.interfaces[0].sandbox).toBe(env.CNI_NETNS);
    expect(await tell(pod)).toEqual(["eth0 up dummy", "eth0.3 up vlan 3 on eth0"]);
    await succeed({ node, pod }, "DEL", { vlanID: 3 }, env);
    expect((await tell(pod)).length).toBe(1);
  } finally {
    held.kill("SIGKILL");
    await held.exited;
  }
}, 240_000);
