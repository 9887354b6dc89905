import { describe, expect, test } from "bun:test";
import { readConfig } from "../../src/config/read.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";

function read(config: object) {
  const body = decodeJson(Buffer.from(JSON.stringify(config)), "the config");
  if (!(body instanceof JsonObject)) throw new TypeError("no object");
  const { problems, warnings } = readConfig(body);
  return { problems, warnings };
}

const places: [string, (name: string) => object][] = [
  ["bond.name", (name) => ({ interfaces: ["a", "b"], bond: { name } })],
  ["vlan.name", (name) => ({ interfaces: ["a"], vlanID: 5, vlan: { name } })],
];

describe.each(places)("%s", (path, write) => {
  test.each([
    ["a%d", "has a '%', for which the kernel would choose another name"],
    ["100%", "has a '%', for which the kernel would choose another name"],
    ["!bd", 'has the character "!", for which udev gives the link another name'],
    ["b!d", 'has the character "!", for which udev gives the link another name'],
    ["bé", 'has the character "é", for which udev gives the link another name'],
    ["b*", 'has the character "*", which systemd-networkd reads as a pattern or a quote'],
    ["b[1]", 'has the character "[", which systemd-networkd reads as a pattern or a quote'],
    ["123", "has digits only, which systemd-networkd does not take for a name"],
    ["if2.5", "is what ip takes for the link with that index"],
    ...["lo", "all", "default", "bonding_masters", "tunl0", "sit0", "ip6tnl0", "cni0", "docker0", "flannel.1"].map(
      (name) => [name, "is what the kernel or another program calls something of its own"] as const,
    ),
    [".", "is no name for a link"],
    ["..", "is no name for a link"],
    ["if2", "is what ip takes for the link with that index"],
  ])("can't be %s", (name, fault) => {
    expect(read(write(name)).problems).toEqual([{ path, message: `the name ${JSON.stringify(name)} ${fault}` }]);
  });

  test.each([["bond0"], ["0bond"], ["b,c"], ["$x"], ["a;b"], ["a=b"], ["@b"], ["_b"], ["ifa"], ["1.2"]])(
    "can be %s",
    (name) => {
      expect(read(write(name)).problems).toEqual([]);
    },
  );
});

describe("a NIC's name", () => {
  test.each([["nic%d"], ["%"]])("can't be %s, nor that of an altname", (name) => {
    const message = `the name ${JSON.stringify(name)} has a '%', for which the kernel would choose another name`;
    expect(read({ interfaces: [name], vlanID: 5 }).problems).toEqual([{ path: "interfaces[0]", message }]);
  });

  test.each([["!bd"], ["bé"], ["123"]])("can be %s, with a warning", (name) => {
    const { problems, warnings } = read({ interfaces: [name, "b"], bond: { name: "bond0" } });
    expect(problems).toEqual([]);
    expect(warnings.map(({ path }) => path)).toEqual(["interfaces[0]"]);
  });

  test("that would make a VLAN's name one that udev changes wants another for that", () => {
    const { problems } = read({ interfaces: ["bé"], vlanID: 5 });
    expect(problems.map(({ message }) => message)).toEqual([
      `the VLAN's name bé.5 has the character "é", for which udev gives the link another name: set vlan.name`,
    ]);
    expect(read({ interfaces: ["bé"], vlanID: 5, vlan: { name: "b.5" } }).problems).toEqual([]);
    expect(read({ interfaces: ["123"], vlanID: 5 }).problems).toEqual([]);
    expect(read({ interfaces: ["if2"], vlanID: 5 }).problems.map(({ message }) => message)).toEqual([
      "the VLAN's name if2.5 is what ip takes for the link with that index: set vlan.name",
    ]);
  });
});
