import { expect, test } from "bun:test";
import { listRemovalsIn } from "../../src/apply/removeNetwork.ts";

const rule = { from: "192.168.0.0/16", table: "7425" };

/** As `ip -4 -N -oneline` shows them. */
test.each<[shown: string, line: string | undefined]>([
  ["7425:\tfrom 192.168.0.0/16 lookup 7425 proto 0", "rule del from 192.168.0.0/16 lookup 7425 priority 7425"],
  // Somebody else's, as it has another place, says more, or is another network's in the same table.
  ["100:\tfrom 192.168.0.0/16 lookup 7425 proto 0", undefined],
  ["7425:\tfrom 192.168.0.0/16 fwmark 0x1 lookup 7425", undefined],
  ["7425:\tfrom 172.30.0.0/16 lookup 7425 proto 0", undefined],
  ["0:\tfrom all lookup 255 proto 2", undefined],
  ["192.168.2.64/26 via 10.0.1.9 dev ens1 proto 3", "route del 192.168.2.64/26 via 10.0.1.9 dev ens1 table 7425"],
  ["192.168.2.1 dev ens1 scope 253", "route del 192.168.2.1 dev ens1 table 7425"],
  ["172.30.0.0/24 dev ens1 scope 253", undefined],
  ["192.0.0.0/8 via 10.0.1.1 dev ens1", undefined],
  ["default via 10.0.1.1 dev ens1", undefined],
  ["", undefined],
])("what of a network's rule and routes is removed: %j", (shown, line) => {
  expect(listRemovalsIn(shown, rule)).toEqual(line === undefined ? [] : [line]);
});
