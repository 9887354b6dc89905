import { describe, expect, test } from "bun:test";
import { parseSubnet } from "../../src/config/addresses.ts";
import { noRules, type Rules } from "../../src/config/select.ts";
import type { Hardware, Link } from "../../src/model.ts";
import {
  type Candidate,
  choose,
  describeTooFew,
  describeVerdict,
  listNames,
  type OwnLinks,
} from "../../src/plan/choose.ts";

const unknown: Hardware = {
  driver: undefined,
  pciAddress: undefined,
  pciIDs: undefined,
  numaNode: undefined,
  speed: undefined,
};

/** A NIC that is up and has link. */
function nic(
  name: string,
  {
    link = {},
    hardware = {},
    ...more
  }: Partial<Omit<Candidate, "link" | "hardware">> & { link?: Partial<Link>; hardware?: Partial<Hardware> } = {},
): Candidate {
  return {
    kind: "nic",
    carrier: true,
    addresses: [],
    defaultRoute: undefined,
    hasVlan: false,
    denial: undefined,
    ...more,
    hardware: { ...unknown, ...hardware },
    link: {
      index: 1,
      name,
      altNames: [],
      kind: undefined,
      up: true,
      parentDown: false,
      mtu: 1500,
      mac: "02:00:00:00:00:01",
      maxMTU: 0,
      master: undefined,
      masterKind: undefined,
      parent: undefined,
      alias: undefined,
      vlan: undefined,
      driverData: {},
      ...link,
    },
  };
}

function networks(...texts: string[]) {
  return texts.flatMap((text) => parseSubnet(text) ?? []);
}

const pci = (pciAddress: string) => ({ hardware: { pciAddress } });

describe("the rules", () => {
  test.each<[string, Partial<Rules>, Candidate, true | string]>([
    ["nothing asked", {}, nic("eth0"), true],
    ["names", { names: ["ens*", "eth?"] }, nic("eth0"), true],
    ["names", { names: ["ens*"] }, nic("eth0", { link: { altNames: ["ens192"] } }), true],
    ["names", { names: ["ens*", "x"] }, nic("eth0"), "its name is not like ens* or x"],
    ["networks", { networks: networks("10.0.1.0/24") }, nic("eth0", { addresses: ["10.0.1.7/16"] }), true],
    ["networks", { networks: networks("fd00::/64") }, nic("eth0", { addresses: ["fe80::1/64", "fd00::7/128"] }), true],
    [
      "networks",
      { networks: networks("10.0.1.0/24") },
      nic("eth0", { addresses: ["10.0.2.7/16"] }),
      "it has no address in 10.0.1.0/24",
    ],
    [
      "networks",
      { networks: networks("0.0.0.0/0") },
      nic("eth0", { addresses: ["fd00::7/64"] }),
      "it has no address in 0.0.0.0/0",
    ],
    ["drivers", { drivers: ["ice", "mlx5_core"] }, nic("eth0", { hardware: { driver: "mlx5_core" } }), true],
    ["drivers", { drivers: ["dummy"] }, nic("eth0", { link: { kind: "dummy" } }), true],
    ["drivers", { drivers: ["ice"] }, nic("eth0", { hardware: { driver: "tg3" } }), "its driver is tg3, wanted is ice"],
    ["drivers", { drivers: ["ice"] }, nic("eth0"), "its driver is unknown, wanted is ice"],
    ["devices", { devices: ["15b3:1019"] }, nic("eth0", { hardware: { pciIDs: "15b3:1019" } }), true],
    ["devices", { devices: ["8086:1572", "15b3:*"] }, nic("eth0", { hardware: { pciIDs: "15b3:1019" } }), true],
    [
      "devices",
      { devices: ["15b3:101d"] },
      nic("eth0", { hardware: { pciIDs: "15b3:1019" } }),
      "its PCI ids are 15b3:1019, wanted is 15b3:101d",
    ],
    ["devices", { devices: ["15b3:*"] }, nic("eth0"), "it is no PCI device, wanted is 15b3:*"],
    ["numa", { numa: 1 }, nic("eth0", { hardware: { numaNode: 1 } }), true],
    ["numa", { numa: 0 }, nic("eth0", { hardware: { numaNode: 1 } }), "it is on NUMA node 1, wanted is 0"],
    ["numa", { numa: 0 }, nic("eth0"), "it is on no NUMA node that the kernel knows, wanted is 0"],
    ["minSpeed", { minSpeed: 25000 }, nic("eth0", { hardware: { speed: 25000 } }), true],
    [
      "minSpeed",
      { minSpeed: 25000 },
      nic("eth0", { hardware: { speed: 10000 } }),
      "its link has 10000 Mb/s, wanted are 25000",
    ],
    ["minSpeed", { minSpeed: 25000 }, nic("eth0"), "its speed is unknown, wanted are 25000"],
    ["minSpeed", { minSpeed: 10 }, nic("eth0", { carrier: false }), "it has no link"],
    ["linkUp", { linkUp: true }, nic("eth0"), true],
    ["linkUp", { linkUp: true }, nic("eth0", { carrier: false }), "it has no link"],
    [
      "linkUp",
      { linkUp: true },
      nic("eth0", { link: { up: false }, carrier: false }),
      "it is down, so that its link can't be told",
    ],
    ["a link that nobody asks for", {}, nic("eth0", { link: { up: false }, carrier: false }), true],
    [
      "all that is wrong",
      { drivers: ["ice"], names: ["x"], linkUp: true },
      nic("eth0", { carrier: false }),
      "its name is not like x, its driver is unknown, wanted is ice, it has no link",
    ],
    ["kinds", {}, nic("bond1", { kind: "bond" }), "it is a bond, wanted is nic"],
    ["kinds", { kinds: ["bond", "vlan"] }, nic("bond1", { kind: "bond" }), true],
    ["kinds", { kinds: ["bond", "vlan"] }, nic("eth0"), "it is a nic, wanted is bond or vlan"],
  ])("%s (case %#)", (_, rules, candidate, expected) => {
    const { verdicts, chosen } = choose({ ...noRules, ...rules }, [candidate]);
    expect(chosen.length).toBe(expected === true ? 1 : 0);
    expect(verdicts.map(({ reason }) => reason)).toEqual([expected === true ? "it fits all rules" : expected]);
  });
});

