import { describe, expect, test } from "bun:test";
import { writeLines } from "../../src/apply/lines.ts";
import type { Change } from "../../src/model.ts";

const primary = { name: "primary", value: "ens160" };
const targets = { name: "arp_ip_target", value: "192.0.2.1,192.0.2.2" };
const map = { name: "egress-qos-map", value: "0:1,2:3" };

describe("the ip lines of a change", () => {
  test.each<[Change, string[]]>([
    [
      {
        type: "addBond",
        name: "bond0",
        mode: "active-backup",
        mac: "02:00:00:00:00:01",
        mtu: 9000,
        settings: [primary],
      },
      [
        "link add name bond0 mtu 9000 address 02:00:00:00:00:01 type bond mode active-backup primary ens160",
        "link set dev bond0 alias ifacer",
      ],
    ],
    [
      { type: "addBond", name: "b", mode: "balance-rr", mac: "02:00:00:00:00:01", mtu: 1500, settings: [targets] },
      [
        "link add name b mtu 1500 address 02:00:00:00:00:01 type bond mode balance-rr arp_ip_target 192.0.2.1,192.0.2.2",
        "link set dev b alias ifacer",
      ],
    ],
    [
      { type: "configureBond", name: "bond0", mode: "802.3ad", mac: "02:00:00:00:00:01", mtu: 1500, settings: [] },
      ["link set dev bond0 mtu 1500 address 02:00:00:00:00:01", "link set dev bond0 type bond mode 802.3ad"],
    ],
    [
      { type: "enslave", nic: "up", bond: "bond0" },
      ["link set dev up down", "link set dev up down master bond0", "link set dev up up"],
    ],
    [
      { type: "setBondOptions", name: "bond0", settings: [{ name: "active_slave", value: "ens160" }] },
      ["link set dev bond0 type bond active_slave ens160"],
    ],
    [
      {
        type: "addVlan",
        name: "bond0.200",
        parent: "bond0",
        id: 200,
        protocol: "802.1Q",
        mtu: undefined,
        settings: [],
      },
      ["link add link bond0 name bond0.200 type vlan protocol 802.1Q id 200", "link set dev bond0.200 alias ifacer"],
    ],
    [
      { type: "addVlan", name: "v", parent: "ens192", id: 5, protocol: "802.1ad", mtu: 1400, settings: [map] },
      [
        "link add link ens192 name v mtu 1400 type vlan protocol 802.1ad id 5 egress-qos-map 0:1 2:3",
        "link set dev v alias ifacer",
      ],
    ],
    [
      { type: "addAltName", name: "v1000-abc", altName: "enp175s0f0np0.1000" },
      ["link property add dev v1000-abc altname enp175s0f0np0.1000"],
    ],
    [{ type: "raise", name: "bond0.200" }, ["link set dev bond0.200 up"]],
  ])("%#", (change, lines) => {
    expect(writeLines(change)).toEqual(lines);
  });
});
