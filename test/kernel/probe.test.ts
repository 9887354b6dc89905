import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Namespace, namespace } from "./harness.ts";
import { addAddress, addVlan, listLinks, listNeighbours, macOf, makeSwitch, plugIn, probe, probeJSON } from "./wire.ts";

/** Long enough for a machine on which much else goes on. */
const patience = "--timeout 8";

let hub: Namespace;
let gateway: Namespace;
let node: Namespace;

beforeAll(async () => {
  hub = await makeSwitch();
  gateway = await namespace();
  node = await namespace();
  await plugIn(hub, gateway, "ens1", "gateway", ["1 pvid untagged", "200", "201", "203"]);
  await addAddress(gateway, "ens1", "203.0.113.1/24");
  await addVlan(gateway, "ens1", 200, "192.0.2.1/24", "2001:db8::1/64");
  await addVlan(gateway, "ens1", 201, "198.51.100.1/24", "2001:db8:1::1/64");
  // A peer without a route back: its only address is in another subnet.
  await addVlan(gateway, "ens1", 203, "203.0.113.77/32");

  await plugIn(hub, node, "ens192", "node", ["1 pvid untagged", "200", "203"]);
  for (const id of [200, 201, 203]) await addVlan(node, "ens192", id);
  await node.ip("link add name bond0 type bond mode active-backup miimon 100");
  await plugIn(hub, node, "ens224", "node-a", ["1 pvid untagged", "200"]);
  await node.ip("link set dev ens224 down");
  await node.ip("link set dev ens224 master bond0");
  await node.ip("link set dev bond0 up");
  await addVlan(node, "bond0", 200);
}, 240_000);

afterAll(async () => {
  for (const ns of [hub, gateway, node]) await ns[Symbol.asyncDispose]();
});

/** What was there before is there after, and nobody remembers who asked. */
async function leavesNothing(work: () => Promise<void>): Promise<void> {
  const look = async () => ({
    links: await listLinks(node),
    node: await listNeighbours(node),
    gateway: await listNeighbours(gateway),
  });
  const before = await look();
  await work();
  expect(await look()).toEqual(before);
}

test.each([
  ["ens192.200", "192.0.2.1", "2001:db8::1"],
  ["bond0.200", "192.0.2.1", "2001:db8::1"],
  ["ens192", "203.0.113.1", "fe80::1"],
  ["bond0", "203.0.113.1", "fe80::1"],
])("on %s somebody answers for %s and %s, and nobody remembers it", async (link, four, six) => {
  const dev = link.includes(".") ? "ens1.200" : "ens1";
  if (six === "fe80::1") await gateway.ip(`address replace fe80::1/64 dev ${dev} nodad`);
  await leavesNothing(async () => {
    const mac = await macOf(gateway, dev);
    const found = await probeJSON(node, `--dev ${link} --address ${four} --address ${six} ${patience}`);
    expect(found).toMatchObject({
      status: 0,
      good: true,
      answers: [
        { link, address: four, outcome: "answered", mac },
        { link, address: six, outcome: "answered", mac },
      ],
    });
  });
});

test("a VLAN that the switch does not carry: both addresses are silent, and the words say what that may be", async () => {
  await leavesNothing(async () => {
    const { status, stdout } = await probe(
      node,
      "--dev ens192.201 --address 198.51.100.1 --address 2001:db8:1::1 --timeout 3",
    );
    expect(status).toBe(1);
    expect(stdout).toContain(
      "no answer from 198.51.100.1 on ens192.201 within 3 s: the switch does not carry VLAN 201 on this port, " +
        "198.51.100.1 is down or not in this network or the port lets one MAC address through only",
    );
    expect(stdout).toContain("no answer from 2001:db8:1::1 on ens192.201 within 3 s");
  });
});

test("a gateway that is down, where others answer, is what is down", async () => {
  await leavesNothing(async () => {
    const { status, stdout } = await probe(
      node,
      `--dev ens192.200 --address 192.0.2.1 --address 192.0.2.9 ${patience}`,
    );
    expect(status).toBe(1);
    expect(stdout).toContain("others answer there, so it is 192.0.2.9 that is down or has another address");
  });
});

