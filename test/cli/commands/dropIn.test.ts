import { describe, expect, test } from "bun:test";
import { writeDropIn } from "../../../src/cli/commands/dropIn.ts";
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
  expect(`\n${writeDropIn(service, ["bond0", "ens192", "bond0.100"])}`).toMatchSnapshot();
});

test.each([
  ["NetworkManager", "a;b", "unmanaged-devices+=interface-name:=a\\;b"],
  ["NetworkManager", "a*", "unmanaged-devices+=interface-name:=a*"],
  ["systemd-networkd", "a*?[b", "Name=a[*][?][[]b"],
] as const)("for %s a link called %s is no wildcard", (service, name, line) => {
  expect(writeDropIn(service, [name]).split("\n")).toContain(line);
});
