import { describe, expect, test } from "bun:test";
import { type NodePath, readNodePath } from "../../src/config/nodePath.ts";
import { isEndName, namePath, readEndAlias, writeEndAlias } from "../../src/config/pathNames.ts";
import { Code } from "../../src/error.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";

function read(entry: object) {
  const body = decodeJson(Buffer.from(JSON.stringify(entry)), "the entry");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  return readNodePath(body);
}

const plain: NodePath = {
  routes: [],
  nodeAddresses: undefined,
  mtu: undefined,
  macPrefix: undefined,
  policyRoutes: false,
  skipped: false,
  onlyMAC: false,
};

describe("what an entry asks for", () => {
  test.each<[entry: object, expected: Partial<NodePath>]>([
    [{ nodePath: {} }, {}],
    [{ nodePath: { routes: null, mtu: null } }, {}],
    [{ NODEPATH: { Routes: ["10.96.0.0/16"], PolicyRoutes: true } }, { routes: ["10.96.0.0/16"], policyRoutes: true }],
    [
      { nodePath: { routes: ["10.96.3.4/16", " 10.96.0.0/16 ", "FD00:96:0::1/112"] } },
      { routes: ["10.96.0.0/16", "fd00:96::/112"] },
    ],
    [{ nodePath: { nodeAddresses: ["192.0.2.1", "2001:DB8:0::1"] } }, { nodeAddresses: ["192.0.2.1", "2001:db8::1"] }],
    [{ nodePath: { mtu: 9000, macPrefix: "0A-1b" } }, { mtu: 9000, macPrefix: "0a:1b" }],
    [{ service_cidr: ["10.96.0.0/16"] }, { routes: ["10.96.0.0/16"], policyRoutes: true }],
    [{ service_cidr: "10.96.0.0/16" }, { routes: ["10.96.0.0/16"], policyRoutes: true }],
    [
      {
        service_hijack_subnet: ["10.233.0.0/18", "fd00:10:96::/112"],
        overlay_hijack_subnet: ["10.244.0.0/16"],
        additional_hijack_subnet: [],
        cluster_cidr: ["10.244.0.0/16"],
        migrate_route: 0,
        mac_prefix: "0a:1b",
      },
      { routes: ["10.244.0.0/16", "10.233.0.0/18", "fd00:10:96::/112"], macPrefix: "0a:1b" },
    ],
    [{ overlay_hijack_subnet: [], migrate_route: -1 }, { policyRoutes: true }],
    [
      { overlay_hijack_subnet: [], migrate_route: 1, skip_call: true },
      { policyRoutes: true, skipped: true },
    ],
    [
      { mac_prefix: "0a:1b", only_op_mac: true },
      { macPrefix: "0a:1b", policyRoutes: true, onlyMAC: true },
    ],
    [{ service_cidr: [], only_op_mac: true, mac_prefix: "" }, { policyRoutes: true }],
  ])("%j", (entry, expected) => {
    const { nodePath, problems } = read(entry);
    expect(problems).toEqual([]);
    expect(nodePath).toEqual({ ...plain, ...expected });
  });
});