test("a peer that has no route back answers", async () => {
  await leavesNothing(async () => {
    expect(await probeJSON(node, `--dev ens192.203 --address 203.0.113.77 ${patience}`)).toMatchObject({ status: 0 });
  });
});

describe("--free", () => {
  test("an address that somebody has is taken, one that nobody has is free", async () => {
    await leavesNothing(async () => {
      const mac = await macOf(gateway, "ens1.200");
      const found = await probeJSON(
        node,
        `--dev ens192.200 --free 192.0.2.1 --free 2001:db8::1 --free 192.0.2.77 --free 2001:db8::77 ${patience}`,
      );
      expect(found.answers).toMatchObject([
        { good: false, outcome: "answered", mac, message: `192.0.2.1 is taken on ens192.200: ${mac} has it` },
        { good: false, outcome: "answered", mac },
        { good: true, outcome: "silent", message: null },
        { good: true, outcome: "silent", message: null },
      ]);
      expect(found.status).toBe(1);
    });
    expect((await probe(node, "--dev ens192.200 --free 192.0.2.77")).status).toBe(0);
  });

  test("the node's own addresses and those of its Pods are taken", async () => {
    await using pod = await namespace();
    await addAddress(node, "ens192.200", "192.0.2.50/24");
    await node.ip(`link add link ens192.200 name net1 netns ${pod.name} type macvlan mode private`);
    await pod.ip("address add 192.0.2.51/24 dev net1");
    await pod.ip("link set dev net1 up");
    const found = await probeJSON(node, "--dev ens192.200 --free 192.0.2.50 --free 192.0.2.51 --free 192.0.2.52");
    expect(found.answers).toMatchObject([
      { good: false, holder: "this node, on ens192.200" },
      { good: false, holder: `a Pod of this node, namespace ${pod.name}` },
      { good: true },
    ]);
    await node.ip("address delete 192.0.2.50/24 dev ens192.200");
  });
});

describe("a link that bears no macvlan", () => {
  test("is asked from directly where it has an address of the same subnet", async () => {
    await using pod = await namespace();
    await node.ip(`link add link bond0.200 name net1 netns ${pod.name} type ipvlan mode l2`);
    const without = await probeJSON(node, "--dev bond0.200 --address 192.0.2.1");
    expect(without.answers).toMatchObject([{ outcome: "unasked", good: false }]);
    expect(without.answers[0].message).toContain("a macvlan to ask from can't be made: Device or resource busy");

    await addAddress(node, "bond0.200", "192.0.2.60/24");
    const before = await listNeighbours(node);
    expect(await probeJSON(node, `--dev bond0.200 --address 192.0.2.1 ${patience}`)).toMatchObject({
      status: 0,
      answers: [{ outcome: "answered", mac: await macOf(gateway, "ens1.200") }],
    });
    expect(await probeJSON(node, "--dev bond0.200 --address 192.0.2.9")).toMatchObject({
      status: 1,
      answers: [{ outcome: "silent" }],
    });
    expect(await listNeighbours(node)).toEqual(before);
    await node.ip("address delete 192.0.2.60/24 dev bond0.200");
    await gateway.ip("neigh flush all");
  });
});

test("what can't be asked from says so", async () => {
  await node.ip("link add name dummy0 type dummy");
  for (const [dev, words] of [
    ["nosuch", "there is no link nosuch on this node"],
    ["dummy0", "dummy0 is down: 'ip link set dev dummy0 up' raises it"],
    ["ens224", "ens224 belongs to bond0, which gets all that it receives: ask on bond0"],
  ]) {
    const { status, stdout } = await probe(node, `--dev ${dev} --address 192.0.2.1`);
    expect([status, stdout]).toEqual([1, expect.stringContaining(words ?? "")]);
  }
  await node.ip("link delete dev dummy0");
});

