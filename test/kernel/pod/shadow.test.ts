import { afterAll, beforeAll, expect, test } from "bun:test";
import { setUp } from "../adding.ts";
import type { Namespace } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { add, call, refuse, startIn, staticIpam, succeed } from "./pod.ts";

let node: Namespace;
let pod: Namespace;
beforeAll(async () => {
  node = await nodeWith("ens192", "ens160");
  pod = await nodeWith();
  await setUp(node, [
    "link add link ens192 name ens192.3 type vlan id 3",
    "link set dev ens192.3 up",
    "link add link ens192 name qinq type vlan id 5 protocol 802.1ad",
    `link add link ens192 name mv0 netns ${pod.name} type macvlan mode bridge`,
    `link add link ens160 name mv1 netns ${pod.name} type macvlan mode bridge`,
    `link add name veth0 type veth peer name ve0 netns ${pod.name}`,
  ]);
}, 240_000);
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await pod[Symbol.asyncDispose]();
});

const ipam = staticIpam("198.51.100.9/24");

const shadowed = (link: string) =>
  `${link} of the Pod is a macvlan on ens192, where the node has VLAN 3 itself, as ens192.3, which takes them all, up or down`;

test("a VLAN of the node that takes the Pod's frames is refused below a macvlan, up and down, with both links named", async () => {
  expect(await refuse({ node, pod }, { master: "mv0", vlanID: 3, ipam }, 105)).toContain(shadowed("mv0"));
  await node.ip("link set dev ens192.3 down");
  expect(await refuse({ node, pod }, { master: "mv0", vlanID: 3, ipam }, 105)).toContain(shadowed("mv0"));
  await node.ip("link set dev ens192.3 up");
}, 300_000);

test("it is refused for a macvlan that is a slave of the Pod's bond, now or since an earlier entry", async () => {
  const bond = { interfaces: ["mv0", "mv1"], bond: { name: "pb", mode: 1 } };
  expect(await refuse({ node, pod }, { ...bond, vlanID: 3 }, 105)).toContain(shadowed("mv0"));
  await add({ node, pod }, bond);
  expect(await refuse({ node, pod }, { master: "pb", vlanID: 3 }, 105)).toContain(shadowed("mv0"));
  await succeed({ node, pod }, "DEL", bond);
}, 300_000);

test("there is none of another id or protocol, on another NIC, or below a veth", async () => {
  for (const entry of [
    { master: "mv0", vlanID: 4 },
    { master: "mv0", vlanID: 5 },
    { master: "mv1", vlanID: 3 },
    { master: "ve0", vlanID: 3 },
  ]) {
    const env = { CNI_IFNAME: "net9" };
    await add({ node, pod }, entry, env);
    await succeed({ node, pod }, "DEL", entry, env);
  }
  await setUp(pod, ["link set dev mv0 down", "link set dev mv1 down", "link set dev ve0 down"]);
}, 300_000);

test("one that is in another Pod, as the reference vlan plugin makes it, is refused too", async () => {
  await using other = await nodeWith();
  await using process = await startIn(other);
  await node.ip(`link add link ens160 name net1 netns ${other.name} type vlan id 6`);
  // A VLAN of a Pod's own, on a link that is called as the NIC is.
  await setUp(other, ["link add name ens160 type dummy", "link add link ens160 name own type vlan id 7"]);
  const words = await refuse({ node, pod }, { master: "mv1", vlanID: 6 }, 105);
  expect(words).toContain(`VLAN 6 itself, as net1 in the namespace ${process.netns}`);
  await add({ node, pod }, { master: "mv1", vlanID: 7 });
  await succeed({ node, pod }, "DEL", { master: "mv1", vlanID: 7 });
}, 300_000);

test("one that came later is what CHECK says", async () => {
  const entry = { master: "mv1", vlanID: 3 };
  await add({ node, pod }, entry);
  await node.ip("link add link ens160 name late type vlan id 3");
  const { json } = await call({ node, pod }, "CHECK", { ...entry, prevResult: { cniVersion: "1.0.0" } });
  expect(json).toMatchObject({ code: 104, msg: expect.stringContaining("as late, which takes them all") });
  await node.ip("link delete dev late");
  await succeed({ node, pod }, "DEL", entry);
}, 300_000);
