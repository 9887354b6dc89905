import { describe, expect, test } from "bun:test";
import { planUpdates } from "../../../src/cli/commands/update.ts";
import { bondOptions } from "../../../src/config/bondOptions.ts";

function plan(what: string, { current = "1", desired = "2", link = "bond0" } = {}) {
  const [update] = planUpdates([{ link, what, current, desired }]);
  return update;
}

describe("what the kernel takes live", () => {
  test.each([
    ["miimon", "50", "link set dev bond0 type bond miimon 50"],
    ["primary", "ens192", "link set dev bond0 type bond primary ens192"],
    ["active_slave", "ens192", "link set dev bond0 type bond active_slave ens192"],
    ["arp_ip_target", "192.0.2.1,192.0.2.2", "link set dev bond0 type bond arp_ip_target 192.0.2.1,192.0.2.2"],
    ["peer_notif_delay", "100", "link set dev bond0 type bond peer_notify_delay 100"],
    ["xmit_hash_policy", "layer3+4", "link set dev bond0 type bond xmit_hash_policy layer3+4"],
    ["mtu", "9000", "link set dev bond0 mtu 9000"],
  ])("%s %s", (what, desired, line) => {
    expect(plan(what, { desired })).toMatchObject({ line, interrupts: expect.stringMatching(/./) });
  });
});

describe("what it does not", () => {
  test.each([
    [
      "lacp_rate",
      "fast",
      "the driver takes it only while the bond is down, which cuts off all that stands on it; when that may be: 'ip link set dev bond0 down', 'ip link set dev bond0 type bond lacp_rate fast', 'ip link set dev bond0 up'",
    ],
    [
      "fail_over_mac",
      "active",
      "the driver takes it only while the bond is without slaves, which cuts off all that stands on it; when that may be: 'ip link delete dev bond0', and the next ADD makes it anew",
    ],
    [
      "other slaves",
      "none",
      "somebody added 1; what it carries is lost when it is taken out: 'ip link set dev 1 nomaster'",
    ],
    [
      "gvrp",
      "on",
      "it is set when the link is made; when nothing uses it: 'ip link delete dev bond0', and the next ADD makes it anew",
    ],
  ])("%s", (what, desired, reason) => {
    expect(plan(what, { desired })).toMatchObject({ line: undefined, reason });
  });
});

test("every option of the table is brought in line live exactly if the table says so", () => {
  for (const { name, changeable } of bondOptions)
    expect([name, plan(name)?.line !== undefined]).toEqual([name, changeable === "live"]);
});
