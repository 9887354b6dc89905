import { describe, expect, test } from "bun:test";
import { currentBondValue } from "../../src/config/bondOptions.ts";
import { type BondOption, bondOptions } from "../../src/config/bondTable.ts";
import { type BondMode, bondModes } from "../../src/model.ts";
import { add, call, driverData, fakeIp, refuse, setUp } from "./adding.ts";
import { type Namespace, namespace } from "./harness.ts";
import { link, nodeWith, photographSettled } from "./node.ts";

const nics = ["ens192", "ens160"];
const help = Bun.spawnSync(["ip", "link", "help", "bond"]);
const knownToIp = help.stderr.toString() + help.stdout.toString();
const kernel = `${/^\d+\.\d+/.exec(Bun.spawnSync(["uname", "-r"]).stdout.toString())?.[0]}.0`;

/** The rows that this `ip` and this kernel have. */
const rows = bondOptions.filter(
  ({ name, ipName, sinceKernel }) =>
    new RegExp(`[ |]${ipName ?? name}[ |]`).test(knownToIp) &&
    Bun.semver.order(kernel, `${sinceKernel ?? "5.0"}.0`) >= 0 &&
    !(name === "use_carrier" && Bun.semver.order(kernel, "6.18.0") >= 0),
);

/** A value of an option that is not its default. */
function choose({ rule, name }: BondOption): string {
  switch (rule.kind) {
    case "number":
      return String(Math.min(rule.max, 600));
    case "choice":
      return rule.words.filter((word) => knownToIp.includes(word)).at(-1) ?? "";
    case "switch":
      return name === "all_slaves_active" ? rule.on : rule.off;
    case "addresses":
      return rule.family === "IPv4" ? "192.0.2.1,192.0.2.2" : "2001:db8::1,2001:db8::2";
    case "mac":
      return "02:00:00:00:00:0a";
    case "interface":
      return "ens160";
    case "priorities":
      throw new TypeError("no option of bonds is a map");
  }
}

const monitors = { miimon: "miimon=200", arp_interval: "arp_interval=300" };

/** All options that go together in a mode with a monitor; `active_slave`, which needs a slave with carrier, has its own tests. */
function gather(mode: BondMode, monitor: keyof typeof monitors): Map<string, string> {
  const fitting = rows.filter(
    (row) =>
      !(row.name in monitors) &&
      row.set === "creation" &&
      (row.modes?.only.includes(mode) ?? true) &&
      (row.needs === undefined || row.needs.option === monitor),
  );
  return new Map(fitting.map((row) => [row.name, choose(row)]));
}

const sets: [BondMode, keyof typeof monitors][] = [
  ...bondModes.map((mode): [BondMode, "miimon"] => [mode, "miimon"]),
  ["active-backup", "arp_interval"],
  ["broadcast", "arp_interval"],
];

test.each(sets)("%s with %s: all options that work there are set and read back", async (mode, monitor) => {
  await using ns = await nodeWith(...nics);
  const wanted = gather(mode, monitor);
  const options = [monitors[monitor], ...[...wanted].map(([name, value]) => `${name}=${value}`)].join(";");
  await add(ns, { interfaces: nics, bond: { name: "bond0", mode, options } });
  const data = await driverData(ns, "bond0");
  expect(Object.fromEntries([...wanted.keys()].map((name) => [name, currentBondValue(data, name)]))).toEqual(
    Object.fromEntries(wanted),
  );
});

test("which leaves out no option", () => {
  const tried = new Set(sets.flatMap(([mode, monitor]) => [monitor, ...gather(mode, monitor).keys()]));
  const left = rows.filter(({ name, set }) => set === "creation" && !tried.has(name));
  expect(left.map(({ name }) => name)).toEqual([]);
});

