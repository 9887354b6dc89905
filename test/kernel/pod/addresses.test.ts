import { expect, test } from "bun:test";
import { setUp } from "../adding.ts";
import { type Namespace, namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import {
  add,
  addresses,
  call,
  fakeIpam,
  hostLocalIpam,
  hostLocalStore,
  refuse,
  staticIpam,
  succeed,
  tell,
} from "./pod.ts";

/** A Pod with an eth0 that is connected to the eth0 of a peer. */
async function connected(): Promise<{ pod: Namespace; peer: Namespace } & AsyncDisposable> {
  const pod = await namespace();
  const peer = await namespace();
  await pod.ip(`link add name eth0 type veth peer name eth0 netns ${peer.name}`);
  await setUp(pod, ["link set dev eth0 up", "link set dev lo up"]);
  await setUp(peer, [
    "link set dev eth0 up",
    "link add link eth0 name eth0.3 type vlan id 3",
    "link set dev eth0.3 up",
  ]);
  return {
    pod,
    peer,
    [Symbol.asyncDispose]: async () => {
      await pod[Symbol.asyncDispose]();
      await peer[Symbol.asyncDispose]();
    },
  };
}

test("addresses of both families and their routes, which take the gateway of their family; IPv6 is usable at once", async () => {
  await using node = await nodeWith();
  await using ends = await connected();
  const place = { node, pod: ends.pod };
  const ipam = {
    type: "static",
    addresses: [
      { address: "192.0.2.10/24" },
      { address: "198.51.100.10/24", gateway: "198.51.100.1" },
      { address: "2001:DB8:0:0::10/64", gateway: "2001:db8::1" },
    ],
    routes: [
      { dst: "0.0.0.0/0" },
      { dst: "203.0.113.7/24", gw: "192.0.2.1" },
      { dst: "203.0.114.1/32", gw: "192.0.2.1" },
      { dst: "::/0" },
      { dst: "2001:db8:1::/48", gw: "2001:db8::2" },
    ],
  };
  const result = await add(place, { vlanID: 3, ipam });
  expect(await addresses(ends.pod, "eth0.3")).toEqual(["192.0.2.10/24", "198.51.100.10/24", "2001:db8::10/64"]);
  const routes = await Promise.all(["-4", "-6"].map((family) => ends.pod.json(`${family} route show dev eth0.3`)));
  const lines = routes.flat().map(({ dst, gateway }) => `${dst} ${gateway ?? ""}`);
  expect(lines).toEqual(
    expect.arrayContaining([
      "default 198.51.100.1",
      "203.0.113.0/24 192.0.2.1",
      "203.0.114.1 192.0.2.1",
      "default 2001:db8::1",
      "2001:db8:1::/48 2001:db8::2",
    ]),
  );
  await succeed(place, "CHECK", { vlanID: 3, ipam, prevResult: result });
  // Adding what is there already changes nothing.
  expect(await add(place, { vlanID: 3, ipam })).toEqual(result);
  await succeed(place, "DEL", { vlanID: 3, ipam, prevResult: result });
  expect(await tell(ends.pod)).toEqual(["eth0 up veth"]);
}, 300_000);

test("the attributes that a route has from 1.1.0 on", async () => {
  await using node = await nodeWith();
  await using ends = await connected();
  using fake = fakeIpam();
  const answer = {
    cniVersion: "1.1.0",
    ips: [{ address: "192.0.2.10/24", gateway: "192.0.2.1" }],
    routes: [
      { dst: "0.0.0.0/0", priority: 50, table: 100, mtu: 1400, advmss: 1300 },
      { dst: "203.0.113.0/24", scope: 253, gw: "" },
      { dst: "203.0.114.0/24", scope: 0, priority: 0, table: 254 },
    ],
  };
  answer.ips.push({ address: "2001:db8::10/64", gateway: "" });
  const env = { ...fake.env, SAY_ADD: JSON.stringify(answer) };
  const entry = { cniVersion: "1.1.0", vlanID: 3, ipam: { type: "fake" } };
  const { status, json } = await call({ node, pod: ends.pod }, "ADD", entry, env);
  expect([status, json.msg ?? json.interfaces[0].mtu]).toEqual([0, 1500]);
  const shown = (await ends.pod.ip("-4 route show table all dev eth0.3")).split("\n").map((line) => line.trim());
  expect(shown).toEqual(
    expect.arrayContaining([
      "default via 192.0.2.1 table 100 metric 50 mtu 1400 advmss 1300",
      "203.0.113.0/24 scope link",
      "203.0.114.0/24 via 192.0.2.1",
    ]),
  );
  await succeed({ node, pod: ends.pod }, "CHECK", { ...entry, prevResult: json }, env);
}, 300_000);

test("an IPv6 address that a peer has is an error, and all is taken back; IPv6 that is off in the Pod is no hindrance", async () => {
  await using node = await nodeWith();
  await using ends = await connected();
  using store = hostLocalStore();
  const place = { node, pod: ends.pod };
  await ends.peer.ip("address add 2001:db8::2/64 dev eth0.3 nodad");
  const entry = { vlanID: 3, ipam: hostLocalIpam(store.folder, "2001:db8::/64") };
  const words = await refuse(place, entry, 105);
  expect(words).toContain("2001:db8::2/64 of eth0.3 is in use by somebody else on the network");
  expect(store.list()).toEqual([]);

  const off = ["all", "default", "eth0"].map((name) => `echo 1 >/proc/sys/net/ipv6/conf/${name}/disable_ipv6`);
  await ends.pod.run(["sh", "-c", off.join(";")]);
  const other = { vlanID: 3, ipam: staticIpam("2001:db8::10/64", "192.0.2.10/24") };
  const result = await add(place, other);
  expect(await addresses(ends.pod, "eth0.3")).toEqual(["192.0.2.10/24", "2001:db8::10/64"]);
  const { stdout } = await ends.pod.run(["cat", "/proc/sys/net/ipv6/conf/eth0/disable_ipv6"]);
  expect(stdout).toBe("1\n");
  await succeed(place, "DEL", { ...other, prevResult: result });
}, 300_000);

test("an address or route that is in the way is an error, and the IPAM plugin's store is as before", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0");
  using store = hostLocalStore();
  await setUp(pod, ["address add 198.51.100.1/24 dev eth0", "route add 203.0.113.0/24 via 198.51.100.2"]);
  const ipam = { ...hostLocalIpam(store.folder), routes: [{ dst: "203.0.113.0/24" }] };
  const words = await refuse({ node, pod }, { vlanID: 3, ipam }, 105);
  expect(words).toContain(
    "the route 203.0.113.0/24 via 192.0.2.1 dev eth0.3 is wanted, but 203.0.113.0/24 leads elsewhere",
  );
  expect(store.list()).toEqual([]);
}, 300_000);

test("an ADD that is made twice keeps what the first one got", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0");
  using store = hostLocalStore();
  const entry = { vlanID: 3, ipam: hostLocalIpam(store.folder) };
  await add({ node, pod }, entry);
  // host-local refuses a second address for the same interface.
  expect(await refuse({ node, pod }, entry, 103)).toContain("the IPAM plugin host-local failed: ");
  expect([store.list(), await addresses(pod, "eth0.3")]).toEqual([["192.0.2.2"], ["192.0.2.2/24"]]);
  await succeed({ node, pod }, "DEL", entry);
  expect([store.list(), await tell(pod)]).toEqual([[], ["eth0 up dummy"]]);
}, 300_000);