describe("-f", () => {
  const config = (plugins: object[]) => JSON.stringify({ cniVersion: "1.0.0", name: "net", plugins });
  const ipam = {
    type: "static",
    addresses: [
      { address: "192.0.2.10/24", gateway: "192.0.2.1" },
      { address: "2001:db8::10/64", gateway: "2001:DB8::0:1" },
    ],
  };

  test.each([
    ["ens192", { type: "ifacer", interfaces: ["ens192"], vlanID: 200 }, "ens192.200"],
    [
      "a bond",
      { type: "ifacer", interfaces: ["ens224", "ens256"], vlanID: 200, bond: { name: "bond0", mode: 1 } },
      "bond0.200",
    ],
  ])("asks the gateways that the IPAM names on the VLAN of %s", async (_, ifacer, master) => {
    const text = config([ifacer, { type: "macvlan", master, ipam }]);
    expect(await probeJSON(node, patience, text)).toMatchObject({
      status: 0,
      answers: [
        { link: master, address: "192.0.2.1", outcome: "answered" },
        { link: master, address: "2001:db8::1", outcome: "answered" },
      ],
    });
  });

  test("a VLAN that is not made yet is made for the question and removed again", async () => {
    await node.ip("link delete dev ens192.200");
    await leavesNothing(async () => {
      const text = config([
        { type: "ifacer", interfaces: ["ens192"], vlanID: 200 },
        { type: "macvlan", master: "ens192.200", ipam },
      ]);
      expect(await probeJSON(node, patience, text)).toMatchObject({
        status: 0,
        answers: [{ outcome: "answered" }, { outcome: "answered" }],
      });
    });
    await addVlan(node, "ens192", 200);
  });

  test("host-local's gateways; without any the words say what to do", async () => {
    const named = { type: "host-local", ranges: [[{ subnet: "192.0.2.0/24", gateway: "192.0.2.1" }]] };
    const ifacer = { type: "ifacer", interfaces: ["ens192"], vlanID: 200 };
    const found = await probeJSON(
      node,
      patience,
      config([ifacer, { type: "macvlan", master: "ens192.200", ipam: named }]),
    );
    expect(found).toMatchObject({ status: 0, answers: [{ address: "192.0.2.1" }] });
    const none = await probe(node, patience, config([ifacer, { type: "macvlan", master: "ens192.200" }]));
    expect(none.status).toBe(1);
    expect(none.stdout).toContain(
      "ens192.200: the config's IPAM names no gateway to be asked for: name one with --address",
    );
  });
});

test("a scan of 100 VLANs finds those in which the gateway answers, in less than a minute", async () => {
  await leavesNothing(async () => {
    const start = performance.now();
    const found = await probeJSON(node, "--dev ens192 --vlans 150-249 --address 192.0.2.1 --timeout 10");
    expect(performance.now() - start).toBeLessThan(60_000);
    expect(found.status).toBe(0);
    expect(found.answers).toHaveLength(100);
    const other = found.answers.filter(({ outcome }: { outcome: string }) => outcome !== "silent");
    // Linux answers for an address on each of its links: the carried VLANs of the gateway are 200 and 203.
    expect(other).toMatchObject([
      { vlan: 200, address: "192.0.2.1", outcome: "answered" },
      { vlan: 203, address: "192.0.2.1", outcome: "answered" },
    ]);
  });
  // The ids are free again at once.
  await node.ip("link add link ens192 name again type vlan id 150");
  await node.ip("link delete dev again");
}, 240_000);

test("a scan asks for IPv6 too, also in VLANs that the node has, and says in words where there was an answer", async () => {
  const { status, stdout } = await probe(
    node,
    `--dev ens192 --vlans 199-202 --address 2001:db8::1 --address 192.0.2.9 ${patience}`,
  );
  expect(status).toBe(1);
  expect(stdout).toContain("2001:db8::1 answers in VLAN 200\n");
  expect(stdout).toContain("192.0.2.9 answers in none of these 4 VLANs\n");
});
