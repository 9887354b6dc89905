import { describe, expect, test } from "bun:test";
import { writeSubnet } from "../../src/config/addresses.ts";
import { decodeJson, encodeJson, JsonObject } from "../../src/json.ts";
import { type PoolEntry, type PoolReading, readPoolEntry } from "../../src/pool/entry.ts";

function read(entry: object): PoolReading {
  const body = decodeJson(Buffer.from(JSON.stringify({ cniVersion: "1.0.0", name: "multi", ...entry })), "the entry");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  return readPoolEntry(body);
}

function entryOf(entry: object): PoolEntry {
  const { entry: found, problems } = read(entry);
  expect(problems).toEqual([]);
  if (found === undefined) throw new Error("it is not valid");
  return found;
}

const macvlan = { plugin: { type: "macvlan", mode: "bridge" } };
const blocks = { type: "multi-nic-ipam", interfaceBlock: 2, hostBlock: 8, vlanMode: "l3" };
const l3 = { plugin: { type: "ipvlan", mode: "l3" }, masterNets: ["10.0.1.0/24", "10.0.2.0/24"], ipam: blocks };

/** As the operator of the multi-nic plugin writes it into a NetworkAttachmentDefinition. */
const generated = {
  cniVersion: "0.3.0",
  name: "multinic-ipvlanl3",
  type: "ifacer",
  ipam: { hostBlock: 8, interfaceBlock: 2, type: "multi-nic-ipam", vlanMode: "l3" },
  dns: {},
  plugin: { cniVersion: "0.3.0", type: "ipvlan", mode: "l3" },
  subnet: "192.168.0.0/16",
  masterNets: ["10.0.1.0/24", "10.0.2.0/24"],
  multiNICIPAM: true,
  daemonIP: "",
  daemonPort: 11000,
};

describe("what an entry asks for", () => {
  test("a generated config of the multi-nic plugin", () => {
    const { plugin, ipam, nics, masterNets, name } = entryOf(generated);
    expect([name, plugin.type, encodeJson(plugin.config)]).toEqual(["multinic-ipvlanl3", "ipvlan", '{"mode":"l3"}']);
    expect(masterNets.map(writeSubnet)).toEqual(["10.0.1.0/24", "10.0.2.0/24"]);
    if (!("rules" in nics) || ipam.kind !== "blocks") throw new Error("of another kind");
    expect(nics.rules.networks?.map(writeSubnet)).toEqual(["10.0.1.0/24", "10.0.2.0/24"]);
    expect(writeSubnet(ipam.plan.blocks.subnet)).toBe("192.168.0.0/16");
    expect(ipam.plan.routing).toEqual({ table: expect.stringMatching(/^74\d\d$/), peers: undefined });
  });

  test.each<[ipam: object | undefined, multiNICIPAM: boolean | undefined, kind: string]>([
    [undefined, undefined, "none"],
    [{}, undefined, "none"],
    [{ type: "" }, true, "none"],
    [{ type: "whereabouts" }, undefined, "each"],
    [{ type: "whereabouts" }, false, "each"],
    [{ type: "whereabouts" }, true, "once"],
    [{ type: "multi-nic-ipam" }, true, "blocks"],
    [{ type: "multi-nic-ipam" }, false, "blocks"],
  ])("ipam %j with multiNICIPAM %j: %s", (ipam, multiNICIPAM, kind) => {
    expect(entryOf({ ...macvlan, ipam, multiNICIPAM }).ipam.kind as string).toBe(kind);
  });

  test("what is not said is as in the multi-nic plugin", () => {
    const { ipam } = entryOf({ ...macvlan, subnet: "", ipam: { type: "multi-nic-ipam" } });
    if (ipam.kind !== "blocks") throw new Error("of another kind");
    const { subnet, interfaceBlock, hostBlock, excludes } = ipam.plan.blocks;
    expect([writeSubnet(subnet), interfaceBlock, hostBlock, excludes]).toEqual(["172.30.0.0/16", 2, 8, []]);
    expect([ipam.plan.routing, ipam.plan.dataDir]).toEqual([undefined, undefined]);
  });

  test.each<[entry: object, names: readonly string[] | undefined, networks: readonly string[]]>([
    [{ interfaces: ["ens1", "ens2"] }, ["ens1", "ens2"], []],
    [{ interfaces: ["ens1"], masterNets: ["10.0.1.7/24"] }, ["ens1"], ["10.0.1.0/24"]],
    [{}, undefined, []],
    [{ masterNets: [] }, undefined, []],
    [{ masterNets: null }, undefined, []],
    [{ MasterNets: ["10.0.1.0/24"] }, undefined, ["10.0.1.0/24"]],
    [{ select: { networks: ["10.0.1.0/24", "2001:db8::/64"] } }, undefined, ["10.0.1.0/24"]],
    [{ select: { drivers: ["mlx5_core"] }, masterNets: ["10.0.1.0/24"] }, undefined, ["10.0.1.0/24"]],
  ])("masters of %j", (entry, names, networks) => {
    const { nics, masterNets } = entryOf({ ...macvlan, ...entry });
    expect("interfaces" in nics ? nics.interfaces : undefined).toEqual(names as string[]);
    expect(masterNets.map(writeSubnet)).toEqual([...networks]);
  });

  test.each<[args: object | undefined, count: number | undefined, masters: string[]]>([
    [undefined, undefined, []],
    [{ cni: {} }, undefined, []],
    [{ cni: { nics: 1 } }, 1, []],
    [{ cni: { nics: 0 } }, undefined, []],
    [{ cni: { masters: ["ens2"] } }, undefined, ["ens2"]],
    [{ cni: { masters: ["ens2"], nics: 1, other: true } }, 1, ["ens2"]],
    [{ cni: null }, undefined, []],
  ])("what a Pod asks for by args %j", (args, count, masters) => {
    expect(entryOf({ ...macvlan, args }).asked).toEqual({ count, masters });
  });

  test("the table follows from the network's name, unless it is said", () => {
    const tableOf = (entry: object) => {
      const { ipam } = entryOf({ ...l3, ...entry });
      return ipam.kind === "blocks" ? ipam.plan.routing?.table : undefined;
    };
    expect(tableOf({ name: "multi" })).toBe(tableOf({ name: "multi" }) as string);
    expect(tableOf({ name: "other" })).not.toBe(tableOf({ name: "multi" }) as string);
    expect(tableOf({ ipam: { ...blocks, routeTable: 4242 } })).toBe("4242");
    expect(tableOf({ ipam: { ...blocks, vlanMode: "l2" } })).toBeUndefined();
    expect(tableOf({ ipam: { ...blocks, vlanMode: "l3s" } })).toBe(tableOf({}) as string);
  });
});