describe("what is wrong with an entry", () => {
  test.each<[entry: object, code: number, problems: string[]]>([
    [
      { nodePath: true },
      Code.decoding,
      ["nodePath: wrong type, got true, allowed an object with routes, nodeAddresses, mtu, macPrefix, policyRoutes"],
    ],
    [
      { nodePath: { route: [] } },
      Code.invalidConfig,
      [
        'nodePath: unknown key "route", allowed routes, nodeAddresses, mtu, macPrefix, policyRoutes; did you mean routes?',
      ],
    ],
    [
      { nodePath: { routes: ["10.96.0.1"] } },
      Code.invalidConfig,
      ['nodePath.routes[0]: not allowed, got "10.96.0.1", allowed a subnet such as 10.96.0.1/32'],
    ],
    [
      { nodePath: { routes: ["fd00::1"] } },
      Code.invalidConfig,
      ['nodePath.routes[0]: not allowed, got "fd00::1", allowed a subnet such as fd00::1/128'],
    ],
    [
      { nodePath: { routes: [7, "x; rm"], nodeAddresses: [], mtu: 9, macPrefix: "01:00", policyRoutes: 1 } },
      Code.decoding,
      [
        "nodePath.routes[0]: wrong type, got 7, allowed a string",
        'nodePath.routes[0]: not allowed, got "x; rm", allowed a subnet such as 10.96.0.0/16',
        "nodePath.mtu: out of range, got 9, allowed an integer from 68 to 65535",
        'nodePath.macPrefix: not allowed, got "01:00", allowed two bytes such as 0a:1b, the first one even',
        "nodePath.policyRoutes: wrong type, got 1, allowed true or false",
      ],
    ],
    [
      { nodePath: { nodeAddresses: ["0.0.0.0", "127.0.0.1", "192.0.2.1", "::1", "ff02::1"] } },
      Code.invalidConfig,
      ["0.0.0.0", "127.0.0.1", "::1", "ff02::1"].map(
        (address) =>
          `nodePath.nodeAddresses[${["0.0.0.0", "127.0.0.1", "192.0.2.1", "::1", "ff02::1"].indexOf(address)}]: not allowed, got "${address}", allowed an address of the node such as 192.0.2.1`,
      ),
    ],
    [
      { nodePath: { nodeAddresses: [] } },
      Code.invalidConfig,
      ["nodePath.nodeAddresses: is empty: name the node's addresses, or leave it out"],
    ],
    [
      { nodePath: {}, mac_prefix: "0a:1b" },
      Code.invalidConfig,
      ["mac_prefix: says what nodePath says: leave one of them out"],
    ],
    [
      { nodePath: {}, interfaces: ["ens192"], vlanID: 3 },
      Code.invalidConfig,
      ["interfaces", "vlanID"].map(
        (key) =>
          `${key}: is about other links than nodePath: make an entry of its own for it, in front of the main plugin`,
      ),
    ],
    [
      { service_cidr: [], migrate_route: 7 },
      Code.invalidConfig,
      ["migrate_route: not allowed, got 7, allowed -1 or 1 (yes), 0 (no)"],
    ],
    [
      { service_cidr: {} },
      Code.decoding,
      ["service_cidr: wrong type, got an object, allowed an array of subnets such as 10.96.0.0/16"],
    ],
  ])("%j", (entry, code, expected) => {
    const { nodePath, problems, code: found } = read(entry);
    expect(nodePath).toBeUndefined();
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(expected);
    expect(found).toBe(code as typeof found);
  });
});

test("what has no effect is warned of", () => {
  const { warnings, problems } = read({
    service_cidr: [],
    rp_filter: { set_host: true, value: 0 },
    ip_conflict: {},
    log_options: {},
  });
  expect([warnings.map(({ path }) => path), problems]).toEqual([["rp_filter", "ip_conflict", "log_options"], []]);
});

test("name and MACs follow from the container id: they are stable, unicast and locally administered", () => {
  const one = namePath("0123456789abcdef");
  expect(one).toEqual(namePath("0123456789abcdef"));
  expect(one).not.toEqual(namePath("0123456789abcdee"));
  for (let pod = 0; pod < 500; pod++) {
    const { end, endMAC, podMAC } = namePath(`pod-${pod}`);
    expect([end.length, isEndName(end)]).toEqual([15, true]);
    for (const mac of [endMAC, podMAC]) expect(mac).toMatch(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
  }
});

test("the alias of an end names the networks that use it", () => {
  expect(readEndAlias(writeEndAlias(["a", "b.c-d_e"]))).toEqual(["a", "b.c-d_e"]);
  expect([readEndAlias(undefined), readEndAlias("ifacer"), readEndAlias("ifacer:")]).toEqual([
    undefined,
    undefined,
    [],
  ]);
});
