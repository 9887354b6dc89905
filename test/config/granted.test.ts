import { expect, test } from "bun:test";
import { readGranted } from "../../src/config/granted.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";

function read(result: object) {
  const decoded = decodeJson(Buffer.from(JSON.stringify(result)), "the result");
  if (!(decoded instanceof JsonObject)) throw new Error("no object");
  return readGranted(decoded, { link: "eth0.3" });
}

const ips = [
  { address: "192.0.2.10/24" },
  { address: "198.51.100.10/24", gateway: "198.51.100.1" },
  { address: "203.0.113.10/24", gateway: "203.0.113.1" },
  { address: "2001:DB8::10/64" },
];

test("addresses are the link's, in the form that ip prints", () => {
  expect(read({ ips }).addresses).toEqual([
    { link: "eth0.3", local: "192.0.2.10", prefixLength: 24 },
    { link: "eth0.3", local: "198.51.100.10", prefixLength: 24 },
    { link: "eth0.3", local: "203.0.113.10", prefixLength: 24 },
    { link: "eth0.3", local: "2001:db8::10", prefixLength: 64 },
  ]);
  expect(read({})).toEqual({ addresses: [], routes: [] });
});

test.each<[what: string, route: object, destination: string, gateway: string | undefined, attributes: string]>([
  ["its own gateway", { dst: "0.0.0.0/0", gw: "192.0.2.1" }, "0.0.0.0/0", "192.0.2.1", ""],
  ["none: the first of its family", { dst: "203.0.114.9/24" }, "203.0.114.0/24", "198.51.100.1", ""],
  ["an empty one", { dst: "203.0.114.9/24", gw: "" }, "203.0.114.0/24", "198.51.100.1", ""],
  ["none, where no address of its family has one", { dst: "::/0" }, "::/0", undefined, ""],
  ["none, on the link", { dst: "203.0.114.0/24", scope: 253 }, "203.0.114.0/24", undefined, "scope 253"],
  ["none, on the host", { dst: "203.0.114.0/24", scope: 254 }, "203.0.114.0/24", undefined, "scope 254"],
  ["none, of a site", { dst: "203.0.114.0/24", scope: 200 }, "203.0.114.0/24", "198.51.100.1", "scope 200"],
  [
    "all attributes",
    { dst: "::/0", gw: "2001:DB8:0::1", mtu: 1400, advmss: 1300, priority: 5, table: 100, scope: 0 },
    "::/0",
    "2001:db8::1",
    "table 100, metric 5, scope 0, mtu 1400, advmss 1300",
  ],
  [
    "attributes of 0, that say nothing",
    { dst: "::/0", mtu: 0, advmss: 0, priority: 0, table: 0 },
    "::/0",
    undefined,
    "",
  ],
])("a route with %s", (_, route, destination, gateway, attributes) => {
  const [read1] = read({ ips, routes: [route] }).routes;
  expect(read1).toMatchObject({ link: "eth0.3", destination, gateway });
  expect(read1?.attributes.map(({ name, value }) => `${name} ${value}`).join(", ")).toBe(attributes);
});

test.each<[object, string]>([
  [{ ips: [{ address: "192.0.2.10" }] }, 'address "192.0.2.10"'],
  [{ ips: [{}] }, "address null"],
  [{ ips: [{ address: "192.0.2.10/24", gateway: "x" }] }, 'gateway "x"'],
  [{ ips, routes: [{ dst: "default" }] }, 'dst "default"'],
  [{ ips, routes: [{ dst: "::/0", gw: 5 }] }, "gw 5"],
  [{ ips, routes: [{ dst: "::/0", table: -1 }] }, "routes[].table -1"],
  [{ ips, routes: [{ dst: "::/0", mtu: 4294967296 }] }, "routes[].mtu 4294967296"],
  [{ ips, routes: [{ dst: "::/0", scope: "link" }] }, 'routes[].scope "link"'],
])("%j can't be used", (result, words) => {
  expect(() => read(result)).toThrow(`the IPAM plugin's result has ${words}, which can't be used`);
});
