import { describe, expect, test } from "bun:test";
import { showName, writeDropIn } from "../../../src/cli/commands/dropIn.ts";
import { listLinksOfConfigs } from "../../../src/cli/read/ownLinks.ts";
import { desire } from "../../../src/config/desired.ts";

describe("which links are ifacer's own", () => {
  test.each([
    ["a bond and its slaves", { interfaces: ["ens192", "ens160"], bond: {} }, ["sp_bond0", "ens192", "ens160"]],
    [
      "the VLAN on it",
      { interfaces: ["ens192", "ens160"], bond: { name: "bond0" }, vlanID: 100 },
      ["bond0", "ens192", "ens160", "bond0.100"],
    ],
    ["a VLAN, but not the NIC below it", { interfaces: ["ens192"], vlanID: 100 }, ["ens192.100"]],
    [
      "a VLAN by its own name where it has a long one",
      { interfaces: ["enp175s0f0np0"], vlanID: 1000 },
      ["v1000-51f34n531"],
    ],
    ["nothing where nothing is made", { interfaces: ["ens192"] }, []],
  ])("%s", (_, config, names) => {
    expect(listLinksOfConfigs([desire(config).desired], [])).toEqual(names);
  });
});

test.each(["NetworkManager", "systemd-networkd"] as const)("a drop-in for %s", (service) => {
  const { text, leftOut } = writeDropIn(service, ["bond0", "ens192", "bond0.100"]);
  expect([`\n${text}`, leftOut]).toMatchSnapshot();
});

test.each([
  ["NetworkManager", "a*", "unmanaged-devices+=interface-name:=a*;interface-name:=d1"],
  ["NetworkManager", "!b", "unmanaged-devices+=interface-name:=!b;interface-name:=d1"],
  ["systemd-networkd", "a*?[b", "Name=a[*][?][[]b"],
  ["systemd-networkd", "a!b", "Name=a!b"],
] as const)("for %s a link called %s is that link and no other", (service, name, written) => {
  const { text, leftOut } = writeDropIn(service, [name, "d1"]);
  expect([text.split("\n").filter((one) => one === written).length, leftOut]).toEqual([1, []]);
});

/** What the kernel takes as a name, and worse. */
const hostile = [
  "!b",
  "*",
  "?",
  "[a]",
  "a;b",
  "a,b",
  "a b",
  "a\nb",
  "\\",
  "a\\",
  "é",
  "\u2028",
  "\x01",
  "#",
  "%n",
  "123",
  '"',
  "'a'",
  "=",
  "-",
  "[Match]",
  "except:a",
  "",
];

describe.each(["NetworkManager", "systemd-networkd"] as const)(
  "no name changes what the drop-in for %s says of others",
  (service) => {
    /** Each expression by itself. */
    const sayings = (names: readonly string[]) =>
      writeDropIn(service, names)
        .text.split("\n")
        .filter((one) => !one.startsWith("#"))
        .flatMap((one) => one.split(";"))
        .map((one) => one.replace("unmanaged-devices+=", ""));

    test.each(hostile)("%p", (name) => {
      const alone = sayings(["d1", "d2"]);
      const { leftOut, text } = writeDropIn(service, ["d1", name, "d2"]);
      const added = sayings(["d1", name, "d2"]).filter((one) => !alone.includes(one));
      expect(sayings(["d1", name, "d2"]).filter((one) => !added.includes(one))).toEqual(alone);
      expect(added.length).toBe(leftOut.length === 0 ? 1 : 0);
      for (const one of added) expect(one).toMatch(/^(interface-name:=[^\s,;\\"']+|Name=[^!\s%"'\\][^\s%"'\\]*)$/);
      if (leftOut.length > 0) expect(text).toContain(`with this name: ${showName(name)}\n`);
      expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    });

    test("where no name can be said the file says nothing of any link", () => {
      expect(sayings(["a\nb"])).toEqual([""]);
    });
  },
);
