import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CniError } from "../../src/error.ts";
import { decodeJson, encodeJson, JsonObject } from "../../src/json.ts";
import { convertResult } from "../../src/protocol/result.ts";
import { resultShape, supportedVersions, type Version } from "../../src/protocol/versions.ts";

function parse(text: string): JsonObject {
  const value = decodeJson(new TextEncoder().encode(text), "prevResult");
  if (!(value instanceof JsonObject)) throw new Error(`${text} is not an object`);
  return value;
}

/** JSON text in, JSON text out. */
function convert(prevResult: string, version: Version): string {
  return encodeJson(convertResult(parse(prevResult), version));
}

function convertPlain(prevResult: unknown, version: Version): unknown {
  return JSON.parse(convert(JSON.stringify(prevResult), version));
}

const dns = { nameservers: ["192.0.2.53"], domain: "example.org", search: ["example.org"], options: ["ndots:1"] };
const interfaces = [{ name: "net1", mac: "aa:bb:cc:dd:ee:ff", sandbox: "/var/run/netns/pod" }];
const routes = [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }, { dst: "10.1.0.0/16" }, { dst: "::/0" }];

const versionedIPs = {
  interfaces,
  ips: [
    { version: "4", interface: 0, address: "10.0.0.2/24", gateway: "10.0.0.1" },
    { version: "6", address: "fd00::2/64" },
  ],
  routes,
  dns,
};

/** One Pod's result in each shape. */
const ofShape = {
  ips: {
    ...versionedIPs,
    ips: [{ interface: 0, address: "10.0.0.2/24", gateway: "10.0.0.1" }, { address: "fd00::2/64" }],
  },
  versionedIPs,
  ip4ip6: {
    ip4: {
      ip: "10.0.0.2/24",
      gateway: "10.0.0.1",
      routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }, { dst: "10.1.0.0/16" }],
    },
    ip6: { ip: "fd00::2/64", routes: [{ dst: "::/0" }] },
    dns,
  },
};

/** The same Pod's result after 0.1.0 or 0.2.0, which know no interfaces. */
const withoutInterfaces = {
  ips: {
    ips: [{ address: "10.0.0.2/24", gateway: "10.0.0.1" }, { address: "fd00::2/64" }],
    routes,
    dns,
  },
  versionedIPs: {
    ips: [
      { version: "4", address: "10.0.0.2/24", gateway: "10.0.0.1" },
      { version: "6", address: "fd00::2/64" },
    ],
    routes,
    dns,
  },
  ip4ip6: ofShape.ip4ip6,
};

describe.each([...supportedVersions])("a result of %s", (from) => {
  test.each([...supportedVersions])("for a config of %s", (to) => {
    const shape = resultShape(to);
    const expected = resultShape(from) === "ip4ip6" ? withoutInterfaces[shape] : ofShape[shape];
    expect(convertPlain({ cniVersion: from, ...ofShape[resultShape(from)] }, to)).toEqual({
      cniVersion: to,
      ...expected,
    });
  });

  test.each([...supportedVersions])("nothing in it but the version, for a config of %s", (to) => {
    expect(convertPlain({ cniVersion: from }, to)).toEqual({ cniVersion: to });
  });
});

test.each([...supportedVersions])("no prevResult: just the version %s", (version) => {
  expect(encodeJson(convertResult(undefined, version))).toBe(`{"cniVersion":"${version}"}`);
});

