import { describe, expect, test } from "bun:test";
import { writeLines } from "../../src/apply/lines.ts";
import { parseSubnet } from "../../src/config/addresses.ts";
import { noLinks } from "../../src/config/noLinks.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";
import type { DesiredRoute } from "../../src/model.ts";
import { readRoute } from "../../src/observe/use.ts";
import { plan } from "../../src/plan/plan.ts";
import { assignRoutes, type RoutedLink, readRoutes } from "../../src/pool/podRoutes.ts";
import { readObject } from "../../src/pool/reader.ts";
import { link } from "../link.ts";

function linkOf(name: string, addresses: readonly string[], gateways: readonly string[] = []): RoutedLink {
  return { name, networks: addresses.flatMap((address) => parseSubnet(address) ?? []), gateways };
}

const two = [linkOf("net1-0", ["192.168.0.65/18"]), linkOf("net1-1", ["192.168.64.65/18"])];

function assign(routes: readonly object[], links: readonly RoutedLink[] = two): readonly DesiredRoute[] | string {
  const body = decodeJson(Buffer.from(JSON.stringify({ routes })), "ipam");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  const reader = readObject(body, "ipam");
  const wanted = readRoutes(reader);
  expect(reader.findings.problems).toEqual([]);
  const found = assignRoutes(wanted, links);
  return "fault" in found ? found.fault : found.routes;
}

function lines(found: readonly DesiredRoute[] | string): string[] {
  if (typeof found === "string") return [found];
  return found.flatMap((route) => writeLines({ type: "addRoute", link: route.link, route }));
}

describe("routes of ipam.routes in the Pod", () => {
  test.each<[routes: object[], lines: string[]]>([
    [[{ dst: "10.9.0.0/16", gw: "192.168.0.1" }], ["route add 10.9.0.0/16 via 192.168.0.1 dev net1-0"]],
    [[{ dst: "10.9.0.0/16", gw: "192.168.64.1" }], ["route add 10.9.0.0/16 via 192.168.64.1 dev net1-1"]],
    // One destination by way of both.
    [
      [
        { dst: "0.0.0.0/0", gw: "192.168.0.1" },
        { dst: "0.0.0.0/0", gw: "192.168.64.1" },
      ],
      ["route add 0.0.0.0/0 nexthop via 192.168.0.1 dev net1-0 nexthop via 192.168.64.1 dev net1-1"],
    ],
    [
      [
        { dst: "10.9.0.0/16", gw: "192.168.0.1" },
        { dst: "10.9.0.0/16", gw: "192.168.0.1" },
        { dst: "10.9.1.1/16", gw: "192.168.0.2" },
      ],
      ["route add 10.9.0.0/16 nexthop via 192.168.0.1 dev net1-0 nexthop via 192.168.0.2 dev net1-0"],
    ],
    // Without a gateway: to the devices.
    [[{ dst: "10.9.0.0/16" }], ["route add 10.9.0.0/16 nexthop dev net1-0 nexthop dev net1-1"]],
    [[{ dst: "10.9.0.0/16", gw: "0.0.0.0" }], ["route add 10.9.0.0/16 nexthop dev net1-0 nexthop dev net1-1"]],
    [
      [
        { dst: "10.9.0.0/16", gw: "192.168.0.1", priority: 5 },
        { dst: "10.9.0.0/16", gw: "192.168.64.1", priority: 6 },
      ],
      [
        "route add 10.9.0.0/16 via 192.168.0.1 dev net1-0 metric 5",
        "route add 10.9.0.0/16 via 192.168.64.1 dev net1-1 metric 6",
      ],
    ],
    [
      [{ dst: "10.9.0.0/16", gw: "10.0.0.1" }],
      [
        "the gateway 10.0.0.1 of the route to 10.9.0.0/16 is in none of the networks of the Pod's interfaces (192.168.0.65/18, 192.168.64.65/18)",
      ],
    ],
    [[], []],
  ])("%j", (routes, expected) => {
    expect(lines(assign(routes))).toEqual(expected);
  });

  test("a route without a gateway takes the one that came with the address of its family", () => {
    const links = [
      linkOf("net1-0", ["198.51.100.5/24", "2001:db8::5/64"], ["198.51.100.1", "2001:db8::1"]),
      linkOf("net1-1", ["203.0.113.5/24"], ["203.0.113.1"]),
    ];
    expect(lines(assign([{ dst: "10.0.0.0/8" }, { dst: "2001:db8:9::/48" }], links))).toEqual([
      "route add 10.0.0.0/8 nexthop via 198.51.100.1 dev net1-0 nexthop via 203.0.113.1 dev net1-1",
      "route add 2001:db8:9::/48 nexthop via 2001:db8::1 dev net1-0 nexthop dev net1-1",
    ]);
  });

  test("one interface has no route of several ways", () => {
    expect(lines(assign([{ dst: "10.9.0.0/16" }], two.slice(0, 1)))).toEqual(["route add 10.9.0.0/16 dev net1-0"]);
  });
});

describe("a route of several ways is there when all of them are", () => {
  const found = assign([
    { dst: "0.0.0.0/0", gw: "192.168.0.1" },
    { dst: "0.0.0.0/0", gw: "192.168.64.1" },
  ]);
  const routes = typeof found === "string" ? [] : found;
  const hop = (dev: string, gateway: string) => ({ dev, gateway, weight: 1, flags: [] });
  const desired = { ...noLinks, place: "pod", interfaces: ["net1-0", "net1-1"], routes } as const;

  test.each<[what: string, seen: object | undefined, changes: number, conflicts: number]>([
    ["nothing", undefined, 1, 0],
    [
      "both, in another order",
      { dst: "default", nexthops: [hop("net1-1", "192.168.64.1"), hop("net1-0", "192.168.0.1")] },
      0,
      0,
    ],
    ["one of them", { dst: "default", dev: "net1-0", gateway: "192.168.0.1" }, 0, 1],
    [
      "another gateway",
      { dst: "default", nexthops: [hop("net1-0", "192.168.0.9"), hop("net1-1", "192.168.64.1")] },
      0,
      1,
    ],
  ])("%s", (_, seen, changes, conflicts) => {
    const links = ["net1-0", "net1-1"].map((name, at) => link(at + 2, name));
    const route = seen && readRoute({ type: "unicast", ...seen });
    const use = { addresses: [], routes: route ? [route] : [], nexthops: [], sharedElsewhere: false };
    const planned = plan(desired, { links, vlans: [], uses: new Map(links.map(({ name }) => [name, use])) });
    expect([planned.changes.length, planned.conflicts.length]).toEqual([changes, conflicts]);
  });
});
