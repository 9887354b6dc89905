import { expect, test } from "bun:test";
import { currentVlanValue, parseVlanOptions, vlanOptionWords } from "../../src/config/vlanOptions.ts";
import { add, call, driverData } from "./adding.ts";
import { nodeWith } from "./node.ts";

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

// `ip` takes 100 words of a line.
test.each([[85], [1000]])("a VLAN with %d pairs of priorities has them all", async (count) => {
  await using ns = await nodeWith("ens192");
  const pairs = Array.from({ length: count }, (_, index) => `${index}:${(index % 7) + 1}`);
  const options = `ingress-qos-map=0:1,1:2,2:3,3:4,4:5,5:6,6:7,7:1;gvrp=on;egress-qos-map=${pairs.join(",")}`;
  const config = { interfaces: ["ens192"], vlanID: 5, vlan: { options } };
  expect(await add(ns, config)).toHaveLength(2);
  expect(currentVlanValue(await driverData(ns, "ens192.5"), "egress-qos-map")).toBe(pairs.join(","));
  expect(await add(ns, config)).toEqual([]);
  expect((await call(ns, "CHECK", config)).status).toBe(0);
});

test("more pairs than the kernel can tell of are refused, with their number", async () => {
  await using ns = await nodeWith("ens192");
  const pairs = Array.from({ length: 1001 }, (_, index) => `${index}:1`);
  const { json } = await call(ns, "ADD", {
    interfaces: ["ens192"],
    vlanID: 5,
    vlan: { options: `egress-qos-map=${pairs.join(",")}` },
  });
  expect([json.code, json.msg]).toEqual([7, expect.stringContaining("has 1001 pairs, allowed are 1000")]);
});