test.each<[string, string, Version, string]>([
  [
    "stays as it was written",
    '{"b":1.0,"a":"<&>","dns":{}}',
    "1.0.0",
    '{"cniVersion":"1.0.0","b":1.0,"a":"<&>","dns":{}}',
  ],
  [
    "keeps big numbers",
    '{"cniVersion":"1.0.0","x":123456789012345678901234567890,"y":1e999}',
    "1.1.0",
    '{"cniVersion":"1.1.0","x":123456789012345678901234567890,"y":1e999}',
  ],
  [
    "keeps unknown members where only versions change",
    '{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.1/8","x":1}],"y":{"z":[]}}',
    "0.4.0",
    '{"cniVersion":"0.4.0","y":{"z":[]},"ips":[{"version":"4","address":"10.0.0.1/8","x":1}]}',
  ],
  ["has one cniVersion", '{"CNIVersion":"1.0.0","cniversion":"1.1.0","x":1}', "1.1.0", '{"cniVersion":"1.1.0","x":1}'],
  [
    "keeps members of other spellings",
    '{"Interfaces":[{"Name":"a"}]}',
    "1.0.0",
    '{"cniVersion":"1.0.0","Interfaces":[{"Name":"a"}]}',
  ],
  [
    "reads members of other spellings",
    '{"cniVersion":"0.4.0","IPs":[{"Address":"10.0.0.1/8","VERSION":"4"}]}',
    "1.0.0",
    '{"cniVersion":"1.0.0","ips":[{"Address":"10.0.0.1/8"}]}',
  ],
  [
    "keeps null entries",
    '{"cniVersion":"0.3.1","ips":[null],"interfaces":[null]}',
    "1.0.0",
    '{"cniVersion":"1.0.0","interfaces":[null],"ips":[null]}',
  ],
  [
    "labels only what has an address",
    '{"cniVersion":"1.0.0","ips":[{}]}',
    "0.4.0",
    '{"cniVersion":"0.4.0","ips":[{}]}',
  ],
  [
    "corrects a label",
    '{"cniVersion":"1.0.0","ips":[{"version":"4","address":"fd00::1/64"}]}',
    "0.4.0",
    '{"cniVersion":"0.4.0","ips":[{"version":"6","address":"fd00::1/64"}]}',
  ],
  [
    "an empty version is the config's",
    '{"cniVersion":"","ip4":{"ip":"10.0.0.1/8"}}',
    "0.2.0",
    '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.1/8"}}',
  ],
  ["a null version is the config's", '{"cniVersion":null,"ips":[]}', "0.4.0", '{"cniVersion":"0.4.0","ips":[]}'],
  [
    "0.2.0 takes the first address of a family",
    '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.1/8"},{"version":"4","address":"10.0.0.2/8"}],"x":1}',
    "0.2.0",
    '{"cniVersion":"0.2.0","x":1,"ip4":{"ip":"10.0.0.1/8"}}',
  ],
  [
    "members of another shape are not the version's",
    '{"cniVersion":"1.1.0","ip4":{"ip":"bogus"}}',
    "1.1.0",
    '{"cniVersion":"1.1.0","ip4":{"ip":"bogus"}}',
  ],
  [
    "__proto__ is a member like any other",
    '{"__proto__":{"ips":5}}',
    "1.0.0",
    '{"cniVersion":"1.0.0","__proto__":{"ips":5}}',
  ],
])("%s", (_, prevResult, version, expected) => {
  expect(convert(prevResult, version)).toBe(expected);
});

describe("a prevResult that can't be decoded", () => {
  test.each<[string, number, string]>([
    ['{"cniVersion":"2.0.0"}', 1, 'prevResult has cniVersion "2.0.0", ifacer can read 0.1.0, 0.2.0'],
    ['{"cniVersion":"1.0"}', 1, 'prevResult has cniVersion "1.0"'],
    ['{"cniVersion":1}', 6, "prevResult.cniVersion must be a string, got 1"],
    ['{"cniVersion":1.0}', 6, "prevResult.cniVersion must be a string, got 1.0"],
    ['{"interfaces":{}}', 6, "prevResult.interfaces of the network config must be a list, got an object"],
    ['{"interfaces":["eth0"]}', 6, 'prevResult.interfaces[0] of the network config must be an object, got "eth0"'],
    ['{"interfaces":[{"name":5}]}', 6, "prevResult.interfaces[0].name"],
    ['{"interfaces":[{"mtu":1500.0}]}', 6, "prevResult.interfaces[0].mtu of the network config must be an integer"],
    ['{"Interfaces":[{"NAME":5}]}', 6, "prevResult.interfaces[0].name"],
    ['{"ips":"10.0.0.1/8"}', 6, "prevResult.ips"],
    ['{"ips":[{"address":"10.0.0.1"}]}', 6, 'such as 192.0.2.1/24, got "10.0.0.1"'],
    ['{"ips":[{"address":"10.0.0.256/8"}]}', 6, "prevResult.ips[0].address"],
    ['{"ips":[{"address":"10.0.0.1/33"}]}', 6, "prevResult.ips[0].address"],
    ['{"ips":[{"address":"10.0.0.01/8"}]}', 6, "prevResult.ips[0].address"],
    ['{"ips":[{"address":"10.0.1/8"}]}', 6, "prevResult.ips[0].address"],
    ['{"ips":[{"address":"fd00::1/129"}]}', 6, "prevResult.ips[0].address"],
    ['{"ips":[{"address":"fd00:::1/64"}]}', 6, "prevResult.ips[0].address"],
    ['{"ips":[{"address":"fe80::1%eth0/64"}]}', 6, "prevResult.ips[0].address"],
    ['{"ips":[{"address":""}]}', 6, "prevResult.ips[0].address"],
    ['{"ips":[{"gateway":"gw"}]}', 6, "prevResult.ips[0].gateway of the network config must be an IP address"],
    ['{"ips":[{"interface":"0"}]}', 6, "prevResult.ips[0].interface"],
    ['{"ips":[{"interface":0.5}]}', 6, "prevResult.ips[0].interface"],
    ['{"routes":[{"dst":"default"}]}', 6, "prevResult.routes[0].dst"],
    ['{"routes":[{"dst":"0.0.0.0/0","gw":5}]}', 6, "prevResult.routes[0].gw"],
    ['{"routes":[{"mtu":"9"}]}', 6, "prevResult.routes[0].mtu"],
    ['{"dns":[]}', 6, "prevResult.dns"],
    ['{"dns":{"search":"x"}}', 6, "prevResult.dns.search"],
  ])("%s is code %i", (prevResult, code, message) => {
    const converting = () => convertResult(parse(prevResult), "1.1.0");
    expect(converting).toThrow(message);
    expect(converting).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['{"ip4":{"ip":5}}', "prevResult.ip4.ip"],
    ['{"ip4":[]}', "prevResult.ip4"],
    ['{"ip6":{"routes":[{"dst":"x"}]}}', "prevResult.ip6.routes[0].dst"],
  ])("at 0.2.0: %s", (prevResult, message) => {
    expect(() => convertResult(parse(prevResult), "0.2.0")).toThrow(message);
  });
});