describe("active_slave", () => {
  test("is set when the slaves are there, and its refusal keeps neither the bond nor its VLAN from being made", async () => {
    await using ns = await nodeWith(...nics);
    const bond = { name: "bond0", mode: 1, options: "active_slave=ens160" };
    await add(ns, { interfaces: nics, bond, vlanID: 5 });
    expect(await driverData(ns, "bond0")).toMatchObject({ active_slave: "ens160" });

    await setUp(
      ns,
      ["ens1", "ens2"].flatMap((nic) => [`link add name ${nic} type dummy`, `link set dev ${nic} carrier off`]),
    );
    const config = {
      interfaces: ["ens1", "ens2"],
      bond: { ...bond, name: "bond1", options: "active_slave=ens2" },
      vlanID: 6,
    };
    const journal = await add(ns, config);
    expect(journal).toContain("ifacer: the driver refused it, bond1 does not have active_slave=ens2");
    expect(await link(ns, "bond1.6")).toMatchObject({ link: "bond1", flags: expect.arrayContaining(["UP"]) });
    expect(await add(ns, config)).toEqual([]);
  });
});

test("a slave may be named by an altname, which is no drift later", async () => {
  await using ns = await nodeWith(...nics);
  await ns.ip("link property add dev ens160 altname enp175s0f0np0long");
  const config = {
    interfaces: ["ens192", "enp175s0f0np0long"],
    bond: { name: "bond0", mode: 1, options: "primary=enp175s0f0np0long" },
  };
  await add(ns, config);
  expect(await driverData(ns, "bond0")).toMatchObject({ primary: "ens160" });
  expect(await link(ns, "ens160")).toMatchObject({ master: "bond0" });
  expect(await call(ns, "CHECK", config)).toMatchObject({ status: 0 });
});

test.each([
  [
    "every option of a VLAN",
    "gvrp=on;mvrp=1;loose_binding=on;reorder_hdr=off;ingress-qos-map=0:1,7:4294967295;egress-qos-map=3:5",
    {
      flags: ["GVRP", "MVRP", "LOOSE_BINDING"],
      ingress_qos: [
        { from: 0, to: 1 },
        { from: 7, to: 4294967295 },
      ],
      egress_qos: [{ from: 3, to: 5 }],
    },
  ],
  ["bridge_binding", "bridge_binding=on", { flags: ["REORDER_HDR", "BRIDGE_BINDING"] }],
])("%s is set and read back", async (_, options, data) => {
  await using ns = await nodeWith("ens192");
  const config = { interfaces: ["ens192"], vlanID: 100, vlan: { name: "storage", protocol: "802.1ad", options } };
  await add(ns, config);
  expect(await driverData(ns, "storage")).toMatchObject({ protocol: "802.1ad", id: 100, ...data });
  expect(await add(ns, config)).toEqual([]);
});

describe("what this node does not know is code 102, and nothing is left", () => {
  const lacp = (options: string) => ({ interfaces: nics, vlanID: 9, bond: { name: "bond0", mode: 4, options } });
  test.each([
    [
      "ip lacks the option",
      "s/ lacp_rate / nosuchoption /",
      lacp("lacp_rate=fast"),
      "does not know nosuchoption: leave it out of the config or install a newer iproute2",
    ],
    [
      "ip lacks the word",
      "s/layer3+4/layer9/",
      lacp("xmit_hash_policy=layer3+4"),
      "does not know layer9: leave it out",
    ],
    [
      "the kernel ignores the option",
      "s/ coupled_control off//",
      lacp("coupled_control=off"),
      "bond0 was given coupled_control=off, but has it not set, so this kernel does not know it; it came with Linux 6.9, this is",
    ],
    [
      "the kernel ignores an option of the VLAN",
      "s/ mvrp on//",
      { ...lacp(""), vlan: { options: "mvrp=on" } },
      "bond0.9 was given mvrp=on, but has it off, so this kernel does not know it",
    ],
  ])("%s", async (_, script, config, words) => {
    await using ns = await nodeWith(...nics);
    using fake = fakeIp(script);
    const message = await refuse(ns, config, 102, fake.env);
    expect(message).toContain(words);
    expect(message).toContain("; all was undone");
  });
});

