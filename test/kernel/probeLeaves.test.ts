import { expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { until } from "../waiting.ts";
import { executable, type Namespace, namespace } from "./harness.ts";
import { addAddress, listLinks, listNeighbours, macOf, makeSwitch, plugIn, probe, probeJSON, succeed } from "./wire.ts";

/** A gateway and a node at a switch; `tap`: the node's port. */
async function connect(hub: Namespace, gateway: Namespace, node: Namespace): Promise<void> {
  await plugIn(hub, gateway, "ens1", "gateway", ["1 pvid untagged"]);
  await plugIn(hub, node, "ens192", "tap", ["1 pvid untagged"]);
  await addAddress(gateway, "ens1", "192.0.2.1/24");
  await addAddress(gateway, "ens1", "2001:db8::1/64");
}

/** The named namespaces, but for those of tests beside this one, and how many macvlans stand on the node's NIC. */
async function look(node: Namespace) {
  const [nic] = await node.json("-d link show dev ens192");
  const names = readdirSync("/run/netns").filter((name) => !/^ifacer-\d+-\d+$/.test(name) || name === node.name);
  return { names: names.toSorted(), links: await listLinks(node), promiscuity: nic.promiscuity };
}

/** Waits until nothing of it is there any more: the kernel takes a namespace apart by and by. */
async function waitUntilSame(node: Namespace, before: unknown): Promise<void> {
  for (let tries = 100; tries > 0; tries--) {
    if (Bun.deepEquals(await look(node), before)) return;
    await Bun.sleep(100);
  }
  expect(await look(node)).toEqual(before as Awaited<ReturnType<typeof look>>);
}

/** How many processes are in a node's namespace; asked from outside, so that who asks is none of them. */
function countProcesses(node: Namespace): number {
  const { stdout } = Bun.spawnSync(["ip", "netns", "pids", node.name]);
  return stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "").length;
}

test.each(["SIGKILL", "SIGINT", "SIGTERM"] as const)("%s in the middle leaves nothing behind", async (signal) => {
  await using hub = await makeSwitch();
  await using gateway = await namespace();
  await using node = await namespace();
  await connect(hub, gateway, node);
  const before = await look(node);
  const argv = ["ip", "netns", "exec", node.name, executable, "probe", "--dev", "ens192", "--timeout", "30"];
  const child = Bun.spawn([...argv, "--address", "192.0.2.9", "--address", "2001:db8::9"], { stdout: "pipe" });
  // A macvlan brings its NIC to let all through, or to listen to more: it is there when the first line has come.
  while (Bun.deepEquals(await look(node), before) && child.exitCode === null) await Bun.sleep(50);
  expect(child.exitCode).toBeNull();
  child.kill(signal);
  await child.exited;
  await waitUntilSame(node, before);
  await until("what it started has ended", () => countProcesses(node) === 0);
  expect(await listNeighbours(gateway)).toEqual([]);
});

test("50 at once all get their answer, and leave nothing behind", async () => {
  await using hub = await makeSwitch();
  await using gateway = await namespace();
  await using node = await namespace();
  await connect(hub, gateway, node);
  const before = await look(node);
  const all = await Promise.all(
    Array.from({ length: 50 }, () =>
      probeJSON(node, "--dev ens192 --address 192.0.2.1 --address 2001:db8::1 --timeout 30"),
    ),
  );
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 0));
  await waitUntilSame(node, before);
  expect(await listNeighbours(gateway)).toEqual([]);
  expect(await listNeighbours(node)).toEqual([]);
}, 300_000);

test("a port that lets one MAC through: the words say that it may be that, and with an address to ask with, that it is", async () => {
  await using hub = await makeSwitch();
  await using gateway = await namespace();
  await using node = await namespace();
  await connect(hub, gateway, node);
  await succeed(hub, [
    "bridge",
    "fdb",
    "replace",
    await macOf(node, "ens192"),
    "dev",
    "tap",
    "master",
    "static",
    "vlan",
    "1",
  ]);
  await succeed(hub, ["bridge", "link", "set", "dev", "tap", "learning", "off", "locked", "on"]);

  const silent = await probe(node, "--dev ens192 --address 192.0.2.1");
  expect(silent.status).toBe(1);
  expect(silent.stdout).toContain("or the port lets one MAC address through only");

  await addAddress(node, "ens192", "192.0.2.60/24");
  const told = await probeJSON(node, "--dev ens192 --address 192.0.2.1");
  expect(told).toMatchObject({ status: 1, answers: [{ outcome: "oneMAC", mac: await macOf(gateway, "ens1") }] });
  expect(told.answers[0].message).toContain("192.0.2.1 answers the MAC address of ens192 itself and no other");
  expect(await listNeighbours(node)).toEqual([]);
});