describe("laws", () => {
  const v4 = fc.tuple(fc.ipV4(), fc.nat(32)).map(([ip, length]) => `${ip}/${length}`);
  const v6 = fc.tuple(fc.ipV6(), fc.nat(128)).map(([ip, length]) => `${ip}/${length}`);
  const version = fc.constantFrom(...supportedVersions);
  const newer = fc.constantFrom<Version>("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0");
  const result = fc.record(
    {
      interfaces: fc.array(fc.record({ name: fc.string(), mtu: fc.nat() }), { minLength: 1 }),
      ips: fc.array(fc.record({ address: fc.oneof(v4, v6), interface: fc.nat() }), { minLength: 1 }),
      routes: fc.array(fc.record({ dst: fc.oneof(v4, v6), mtu: fc.nat() }), { minLength: 1 }),
      dns: fc.record({ domain: fc.string() }),
      extra: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  test("between versions that have ips, there and back changes nothing", () => {
    fc.assert(
      fc.property(result, newer, newer, (value, from, to) => {
        const start = convertPlain({ cniVersion: "1.1.0", ...value }, from);
        expect(convertPlain(convertPlain(start, to), from)).toEqual(start);
      }),
      { numRuns: 500 },
    );
  });

  test("to any version and once more to the same changes nothing the second time", () => {
    fc.assert(
      fc.property(result, version, (value, to) => {
        const once = convertPlain({ cniVersion: "1.1.0", ...value }, to);
        expect(convertPlain(once, to)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });

  test("through 0.2.0 the first address of each family and its routes come back", () => {
    fc.assert(
      fc.property(v4, v6, fc.array(v4), fc.array(v6), newer, (ip4, ip6, routes4, routes6, to) => {
        const value = {
          cniVersion: "1.1.0",
          ips: [{ address: ip4 }, { address: ip6 }],
          ...(routes4.length + routes6.length > 0 && { routes: [...routes4, ...routes6].map((dst) => ({ dst })) }),
        };
        expect(convertPlain(convertPlain(value, "0.2.0"), to)).toEqual(convertPlain(value, to));
      }),
      { numRuns: 500 },
    );
  });

  test("any object as prevResult is converted or refused in words", () => {
    const oddity = fc.dictionary(
      fc.constantFrom("cniVersion", "ips", "IPS", "interfaces", "routes", "dns", "ip4", "ip6", "__proto__", "x"),
      fc.oneof(fc.jsonValue(), version, fc.array(fc.record({ address: fc.oneof(v4, fc.string()) }))),
    );
    fc.assert(
      fc.property(oddity, version, (value, to) => {
        try {
          expect(convertPlain(value, to)).toMatchObject({ cniVersion: to });
        } catch (error) {
          if (!(error instanceof CniError)) throw error;
          expect([1, 6]).toContain(error.code);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("a megabyte comes back whole", () => {
  const prevResult = JSON.stringify({
    cniVersion: "1.0.0",
    ips: Array.from({ length: 20_000 }, (_, i) => ({ address: `10.${i >> 8}.${i & 255}.1/24`, interface: i })),
    x: "y".repeat(100_000),
  });
  expect(prevResult.length).toBeGreaterThan(1_000_000);
  expect(convert(prevResult, "1.0.0")).toBe(prevResult);
});
