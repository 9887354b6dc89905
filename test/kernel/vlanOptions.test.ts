import { expect, test } from "bun:test";
import { currentVlanValue, parseVlanOptions, vlanOptionWords } from "../../src/config/vlanOptions.ts";

test.each([
  ["", "reorder_hdr", "on"],
  ["reorder_hdr=off", "reorder_hdr", "off"],
  ["", "gvrp", "off"],
  ["gvrp=on", "gvrp", "on"],
  ["mvrp=1", "mvrp", "on"],
  ["loose_binding=on", "loose_binding", "on"],
  ["bridge_binding=on", "bridge_binding", "on"],
  ["bridge_binding=on;reorder_hdr=0", "reorder_hdr", "off"],
  ["ingress-qos-map=7:4294967295,0:1,3:0", "ingress-qos-map", "0:1,7:4294967295"],
  ["egress-qos-map=4294967295:7 16:2 1:1;gvrp=on", "egress-qos-map", "1:1,16:2,4294967295:7"],
  ["", "egress-qos-map", undefined],
])("a VLAN made with %j has %s %p", (text, name, value) => {
  const { settings, problems } = parseVlanOptions(text, { path: "vlan.options" });
  const lines = [
    "link add name a type dummy",
    ["link add link a name v type vlan id 5", ...settings.flatMap(vlanOptionWords)].join(" "),
    "link show dev v",
  ];
  // The namespace vanishes with the process.
  const ip = Bun.spawnSync(["unshare", "--net", "ip", "-d", "-j", "-batch", "-"], {
    stdin: Buffer.from(`${lines.join("\n")}\n`),
  });
  expect({ problems, stderr: ip.stderr.toString() }).toEqual({ problems: [], stderr: "" });
  expect(currentVlanValue(JSON.parse(ip.stdout.toString())[0].linkinfo.info_data, name)).toBe(value);
});
