import { describe, expect, test } from "bun:test";
import { readSelectEntry } from "../../src/config/select.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";

function read(config: object) {
  const body = decodeJson(Buffer.from(JSON.stringify(config)), "the config");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  return readSelectEntry(body);
}

const show = (problems: readonly { path: string; message: string }[]) =>
  problems.map(({ path, message }) => `${path}: ${message}`);

const devices = "PCI ids such as 15b3:1019 or 15b3:*";

describe("what is wrong is told at once, as for all keys", () => {
  test.each<[object, number, string[]]>([
    [{ select: 3 }, 6, ["select: wrong type, got 3, allowed an object"]],
    [
      { select: { driver: ["ice"] } },
      7,
      [
        `select: unknown key "driver", allowed names, networks, drivers, devices, minSpeed, linkUp, numa, kinds, count, atLeast; did you mean drivers?`,
      ],
    ],
    [
      { select: { names: [] } },
      7,
      ["select.names: not allowed, got a list, allowed an array of at least one of names or patterns with * and ?"],
    ],
    [
      { select: { names: ["a b"] } },
      7,
      ['select.names[0]: not allowed, got "a b", allowed a name or a pattern with * and ?'],
    ],
    [
      { select: { networks: ["10.0.1.0"] } },
      7,
      ['select.networks[0]: not allowed, got "10.0.1.0", allowed a network such as 10.0.1.0/24'],
    ],
    [
      { select: { drivers: "ice" } },
      6,
      [`select.drivers: wrong type, got "ice", allowed an array of at least one of drivers' names such as mlx5_core`],
    ],
    [
      { select: { devices: ["15b3", "15b3:*"] } },
      7,
      [`select.devices[0]: not allowed, got "15b3", allowed ${devices}`],
    ],
    [
      { select: { minSpeed: 0, linkUp: "yes", numa: -1 } },
      6,
      [
        "select.minSpeed: out of range, got 0, allowed an integer from 1 to 10000000",
        'select.linkUp: wrong type, got "yes", allowed true or false',
        "select.numa: out of range, got -1, allowed an integer from 0 to 1023",
      ],
    ],
    [{ select: { kinds: ["veth"] } }, 7, ['select.kinds[0]: not allowed, got "veth", allowed nic or bond or vlan']],
    [
      { select: {}, bond: { mode: 1, options: "primary=a/b" } },
      7,
      [
        'bond.options: the name "a/b" has the character "/", which no link name may have here',
        'bond.options: primary: got "a/b", allowed one of nic1; did you mean "a/b"?',
      ],
    ],
    [{ select: { count: 2, atLeast: 3 } }, 7, ["select.atLeast: got 3, which is more than count, 2"]],
    [{ select: {}, interfaces: ["eth0"] }, 7, ["select: stands in the place of interfaces: leave one of them out"]],
    [
      { select: { count: 0 }, bond: { mode: 9 } },
      7,
      [
        "select.count: out of range, got 0, allowed an integer from 1 to 1000",
        "bond.mode: out of range, got 9, allowed an integer from 0 to 6",
      ],
    ],
  ])("%j", (config, code, problems) => {
    const reading = read({ vlanID: 100, ...config });
    expect(show(reading.problems)).toEqual(problems);
    expect("code" in reading ? reading.code : undefined).toBe(code as never);
  });
});

describe("what is doubtful", () => {
  const differs = (key: string) =>
    `select: the VLAN's name follows from the NIC's, which differs from node to node: set ${key}, so that a master of this name is on each`;
  test.each<[object, string[]]>([
    [{ select: { count: 1 }, vlanID: 100 }, [differs("vlan.name")]],
    [{ select: {}, vlanID: 100 }, [differs("bond.name")]],
    [{ select: { count: 1 }, vlanID: 100, vlan: { name: "storage" } }, []],
    [
      { select: {}, vlanID: 100, vlan: { name: "storage" } },
      ["vlan.name: can't name the VLANs of several NICs: set select.count to 1"],
    ],
    [{ select: { count: 2 }, vlanID: 100, bond: { name: "bond0" } }, []],
    [{ select: { atLeast: 2 }, bond: {} }, []],
    [
      { select: { atLeast: 2 }, bond: { mode: 1, options: "primary=nic1" } },
      ["bond.options: nic1 is named, and a node where it is not among the chosen NICs refuses that: leave it out"],
    ],
    [
      { select: {}, vlanID: 100, bond: { name: "bond0" } },
      ["select: where one NIC is chosen only, the bond is ignored and the VLAN is on the NIC: set atLeast to 2"],
    ],
    [
      { select: { count: 1 }, vlanID: 100, bond: { name: "bond0" } },
      [differs("vlan.name"), "bond: the bond is ignored: count is 1"],
    ],
    [
      { select: { count: 2 }, bond: { mode: 1, options: "miimon=100; primary=ens192" } },
      ["bond.options: ens192 is named, and a node where it is not among the chosen NICs refuses that: leave it out"],
    ],
  ])("%j", (config, warnings) => {
    const reading = read(config);
    expect(show(reading.problems)).toEqual([]);
    expect(show(reading.warnings)).toEqual(warnings);
  });
});

test("keys match in any case, null is not given, and what is read is what choosing asks for", () => {
  const { entry } = read({
    select: { Networks: ["10.0.1.7/24"], devices: ["15B3:*"], minspeed: 25000, numa: null, count: 2 },
    vlanID: 100,
    bond: { name: "bond0" },
  });
  expect(entry?.rules).toEqual({
    names: undefined,
    networks: [{ family: "4", value: 0x0a000107n, prefixLength: 24 }],
    drivers: undefined,
    devices: ["15b3:*"],
    minSpeed: 25000,
    linkUp: false,
    numa: undefined,
    kinds: ["nic"],
    count: 2,
    atLeast: 2,
  });
  expect([entry?.example.bond?.name, entry?.example.vlans.map(({ name }) => name)]).toEqual(["bond0", ["bond0.100"]]);
});
