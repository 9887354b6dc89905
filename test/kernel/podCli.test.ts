/** What the command line says on a node whose Pods have links of their own. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { addChain, type Chain, deleteChain } from "./chain.ts";
import { executable, type Namespace, namespace, seeingOnly } from "./harness.ts";
import { nodeWith, photograph } from "./node.ts";

const folder = mkdtempSync(`${tmpdir()}/ifacer-pod-cli-`);
afterAll(() => rmSync(folder, { recursive: true }));

const address = (text: string) => ({ type: "static", addresses: [{ address: text }] });
const macvlan = { type: "macvlan", master: "ens192", mode: "bridge", ipam: address("192.0.2.10/24") };
const vlan = { type: "ifacer", linkInContainer: true, vlanID: 3, ipam: address("198.51.100.10/24") };

function chain(...plugins: Chain["plugins"]): Chain {
  return { cniVersion: "1.0.0", name: "net", plugins };
}

/** Runs a command about a config, and returns what it wrote, with the folder's name taken out. */
async function run(
  ns: Namespace,
  words: string,
  config?: object,
  env: Record<string, string> = {},
  before: string[] = [],
) {
  writeFileSync(`${folder}/net.json`, JSON.stringify(config ?? {}));
  const argv = [...before, executable, ...words.split(" "), ...(config ? ["-f", `${folder}/net.json`] : [])];
  const { status, stdout, stderr } = await ns.run(argv, {
    env: { CNI_COMMAND: undefined, CNI_PATH: undefined, COLUMNS: undefined, ...env },
  });
  return { status, stderr, stdout: stdout.replaceAll(`${folder}/`, "") };
}

const planned = `net.json: plugins[1]: nothing on the node, ADD would make eth0.3 in each Pod (where CNI_IFNAME is eth0)
  in each Pod: the VLAN eth0.3 with id 3 on eth0, addresses from the IPAM plugin static
`;

