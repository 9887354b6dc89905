import { expect, test } from "bun:test";
import { setUp } from "../adding.ts";
import { namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { add, call, fakeIpam, succeed } from "./pod.ts";

test("CHECK says what was taken away by hand, one thing at a time, and all of it at once", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0");
  const place = { node, pod };
  const ipam = {
    type: "static",
    addresses: [{ address: "192.0.2.10/24", gateway: "192.0.2.1" }],
    routes: [{ dst: "203.0.113.0/24" }],
  };
  const entry = { vlanID: 3, mtu: 1400, ipam };
  const result = await add(place, entry);
  const checked = { ...entry, prevResult: result };
  await succeed(place, "CHECK", checked);
  // A runtime may give the same namespace by another path.
  await succeed(place, "CHECK", checked, { CNI_NETNS: pod.path.replace("/run", "/var/run") });

  const address = "eth0.3 does not have the address 192.0.2.10/24";
  const route = "the route 203.0.113.0/24 is missing";
  const remake = [
    "link set dev eth0.3 up",
    "address add 192.0.2.10/24 dev eth0.3",
    "route add 203.0.113.0/24 via 192.0.2.1",
  ];
  const cases: [away: string, back: readonly string[], words: string][] = [
    ["route delete 203.0.113.0/24", remake.slice(2), route],
    ["address delete 192.0.2.10/24 dev eth0.3", remake.slice(1), `${address} (the first of 2)`],
    ["link set dev eth0.3 mtu 1300", ["link set dev eth0.3 mtu 1400"], "eth0.3 has the MTU 1300, wanted is 1400"],
    ["link set dev eth0.3 down", ["link set dev eth0.3 up", ...remake.slice(2)], "eth0.3 is down (the first of 2)"],
    ["link set dev eth0 down", ["link set dev eth0 up", ...remake.slice(2)], "eth0 is down (the first of 3)"],
  ];
  for (const [away, back, words] of cases) {
    await pod.ip(away);
    const { status, json } = await call(place, "CHECK", checked);
    expect([away, status, json.code, json.msg]).toEqual([away, 1, 104, expect.stringContaining(words)]);
    // A VLAN comes back up with its parent.
    await setUp(pod, back);
    await succeed(place, "CHECK", checked);
  }

  await pod.ip("link delete dev eth0.3");
  const { json } = await call(place, "CHECK", checked);
  expect([json.msg, ...json.details.split("; ")]).toEqual([
    "the VLAN eth0.3 with id 3 on eth0 is missing (the first of 4)",
    "eth0.3 is down",
    address,
    route,
  ]);
  await pod.ip("link add name eth0.3 type dummy");
  const foreign = await call(place, "CHECK", checked);
  expect(foreign.json).toMatchObject({ code: 104, msg: expect.stringContaining("eth0.3 is a link of kind dummy") });
}, 300_000);

test("a Pod or an interface that is gone, and a prevResult that can't be", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0");
  const place = { node, pod };
  const entry = { vlanID: 3 };
  const result = await add(place, entry);
  const gone = await call(place, "CHECK", { ...entry, prevResult: result }, { CNI_NETNS: "/run/netns/gone" });
  expect(gone.json).toMatchObject({ code: 3 });
  await pod.ip("link delete dev eth0");
  const { json } = await call(place, "CHECK", { ...entry, prevResult: result });
  expect(json).toMatchObject({ code: 104, msg: "the interface eth0 is not in the Pod, which has no interface" });
}, 240_000);

test("then the IPAM plugin's CHECK is asked; what it says is passed on", async () => {
  await using node = await nodeWith();
  await using pod = await namespace();
  await setUp(pod, ["link add name eth0 type veth peer name veth0", "link set dev veth0 up"]);
  using fake = fakeIpam();
  const place = { node, pod };
  const entry = { vlanID: 3, ipam: { type: "fake" } };
  const env = { ...fake.env, SAY_ADD: '{"cniVersion":"1.0.0","ips":[{"address":"192.0.2.10/24"}]}' };
  const result = await add(place, entry, env);
  const checked = { ...entry, prevResult: result };
  await succeed(place, "CHECK", checked, env);
  const says = { END_CHECK: "1", SAY_CHECK: '{"code":120,"msg":"the lease is gone"}' };
  const { json } = await call(place, "CHECK", checked, { ...env, ...says });
  expect(json).toMatchObject({ code: 120, msg: "the IPAM plugin fake failed: the lease is gone" });
  fake.takeCalls();
  // Where a link is gone already, it is not asked.
  await pod.ip("link delete dev eth0.3");
  const gone = await call(place, "CHECK", checked, { ...env, ...says });
  expect([gone.json.code, fake.takeCalls()]).toEqual([104, []]);
}, 240_000);