test("forbidden combinations are refused before the host is looked at, all at once", async () => {
  await using ns = await nodeWith(...nics);
  const refused = (mode: number, options: string) => refuse(ns, { interfaces: nics, bond: { mode, options } }, 7);
  expect(await refused(4, "primary=ens160;arp_interval=100;mimon=5")).toContain("primary does not work in mode 4");
  const words = await refused(1, "lacp_rate=fast;updelay=100;arp_interval=100;packets_per_slave=2;tlb_dynamic_lb=0");
  for (const word of [
    "lacp_rate does not work in mode 1",
    "updelay needs miimon",
    "packets_per_slave",
    "tlb_dynamic_lb",
  ]) {
    expect(words).toContain(word);
  }
});

describe("the module's own bond0, empty, down and of mode 0", () => {
  /** Makes it as the module does when it loads. */
  async function nodeWithBond0(): Promise<Namespace> {
    const ns = await nodeWith(...nics);
    const { status } = await ns.run(["sh", "-c", "echo +bond0 >/sys/class/net/bonding_masters"]);
    expect(status).toBe(0);
    return ns;
  }

  test("is adopted and configured, also with an MTU above its own", async () => {
    await using ns = await nodeWithBond0();
    await setUp(
      ns,
      nics.map((nic) => `link set dev ${nic} mtu 9000`),
    );
    const { ifindex } = await link(ns, "bond0");
    const { address } = await link(ns, "ens192");
    const options = "updelay=200;lacp_rate=fast";
    await add(ns, { interfaces: nics, bond: { name: "bond0", mode: 4, options }, vlanID: 7, mtu: 9000 });
    expect(await link(ns, "bond0")).toMatchObject({
      ifindex,
      address,
      mtu: 9000,
      flags: expect.arrayContaining(["UP"]),
    });
    expect(await driverData(ns, "bond0")).toMatchObject({ mode: "802.3ad", updelay: 200, ad_lacp_rate: "fast" });
    expect(await link(ns, "bond0.7")).toMatchObject({ mtu: 9000 });
  });

  test("is as it was after an ADD that fails later, whatever options were set meanwhile", async () => {
    await using ns = await nodeWithBond0();
    await using pod = await namespace();
    await ns.ip(`link add link ens160 name net1 netns ${pod.name} type macvlan`);
    // The driver works the largest segment out anew when the slaves are gone.
    const look = async () => (await photographSettled(ns)).replaceAll(/"tso_max_\w+":\d+,/g, "");
    const before = await look();
    for (const [mode, options] of [
      [4, "updelay=200;downdelay=100;lacp_rate=fast;ad_select=count;ad_user_port_key=5;min_links=1"],
      [1, "arp_interval=100;arp_ip_target=192.0.2.1;fail_over_mac=active;arp_validate=all"],
      [5, "tlb_dynamic_lb=0;primary=ens192;resend_igmp=7"],
      [0, "packets_per_slave=5"],
    ]) {
      const { json } = await call(ns, "ADD", { interfaces: nics, bond: { name: "bond0", mode, options } });
      expect(json).toMatchObject({ code: 103, msg: expect.stringContaining("all was undone") });
      expect(await look()).toBe(before);
    }
  });

  test("and a bond that an ADD which was killed left empty is filled without being made anew", async () => {
    await using ns = await nodeWith(...nics);
    const { address } = await link(ns, "ens192");
    await ns.ip(
      `link add name bond0 mtu 1500 address ${address} type bond mode active-backup miimon 100 primary ens160`,
    );
    const config = { interfaces: nics, bond: { name: "bond0", mode: 1, options: "primary=ens160" } };
    expect(await add(ns, config)).toEqual([
      "ifacer: made ens192 a slave of bond0",
      "ifacer: made ens160 a slave of bond0",
      "ifacer: set bond0 up",
      "ifacer: set primary=ens160 on bond0",
    ]);
    expect(await driverData(ns, "bond0")).toMatchObject({ primary: "ens160" });
  });
});