describe("plan and apply", () => {
  test("say what each Pod would get, and leave it to the Pods", async () => {
    await using node = await nodeWith("ens192");
    const config = chain(macvlan, vlan);
    const before = await photograph(node);
    expect(await run(node, "plan", config)).toEqual({ status: 0, stderr: "", stdout: planned });
    expect(await run(node, "apply --yes", config)).toEqual({
      status: 0,
      stderr: "",
      stdout: `${planned}net.json: plugins[1]: left out, its links belong to each Pod, whose own ADD makes them\nnothing is to be done\n`,
    });
    expect(await photograph(node)).toBe(before);
    const { possible, entries } = JSON.parse((await run(node, "plan -o json", config)).stdout);
    expect([possible, entries]).toMatchObject([
      true,
      [{ place: "pod", ifName: "eth0", links: ["eth0.3"], changes: [], conflicts: [] }],
    ]);
  });

  test("of links of both places, apply makes those of the node", async () => {
    await using node = await nodeWith("ens192");
    const config = chain(
      { type: "ifacer", interfaces: ["ens192"], vlanID: 100 },
      { ...macvlan, master: "ens192.100" },
      vlan,
    );
    const { status, stdout } = await run(node, "apply --yes --update", config);
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/\nset ens192.100 up\nnet.json: plugins\[2\]: left out, .*\ndone\n$/),
    ]);
    expect((await node.json("link show")).map(({ ifname }) => ifname)).toEqual(["lo", "ens192", "ens192.100"]);
  });

  const shadow = (nic: string) =>
    `eth0.3 would get no frames: eth0 of the Pod is a macvlan on ${nic}, where the node has VLAN 3 itself, as node3, which takes them all`;
  test.each<[string, string[], Chain["plugins"], string[]]>([
    [
      "a VLAN of the node that takes the frames",
      ["link add link ens192 name node3 type vlan id 3"],
      [macvlan, vlan],
      [shadow("ens192")],
    ],
    [
      "one on the macvlan's master by an altname",
      ["link add link ens192 name node3 type vlan id 3", "link property add dev ens192 altname enp1s0"],
      [{ ...macvlan, master: "enp1s0" }, vlan],
      [shadow("ens192")],
    ],
    [
      "one on the NIC of the default route, which a macvlan without a master takes",
      [
        "link add link ens160 name node3 type vlan id 3",
        "address add 192.0.2.1/24 dev ens160",
        "route add default via 192.0.2.2",
      ],
      [{ type: "macvlan" }, vlan],
      [shadow("ens160")],
    ],
    ["none on another NIC", ["link add link ens160 name node3 type vlan id 3"], [macvlan, vlan], []],
    ["none with another id", ["link add link ens192 name node4 type vlan id 4"], [macvlan, vlan], []],
    [
      "none with another protocol",
      ["link add link ens192 name node3 type vlan protocol 802.1ad id 3"],
      [macvlan, vlan],
      [],
    ],
    ["none for a veth", ["link add link ens192 name node3 type vlan id 3"], [{ type: "ptp" }, vlan], []],
    [
      "none for a macvlan on an interface of the Pod",
      ["link add link ens192 name node3 type vlan id 3"],
      [{ ...macvlan, linkInContainer: true }, vlan],
      [],
    ],
    [
      "an ipvlan",
      [],
      [{ ...macvlan, type: "ipvlan" }, vlan],
      ["eth0 is an ipvlan, on which the kernel makes no VLANs"],
    ],
    [
      "an MTU above that of the plugin before",
      [],
      [
        { ...macvlan, mtu: 1400 },
        { ...vlan, mtu: 1500 },
      ],
      ["the MTU 1500 is wanted, but eth0 has 1400"],
    ],
    ["nothing that the VLAN could stand on", [], [vlan], ["the interface net1 is not in the Pod"]],
  ])("what is in the way: %s", async (_, lines, plugins, messages) => {
    await using node = await nodeWith("ens192", "ens160");
    for (const line of lines) await node.ip(line);
    const before = await photograph(node);
    const { status, stdout } = await run(node, "plan -o json", chain(...plugins));
    const [entry] = JSON.parse(stdout).entries;
    expect(entry.conflicts.map(({ message }: { message: string }) => message)).toEqual(
      messages.map((message) => expect.stringContaining(message)),
    );
    expect(status).toBe(messages.length === 0 ? 0 : 1);
    const applied = await run(node, "apply --yes", chain(...plugins));
    expect(applied.status).toBe(status);
    if (status === 1) expect(applied.stdout).toContain("\nnothing was done\n");
    expect(await photograph(node)).toBe(before);
  });

  test.each([
    ['{"linkInContainer":false}', "linkInContainer: leave the entry out"],
    ['{"vlanIDs":"100-199"}', "VLAN 3, it allows 100-199"],
    ['{"ipamTypes":["host-local"]}', "the IPAM plugin static, it allows host-local"],
  ])("the node's policy %s", async (policy, message) => {
    await using node = await nodeWith("ens192");
    writeFileSync(`${folder}/net.json`, JSON.stringify(chain(macvlan, vlan)));
    // Laid over /etc for this run only.
    const script = `mount -t tmpfs etc /etc && mkdir -m 755 /etc/ifacer && echo '${policy}' >/etc/ifacer/policy.json && exec ${executable} plan -f ${folder}/net.json`;
    const { status, stdout } = await node.run(["sh", "-c", script], { env: { CNI_COMMAND: undefined } });
    expect([status, stdout]).toEqual([
      1,
      expect.stringContaining(`conflict: the node's policy /etc/ifacer/policy.json forbids ${message}`),
    ]);
  });
});

