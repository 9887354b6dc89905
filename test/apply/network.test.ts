import { expect, test } from "bun:test";
import { findCaughtIn } from "../../src/apply/network.ts";

const wanted = [{ from: "192.168.0.0/16", table: "7425" }];

/** As `ip -4 -N -details -oneline` shows them. */
test.each<[shown: string, words: string | undefined]>([
  ["1: lo    inet 127.0.0.1/8 scope 254 lo", undefined],
  ["3: ens1    inet 192.168.7.1/24 scope 0 ens1", "the node has the address 192.168.7.1/24 on ens1"],
  // With numbers, as iproute2 6.1 writes them, and without.
  ["1 192.168.99.0/24 dev cni0 proto 2 scope 253", "the node has the route 192.168.99.0/24 dev cni0 proto 2"],
  ["unicast 192.168.99.1 via 10.0.1.4 dev ens1", "the node has the route 192.168.99.1 via 10.0.1.4 dev ens1"],
  ["1 default via 10.0.1.1 dev ens1", undefined],
  ["1 192.0.0.0/8 via 10.0.1.1 dev ens1", undefined],
  ["0:\tfrom all lookup 255 proto 2", undefined],
  ["32766:\tfrom all lookup 254 proto 2", undefined],
  ["7425:\tfrom 192.168.0.0/16 lookup 7425 proto 0", undefined],
  // Another network of ifacer's whose name comes to the same table.
  ["7425:\tfrom 10.44.0.0/16 lookup 7425 proto 0", undefined],
  ["100:\tfrom all fwmark 0x1 lookup 7425", "the table 7425 is somebody else's"],
  ["7425:\tfrom all fwmark 0x1 lookup 7425", "the table 7425 is somebody else's"],
  ["7425:\tfrom 10.44.0.0/16 fwmark 0x1 lookup 7425", "the table 7425 is somebody else's"],
  [
    "7: red: <NOARP> mtu 65575 \\    vrf table 7425 addrgenmode eui64",
    "the table 7425 is somebody else's, the node has the VRF red",
  ],
  [
    "100:\tfrom 192.168.0.0/16 lookup 100 proto 0",
    "192.168.0.0/16 has addresses of another network, the node has the rule 100: from 192.168.0.0/16 lookup 100: give the network a subnet of its own, or type 'ip rule del from 192.168.0.0/16 lookup 100 priority 100' where nobody needs that rule any more",
  ],
  ["7425:\tfrom 192.168.2.0/24 lookup 7425 proto 0", "addresses of another network"],
  ["7000:\tfrom 192.0.0.0/8 lookup 7000", "addresses of another network"],
  ["500:\tfrom 192.168.1.1 lookup 2", "addresses of another network"],
  ["500:\tfrom 192.168.1.0/24 fwmark 0x3 prohibit", "addresses of another network"],
  ["43:\tnot from 192.168.0.0/16 lookup 100 proto 0", undefined],
])("what a rule for a network's Pods would catch: %j", (shown, words) => {
  const found = findCaughtIn(shown, wanted).map(({ message }) => message);
  expect(found).toEqual(words === undefined ? [] : [expect.stringContaining(words) as unknown as string]);
});