test("what the switch says by LLDP is shown", async () => {
  await using hub = await makeSwitch();
  await using gateway = await namespace();
  await using node = await namespace();
  await connect(hub, gateway, node);
  // As a switch sends it: chassis, port, time to live, the port's description, the system's name, the untagged VLAN and one by name.
  const tlv = (type: number, ...value: (number | string)[]) => {
    const bytes = Buffer.concat(value.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.of(part))));
    return Buffer.concat([Buffer.of((type << 1) | (bytes.length >> 8), bytes.length & 0xff), bytes]);
  };
  const frame = Buffer.concat([
    Buffer.from("0180c200000e02000000000188cc", "hex"),
    tlv(1, 4, 2, 0, 0, 0, 0, 1),
    tlv(2, 5, "Ethernet7"),
    tlv(3, 0, 120),
    tlv(4, "to node 1"),
    tlv(5, "leaf-3"),
    tlv(127, 0x00, 0x80, 0xc2, 1, 0, 1),
    tlv(127, 0x00, 0x80, 0xc2, 3, 0, 200, 7, "storage"),
    tlv(0),
  ]);
  const asking = probeJSON(node, "--dev ens192 --lldp");
  const sender = `
    import { dlopen, FFIType } from "bun:ffi";
    const { i32, u64, i64, ptr, u32 } = FFIType;
    const { socket, sendto } = dlopen("libc.so.6", {
      socket: { args: [i32, i32, i32], returns: i32 },
      sendto: { args: [i32, ptr, u64, i32, ptr, u32], returns: i64 },
    }).symbols;
    const address = new DataView(new ArrayBuffer(20));
    address.setUint16(0, 17, true);
    address.setInt32(4, Number(process.argv[1]), true);
    const frame = Buffer.from(process.argv[2], "hex");
    sendto(socket(17, 3, 0), frame, frame.length, 0, new Uint8Array(address.buffer), 20);`;
  const [tap] = await hub.json("link show dev tap");
  for (let ended = false; !ended; ) {
    const { stderr } = await hub.run([process.execPath, "-e", sender, String(tap.ifindex), frame.toString("hex")]);
    expect(stderr).toBe("");
    ended = await Promise.race([asking.then(() => true), Bun.sleep(500).then(() => false)]);
  }
  expect((await asking).switches).toEqual([
    {
      nic: "ens192",
      neighbour: {
        system: "leaf-3",
        port: "Ethernet7",
        portDescription: "to node 1",
        untagged: 1,
        vlans: [{ id: 200, name: "storage" }],
      },
      message: null,
    },
  ]);
});

/** Whether a process waits for the lock of its network namespace: it has opened the file. */
function waitsForLock(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith(".lock"));
  } catch {
    return false;
  }
}

test("a VLAN that a Pod got while the lock was waited for is not asked in", async () => {
  await using node = await namespace();
  await using pod = await namespace();
  await node.ip("link add name ens192 type dummy");
  await node.ip("link set dev ens192 up");
  const hold =
    "mkdir -p /run/ifacer && exec 9>/run/ifacer/netns-$(stat -Lc %i /proc/self/ns/net).lock && flock 9 && echo held && exec sleep 600";
  const holder = Bun.spawn(["ip", "netns", "exec", node.name, "sh", "-c", hold], { stdout: "pipe" });
  await holder.stdout.getReader().read();
  const argv = ["ip", "netns", "exec", node.name, executable, "probe", "--dev", "ens192", "--timeout", "0.5"];
  const asking = Bun.spawn([...argv, "--vlans", "3,4", "--address", "192.0.2.9"], { stdout: "pipe", stderr: "pipe" });
  while (!waitsForLock(asking.pid) && asking.exitCode === null) await Bun.sleep(50);
  await node.ip(`link add link ens192 name eth0 netns ${pod.name} type macvlan mode bridge`);
  await pod.ip("link add link eth0 name eth0.3 type vlan id 3");
  holder.kill("SIGKILL");
  const [stdout, status] = await Promise.all([asking.stdout.text(), asking.exited]);
  expect(status).toBe(1);
  expect(stdout).toContain(`would silence the VLAN eth0.3 in Pod ${pod.name}`);
}, 240_000);