describe("never chosen", () => {
  const vlan = { id: 100, protocol: "802.1Q" } as const;
  test.each<[string, Candidate, OwnLinks, string]>([
    ["a default route", nic("eth0", { defaultRoute: "eth0" }), {}, "it has a default route of the node"],
    [
      "a default route above",
      nic("eth0", { defaultRoute: "br0" }),
      {},
      "br0, which stands on it, has a default route of the node",
    ],
    ["the policy", nic("eth0", { denial: "it denies eth*" }), {}, "the node's policy forbids it, it denies eth*"],
    [
      "somebody's bond",
      nic("eth0", { link: { master: "bond1", masterKind: "bond" } }),
      { bond: "bond0" },
      "it belongs to bond1 (a bond)",
    ],
    [
      "somebody's bridge",
      nic("eth0", { link: { master: "br0", masterKind: "bridge" } }),
      {},
      "it belongs to br0 (a bridge)",
    ],
    ["the bond itself", nic("bond0", { kind: "bond" }), { bond: "bond0" }, "it is the bond that the config makes"],
    [
      "what the config makes",
      nic("eth0.100", { kind: "vlan", link: { kind: "vlan", vlan } }),
      { vlan },
      "it is itself a VLAN with id 100",
    ],
    [
      "no Ethernet",
      nic("ib0", { link: { mac: "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:31:78:f2" } }),
      {},
      "it has no Ethernet address",
    ],
    [
      "a name that ip can't be given",
      nic("#x"),
      {},
      'its name has the character "#", which no link name may have here',
    ],
  ])("%s", (_, candidate, own, reason) => {
    const { chosen, verdicts } = choose({ ...noRules, kinds: ["nic", "bond", "vlan"] }, [candidate], own);
    expect(chosen).toEqual([]);
    expect(verdicts.map((verdict) => verdict.reason)).toEqual([reason]);
  });

  test("but what is in the config's own bond stays, before all rules and beyond count", () => {
    const master = { master: "bond0", masterKind: "bond" };
    const slaves = [
      nic("eth2", { link: master, defaultRoute: "bond0" }),
      nic("eth3", { link: { ...master, up: false }, carrier: false, denial: "it denies eth3" }),
    ];
    const rules = { ...noRules, linkUp: true, drivers: ["none"], count: 1, atLeast: 1 };
    const choice = choose(rules, [nic("eth0", { hardware: { driver: "none" } }), ...slaves], { bond: "bond0" });
    expect(choice.verdicts.map(describeVerdict)).toEqual([
      "eth0: not chosen, count is 1, and others come before it",
      "eth2: chosen, it is a slave of bond0",
      "eth3: chosen, it is a slave of bond0",
    ]);
  });
});

