import { expect, test } from "bun:test";
import { writeLines } from "../../src/apply/lines.ts";
import type { Desired, Route } from "../../src/model.ts";
import { parseIpOutput } from "../../src/observe/parse.ts";
import { planAddresses } from "../../src/plan/addresses.ts";
import { link } from "../link.ts";
import { desire, place } from "./inPod.ts";

/** `192.0.2.0/24`, `::/0 via 2001:db8::1`, `::/0 via 2001:db8::1 metric 5`. */
function wanted(text: string): Desired["routes"][number] {
  const [destination = "", ...rest] = text.split(" ");
  const attributes = ["table", "metric", "mtu"].flatMap((name) => {
    const at = rest.indexOf(name);
    return at < 0 ? [] : [{ name, value: rest[at + 1] ?? "" }];
  });
  const gateway = rest[0] === "via" ? rest[1] : undefined;
  return { link: "eth0.3", destination, gateway, attributes };
}

/** Routes as `ip -json` shows them, of eth0.3 if they don't say. */
function routes(...shown: object[]): Route[] {
  const addresses = [
    { ifindex: 3, ifname: "eth0.3", addr_info: [] },
    { ifindex: 2, ifname: "eth0", addr_info: [] },
  ];
  const lines = [addresses, shown.map((one) => ({ dev: "eth0.3", ...one }))].map((list) => JSON.stringify(list));
  return [...parseIpOutput(lines.join("\n")).routes.values()].flat();
}

const address = (text: string) => {
  const [local = "", length] = text.split("/");
  return { link: "eth0.3", local, prefixLength: Number(length) };
};

const default4 = "0.0.0.0/0 via 192.0.2.1";
const [one6, two6] = ["::/0 via 2001:db8::1", "::/0 via 2001:db8::2"];

test.each<
  [
    what: string,
    given: { addresses?: string[]; routes: string[]; there?: object[]; onEth0?: object[] },
    lines: string[],
  ]
>([
  ["a route", { routes: [default4] }, ["route add 0.0.0.0/0 via 192.0.2.1 dev eth0.3"]],
  [
    "the same twice, but for attributes",
    { routes: [default4, `${default4} mtu 1400`] },
    ["route add 0.0.0.0/0 via 192.0.2.1 dev eth0.3"],
  ],
  [
    "that to the address' own network, which the kernel makes",
    { addresses: ["192.0.2.10/24"], routes: ["192.0.2.0/24", default4] },
    ["address add 192.0.2.10/24 broadcast + dev eth0.3", "route add 0.0.0.0/0 via 192.0.2.1 dev eth0.3"],
  ],
  [
    "the same where another link is in that network too",
    { addresses: ["192.0.2.10/24"], routes: ["192.0.2.0/24"], onEth0: [{ dst: "192.0.2.0/24", dev: "eth0" }] },
    ["address add 192.0.2.10/24 broadcast + dev eth0.3"],
  ],
  [
    "in another table, which it does not",
    { addresses: ["192.0.2.10/24"], routes: ["192.0.2.0/24 table 100"] },
    ["address add 192.0.2.10/24 broadcast + dev eth0.3", "route add 192.0.2.0/24 dev eth0.3 table 100"],
  ],
  [
    "of an IPv6 address, which has a metric of its own",
    { addresses: ["2001:db8::10/64"], routes: ["2001:db8::/64"] },
    ["address add 2001:db8::10/64 dev eth0.3", "route add 2001:db8::/64 dev eth0.3"],
  ],
  [
    "several ways to one destination",
    { routes: [one6, two6] },
    ["route add ::/0 via 2001:db8::1 dev eth0.3", "route append ::/0 via 2001:db8::2 dev eth0.3"],
  ],
  [
    "several ways that are there as one route",
    {
      routes: [one6, two6],
      there: [
        {
          dst: "default",
          dev: undefined,
          metric: 1024,
          pref: "medium",
          nexthops: [
            { gateway: "2001:db8::1", dev: "eth0.3" },
            { gateway: "2001:db8::2", dev: "eth0.3" },
          ],
        },
      ],
    },
    [],
  ],
  [
    "several ways of which one is there",
    { routes: [one6, two6], there: [{ dst: "default", gateway: "2001:db8::2", metric: 1024, pref: "medium" }] },
    ["route append ::/0 via 2001:db8::1 dev eth0.3"],
  ],
  [
    "a route that is there in a table by its number",
    { routes: ["0.0.0.0/0 via 192.0.2.1 table 100"], there: [{ dst: "default", gateway: "192.0.2.1", table: "100" }] },
    [],
  ],
])("%s", (_, given, lines) => {
  const desired = {
    ...desire({ vlanID: 3 }),
    addresses: (given.addresses ?? []).map(address),
    routes: given.routes.map(wanted),
  };
  const pod = place([link(2, "eth0"), link(3, "eth0.3")], {
    eth0: { routes: routes(...(given.onEth0 ?? [])) },
    "eth0.3": { routes: routes(...(given.there ?? [])) },
  });
  const { changes, conflicts } = planAddresses(desired, pod);
  expect(conflicts).toEqual([]);
  expect(changes.flatMap((change) => writeLines(change))).toEqual(lines);
});

test("a route of somebody else's to the same destination is in the way", () => {
  const desired = { ...desire({ vlanID: 3 }), routes: [wanted(default4)] };
  const pod = place([link(2, "eth0"), link(3, "eth0.3")], {
    eth0: { routes: routes({ dst: "default", gateway: "198.51.100.1", dev: "eth0" }) },
  });
  expect(planAddresses(desired, pod).conflicts.map(({ link }) => link)).toEqual(["eth0"]);
});
