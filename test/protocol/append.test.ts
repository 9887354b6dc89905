import { expect, test } from "bun:test";
import { decodeJson, encodeJson, JsonObject } from "../../src/json.ts";
import { appendToResult } from "../../src/protocol/append.ts";
import { supportedVersions, type Version } from "../../src/protocol/versions.ts";

function parse(value: object): JsonObject {
  const decoded = decodeJson(Buffer.from(JSON.stringify(value)), "a result");
  if (!(decoded instanceof JsonObject)) throw new Error("no object");
  return decoded;
}

interface Given {
  readonly prevResult?: object;
  readonly granted?: object;
  readonly dns?: object;
  readonly names?: readonly string[];
}

function append(version: Version, { prevResult, granted, dns, names = ["eth0.3"] }: Given) {
  const links = names.map((name) => ({ name, mac: "02:00:00:00:00:01", mtu: 1400, sandbox: "/run/netns/pod" }));
  const added = { links, granted: granted && parse({ cniVersion: "1.0.0", ...granted }), dns: dns && parse(dns) };
  return JSON.parse(encodeJson(appendToResult(prevResult && parse(prevResult), added, version)));
}

const ip = { address: "192.0.2.10/24", gateway: "192.0.2.1" };
const ip6 = { address: "2001:db8::10/64" };
const route = { dst: "0.0.0.0/0", mtu: 1400 };
const link = { name: "eth0.3", mac: "02:00:00:00:00:01", sandbox: "/run/netns/pod" };

test.each(supportedVersions)("at %s, without and with a prevResult of its version", (cniVersion) => {
  const old = cniVersion === "0.1.0" || cniVersion === "0.2.0";
  const label = (version: string) => (cniVersion.startsWith("0.") ? { version } : {});
  const made = cniVersion === "1.1.0" ? { ...link, mtu: 1400 } : link;
  const granted = { ips: [ip, ip6], routes: [route] };
  const alone = append(cniVersion, { granted });
  const ip4 = { ip: ip.address, gateway: ip.gateway, routes: [route] };
  expect(alone).toEqual(
    old
      ? { cniVersion, ip4, ip6: { ip: ip6.address } }
      : {
          cniVersion,
          interfaces: [made],
          ips: [
            { ...label("4"), interface: 0, ...ip },
            { ...label("6"), interface: 0, ...ip6 },
          ],
          routes: [route],
        },
  );
  const before = old
    ? { ip6: { ip: ip6.address } }
    : { interfaces: [{ name: "eth0" }], ips: [{ ...label("6"), interface: 0, ...ip6 }] };
  // Before 1.0.0 a result may lack its version.
  for (const versioned of [{ cniVersion }, ...(cniVersion.startsWith("0.") ? [{}] : [])]) {
    const behind = append(cniVersion, {
      prevResult: { ...versioned, ...before },
      granted: { ips: [ip] },
      names: ["b", "b.3"],
    });
    if (old)
      expect(behind).toEqual({ cniVersion, ip4: { ip: ip.address, gateway: ip.gateway }, ip6: { ip: ip6.address } });
    else {
      expect(behind.interfaces.map(({ name }: { name: string }) => name)).toEqual(["eth0", "b", "b.3"]);
      expect(behind.ips[1]).toEqual({ ...label("4"), interface: 2, ...ip });
    }
  }
});

test.each(["0.1.0", "0.2.0"] as const)("at %s one address of each family is all that fits", (version) => {
  const words = (family: string) => `a result of cniVersion ${version} has one ${family} address, these are 2`;
  const other = { address: "198.51.100.1/24" };
  expect(() => append(version, { granted: { ips: [ip, other] } })).toThrow(words("IPv4"));
  expect(() => append(version, { prevResult: { ip6: { ip: "2001:db8::1/64" } }, granted: { ips: [ip6] } })).toThrow(
    words("IPv6"),
  );
});

test("links without addresses, and a prevResult that can't be", () => {
  expect(append("1.0.0", {})).toEqual({ cniVersion: "1.0.0", interfaces: [link] });
  expect(() => append("1.0.0", { prevResult: { ips: 5 } })).toThrow("prevResult");
});

const [first, second, third] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((server) => ({ nameservers: [server] }));

test.each<[Record<string, object | undefined>, object | undefined]>([
  [{ before: first, granted: second, own: third }, first],
  [{ granted: second, own: third }, second],
  [{ before: {}, granted: { nameservers: [], domain: "" }, own: third }, third],
  [{ before: { search: ["example.org"] }, granted: second }, { search: ["example.org"] }],
  [{}, undefined],
])("DNS of %j", ({ before, granted, own }, chosen) => {
  const given = {
    prevResult: { cniVersion: "1.0.0", ...(before && { dns: before }) },
    granted: { ips: [ip], ...(granted && { dns: granted }) },
    ...(own && { dns: own }),
  };
  expect(append("1.0.0", given).dns).toEqual(chosen);
});
