/** An existing bond that carries traffic is not led astray by a config that names NICs of another network. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { bondModes } from "../../src/model.ts";
import { add, refuse, setUp } from "./adding.ts";
import { type Namespace, namespace } from "./harness.ts";

/** A node whose NICs n1, n2 lead to a gateway, n3, n4 to a switch with nobody behind it: all VLANs of two cables. */
async function connect(mode: string): Promise<{ node: Namespace; hub: Namespace } & AsyncDisposable> {
  const [node, hub] = [await namespace(), await namespace()];
  for (const ns of [node, hub]) {
    await ns.run(["sh", "-c", "for f in all default; do echo 1 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done"]);
  }
  await setUp(hub, ["link add name right type bridge", "link add name wrong type bridge", "link set dev right up"]);
  await setUp(hub, ["link set dev wrong up", "address add 192.0.2.1/24 dev right"]);
  for (const [index, bridge] of ["right", "right", "wrong", "wrong"].entries()) {
    const number = index + 1;
    await setUp(hub, [
      `link add name p${number} type veth peer name c${number} netns ${node.name}`,
      `link add link p${number} name q${number} type vlan id 7`,
      `link set dev p${number} up`,
      `link set dev q${number} up master ${bridge}`,
    ]);
    // A VLAN of a veth stands for a NIC: what a bond may have as its slave, and packets get through.
    await setUp(node, [
      `link set dev c${number} up`,
      `link add link c${number} name n${number} type vlan id 7`,
      `link set dev n${number} up`,
    ]);
  }
  await setUp(node, [
    `link add name bond0 type bond mode ${mode} miimon 100`,
    ...["n1", "n2"].flatMap((nic) => [`link set dev ${nic} down`, `link set dev ${nic} master bond0`]),
    "link set dev bond0 up",
    "address add 192.0.2.2/24 dev bond0",
    "route add default via 192.0.2.1",
  ]);
  return {
    node,
    hub,
    [Symbol.asyncDispose]: async () => {
      await node[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

const script = `${import.meta.dir}/echo.ts`;

/** How many of the packets that are sent in a second come back. */
async function ask(node: Namespace): Promise<{ sent: number; answered: number }> {
  const { stdout, stderr } = await node.run([process.execPath, script, "ask", "192.0.2.1", "1"]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

const spreading: readonly string[] = bondModes.filter((mode) => mode !== "active-backup");

describe.each(bondModes.map((mode) => [mode]))("a bond of mode %s with an address and a route", (mode) => {
  let all: Awaited<ReturnType<typeof connect>>;
  beforeAll(async () => {
    all = await connect(mode);
    const server = Bun.spawn(["ip", "netns", "exec", all.hub.name, process.execPath, script, "serve", "192.0.2.1"], {
      stdout: "pipe",
    });
    server.unref();
    for await (const chunk of server.stdout) if (new TextDecoder().decode(chunk).includes("ready")) break;
  });
  afterAll(() => all[Symbol.asyncDispose]());

  test("is not given NICs by a config that names none of its slaves, and its traffic goes on", async () => {
    const { node } = all;
    for (const more of [{}, { allowInUse: true }]) {
      const words = await refuse(node, { interfaces: ["n3", "n4"], bond: { name: "bond0" }, ...more }, 105);
      expect(words).toContain(
        "the bond bond0 is in use, it has the address 192.0.2.2/24, and none of its slaves n1, n2",
      );
    }
    const { sent, answered } = await ask(node);
    expect(answered).toBeGreaterThan(sent * 0.8);
  });

  test("that has all is in place, and one that lost a slave is completed only where that can't spread traffic", async () => {
    const { node } = all;
    const config = { interfaces: ["n1", "n2"], bond: { name: "bond0" } };
    expect(await add(node, config)).toEqual([]);
    await node.ip("link set dev n2 nomaster");
    if (spreading.includes(mode)) {
      expect(await refuse(node, config, 105)).toContain(`in mode ${mode} frames go out through every slave`);
      expect(await add(node, { ...config, allowInUse: true })).toEqual(["ifacer: made n2 a slave of bond0"]);
    } else expect(await add(node, config)).toEqual(["ifacer: made n2 a slave of bond0"]);
    const { sent, answered } = await ask(node);
    expect(answered).toBeGreaterThan(sent * 0.8);
  });
});