describe("what is wrong with an entry", () => {
  test.each<[entry: object, code: number, problems: string[]]>([
    [{ plugin: 5 }, 6, ["plugin: wrong type, got 5, allowed an object"]],
    [{ plugin: {} }, 7, ["plugin.type: is missing, allowed the type of a main plugin such as ipvlan or macvlan"]],
    [{ plugin: { type: "ifacer" } }, 7, ["plugin.type: ifacer attaches Pods to nothing: name a main plugin"]],
    [{ plugin: { type: "ipvlan" } }, 7, ["ipam: is missing: the plugin ipvlan gives no interface without addresses"]],
    [
      { ...macvlan, vlanID: 100, bond: {} },
      7,
      [
        "bond: is for links that ifacer makes, an entry with plugin makes none: put it into an entry before",
        "vlanID: is for links that ifacer makes, an entry with plugin makes none: put it into an entry before",
      ],
    ],
    [
      { ...macvlan, interfaces: ["a/b", "x", "x"] },
      7,
      [
        expect.stringContaining('interfaces[0]: the name "a/b"') as unknown as string,
        "interfaces[2]: x is listed twice",
      ],
    ],
    [{ ...macvlan, removeUnused: 1 }, 6, ["removeUnused: wrong type, got 1, allowed true or false"]],
    [{ ...macvlan, interfaces: [] }, 7, ["interfaces: names no interface: leave it out for all NICs"]],
    [{ ...macvlan, interfaces: "x" }, 6, ['interfaces: wrong type, got "x", allowed an array of strings']],
    [
      { ...macvlan, interfaces: ["x"], select: {} },
      7,
      ["select: stands in the place of interfaces: leave one of them out"],
    ],
    [
      { ...macvlan, masterNets: ["10.0.1.0/24"], select: { networks: ["10.0.1.0/24"] } },
      7,
      ["masterNets: is the same as select.networks: leave one of them out"],
    ],
    [
      { ...macvlan, masterNets: ["10.0.1.0", 5] },
      6,
      [
        "masterNets[1]: wrong type, got 5, allowed a string",
        'masterNets[0]: "10.0.1.0" is no IPv4 network such as 10.0.1.0/24',
      ],
    ],
    [{ ...l3, subnet: "192.168.1.0/16" }, 7, [expect.stringContaining("write 192.168.0.0/16") as unknown as string]],
    [{ ...l3, subnet: "2001:db8::/64" }, 7, ['subnet: "2001:db8::/64" is no IPv4 network such as 192.168.0.0/16']],
    [
      { ...l3, subnet: "10.0.0.0/16" },
      7,
      [
        "subnet: 10.0.0.0/16 and 10.0.1.0/24 of masterNets have addresses in common: give Pods a network of their own",
        "subnet: 10.0.0.0/16 and 10.0.2.0/24 of masterNets have addresses in common: give Pods a network of their own",
      ],
    ],
    [
      { ...l3, ipam: { ...blocks, hostBlock: 13 } },
      7,
      [expect.stringContaining("makes blocks of /31") as unknown as string],
    ],
    [
      { ...l3, ipam: { ...blocks, hostBlock: 33, interfaceBlock: "2" } },
      6,
      [
        'ipam.interfaceBlock: wrong type, got "2", allowed an integer from 0 to 10',
        "ipam.hostBlock: out of range, got 33, allowed an integer from 0 to 32",
      ],
    ],
    [
      { ...l3, ipam: { ...blocks, vlanMode: "l4" } },
      7,
      ['ipam.vlanMode: not allowed, got "l4", allowed l2 or l3 or l3s'],
    ],
    [
      { ...l3, ipam: { ...blocks, routeTable: 254 } },
      7,
      ["ipam.routeTable: 254 is a table of the kernel's own: use another number"],
    ],
    [
      { plugin: { type: "../sbin/ipvlan" }, ipam: { type: "/tmp/static" } },
      7,
      [
        `plugin.type: "../sbin/ipvlan" is not the name of a plugin: no '/' may be in it`,
        `ipam.type: "/tmp/static" is not the name of a plugin: no '/' may be in it`,
      ],
    ],
    [
      { ...l3, ipam: { ...blocks, peers: [{ hostIndex: 1, addresses: Array(65).fill("10.0.1.9") }] } },
      7,
      ["ipam.peers[0].addresses: got 65 addresses, allowed up to 64"],
    ],
    [{ ...l3, ipam: { ...blocks, dataDir: "store" } }, 7, ['ipam.dataDir: "store" is no absolute path']],
    [
      { ...l3, ipam: { ...blocks, peers: [{ addresses: ["10.0.1.x"] }, 5] } },
      6,
      [
        "ipam.peers[1]: wrong type, got 5, allowed an object",
        'ipam.peers[0].addresses[0]: "10.0.1.x" is no IPv4 address',
        "ipam.peers[0].addresses: are missing: those of the node's NICs",
      ],
    ],
    [
      { ...l3, ipam: { ...blocks, routes: [{ dst: "x" }, { dst: "10.9.0.0/16", gw: "2001:db8::1" }] } },
      7,
      [
        'ipam.routes[0].dst: "x" is no network such as 0.0.0.0/0',
        "ipam.routes[1].gw: 2001:db8::1 is of another family than 10.9.0.0/16",
      ],
    ],
    [
      { ...macvlan, args: { cni: { nics: 2, masters: ["a"] } } },
      7,
      ["args.cni.nics: is 2, and masters names 1: leave one of them out"],
    ],
    [
      { ...macvlan, args: { cni: { nics: "1" } } },
      6,
      ['args.cni.nics: wrong type, got "1", allowed an integer from 0 to 1024'],
    ],
  ])("%j", (entry, code, problems) => {
    const reading = read(entry);
    expect(reading.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(problems);
    expect("code" in reading && (reading.code as number)).toBe(code);
  });
});

test.each<[entry: object, paths: string[]]>([
  [l3, []],
  [{ ...l3, ipam: { ...blocks, vlanMode: "l2" } }, ["ipam.vlanMode"]],
  [{ ...l3, masterNets: [] }, ["masterNets"]],
  [macvlan, []],
])("what is doubtful about %j", (entry, paths) => {
  expect(read(entry).warnings.map(({ path }) => path)).toEqual(paths);
});