describe("the order", () => {
  test.each<[string, Partial<Rules>, Candidate[], string[]]>([
    [
      "by PCI address, as numbers",
      {},
      [
        nic("a", pci("10000:01:00.0")),
        nic("b", pci("0000:3b:00.1")),
        nic("c", pci("0000:3b:00.0")),
        nic("d", pci("0000:05:1f.0")),
      ],
      ["d", "c", "b", "a"],
    ],
    [
      "then by name, with its numbers as numbers",
      {},
      [nic("eth10"), nic("eth2"), nic("ens3f1"), nic("ens3f0", pci("0000:00:03.0")), nic("eth"), nic("eth2x")],
      ["ens3f0", "ens3f1", "eth", "eth2", "eth2x", "eth10"],
    ],
    [
      "by the networks, where they are listed",
      { networks: networks("10.0.2.0/24", "10.0.1.0/24") },
      [
        nic("a", { ...pci("0000:00:01.0"), addresses: ["10.0.1.7/24"] }),
        nic("b", { ...pci("0000:00:02.0"), addresses: ["10.0.1.8/24", "10.0.2.8/24"] }),
        nic("c", { ...pci("0000:00:00.0"), addresses: ["10.0.3.7/24"] }),
      ],
      ["b", "a"],
    ],
    [
      "of those that meet the rules, one that has the VLAN already is not given up for a better one",
      { count: 1, drivers: ["ice"] },
      [
        nic("eth1", { hasVlan: true }),
        nic("eth2", { hardware: { driver: "ice" } }),
        nic("eth3", { hardware: { driver: "ice" }, hasVlan: true }),
      ],
      ["eth3"],
    ],
    ["count takes the first ones", { count: 2 }, [nic("eth3"), nic("eth1"), nic("eth2")], ["eth1", "eth2"]],
  ])("%s", (_, rules, candidates, expected) => {
    for (const given of [candidates, candidates.toReversed(), candidates.toSorted(() => Math.random() - 0.5)]) {
      expect(listNames(choose({ ...noRules, ...rules }, given))).toEqual(expected);
    }
  });
});

describe("waiting for links", () => {
  const down = { link: { up: false }, carrier: false };
  test.each<[string, Partial<Rules>, Candidate[], string[]]>([
    [
      "what only lacks its link",
      { linkUp: true },
      [nic("eth0", down), nic("eth1", { carrier: false }), nic("eth2")],
      ["eth0", "eth1"],
    ],
    ["not what breaks another rule", { linkUp: true, drivers: ["ice"] }, [nic("eth0", down)], []],
    [
      "not what has link and is too slow",
      { minSpeed: 1000 },
      [nic("eth0", { hardware: { speed: 10 } }), nic("eth1")],
      [],
    ],
    [
      "what comes before the last one that is chosen",
      { linkUp: true, count: 2 },
      [nic("eth0"), nic("eth1", down), nic("eth2")],
      ["eth1"],
    ],
    ["not what comes after it", { linkUp: true, count: 2 }, [nic("eth0"), nic("eth1"), nic("eth2", down)], []],
    ["not where nobody asks", {}, [nic("eth0", down)], []],
  ])("%s", (_, rules, candidates, expected) => {
    const { verdicts } = choose({ ...noRules, ...rules }, candidates);
    expect(verdicts.filter(({ pending }) => pending).map(({ candidate }) => candidate.link.name)).toEqual(expected);
  });
});

test("too few: how many there are, and a line for each NIC", () => {
  const rules = { ...noRules, linkUp: true, atLeast: 2 };
  const none = choose(rules, []);
  expect(describeTooFew(rules, none).message).toBe(
    "this node has no NIC, select wants at least 2: 'ifacer nics -f net.yaml' shows why",
  );
  const one = choose(rules, [nic("eth0"), nic("eth1", { carrier: false })]);
  expect(describeTooFew(rules, one)).toEqual({
    message:
      "of the NICs of this node 1 fits, and of eth1 only the link is missing, select wants at least 2: 'ifacer nics -f net.yaml' shows why",
    details: "eth0: chosen, it fits all rules\neth1: not chosen, it has no link",
  });
});