describe("status", () => {
  test("shows what ADD made in a Pod below what it stands on, and the VLAN of the node that came later", async () => {
    await using node = await nodeWith("ens192");
    await using pod = await namespace();
    const look = (words: string) => run(node, words, undefined, {}, seeingOnly(pod));
    const config = chain(macvlan, vlan);
    await addChain(node, pod, "pod1", config);
    const tree = `ens192: dummy, up, MTU 1500
└─ net1: macvlan bridge in the Pod's namespace ${pod.name}, up, MTU 1500
   └─ net1.3: VLAN 3 in the Pod's namespace ${pod.name}, up, MTU 1500, made by ifacer
`;
    expect(await look("status")).toEqual({ status: 0, stderr: "", stdout: tree });

    await node.ip("link add link ens192 name ens192.3 type vlan id 3");
    await node.ip("link set dev ens192.3 up");
    const problem = `ens192.3 takes all frames of VLANs in Pods, up or down: net1.3 in ${pod.name}; remove it when nothing uses it, or put these Pods' macvlans on it`;
    const { stdout } = await look("status");
    expect(stdout).toContain(`\n├─ ens192.3: VLAN 3, up, MTU 1500, not made by ifacer\n│      ! ${problem}\n`);
    expect(stdout).toEndWith("\n1 problem, marked with '!'\n");
    const { links } = JSON.parse((await look("status -o json")).stdout);
    expect(links).toMatchObject([
      { name: "ens192", problems: [] },
      { name: "ens192.3", namespace: null, problems: [problem] },
      { name: "net1", namespace: pod.name, parent: "ens192" },
      { name: "net1.3", namespace: pod.name, parent: "net1", madeByIfacer: true, problems: [] },
    ]);
    expect((await look("status --mermaid")).stdout).toContain("VLAN 3 in the Pod's namespace");

    await deleteChain(node, pod, "pod1", config);
    expect((await look("status")).stdout).not.toContain("net1");
  });

  test("shows a bond of the Pod's interfaces, and that its VLAN is down", async () => {
    await using node = await nodeWith("ens192", "ens160");
    await using pod = await namespace();
    const look = (words: string) => run(node, words, undefined, {}, seeingOnly(pod));
    for (const [nic, name] of [
      ["ens192", "a"],
      ["ens160", "b"],
    ]) {
      await node.ip(`link add link ${nic} name ${name} netns ${pod.name} type macvlan mode bridge`);
    }
    const bond = { type: "ifacer", linkInContainer: true, interfaces: ["a", "b"], bond: { mode: 1 }, vlanID: 7 };
    await addChain(node, pod, "pod1", chain(bond));
    await pod.ip("link set dev net1.7 down");
    const { stdout } = await look("status");
    expect(stdout).toMatch(
      /\nens160: .*\n└─ b: macvlan .* net1\n {3}└─ net1: bond active-backup .*, made by ifacer\n {6}└─ net1.7: VLAN 7 .*, down, /,
    );
    expect(stdout).toContain(`! net1.7 is down: 'ip -n ${pod.name} link set dev net1.7 up', or delete the Pod\n`);
  });
});

test("doctor looks for the IPAM plugins, and not for the Pod's interfaces on the node", async () => {
  await using node = await nodeWith("ens192");
  const config = chain(macvlan, vlan);
  const good = await run(node, "doctor", config);
  expect([good.status, good.stdout]).toEqual([
    0,
    expect.stringMatching(
      /\ngood {5}IPAM plugin static: \/.*\/static\ngood {5}net.json: plugins\[1\]: ADD can be tried here\n/,
    ),
  ]);
  const bad = await run(node, "doctor", config, { CNI_PATH: "/nowhere" });
  expect([bad.status, bad.stdout]).toEqual([
    1,
    expect.stringContaining(
      "\nbad      IPAM plugin static: the IPAM plugin static is in no folder of CNI_PATH (/nowhere): put it there\n    remedy: ",
    ),
  ]);
  expect((await run(node, "doctor --networkd", config)).stderr).toBe(
    "ifacer: there is no link to keep anybody off: the configs make none\n",
  );
});
