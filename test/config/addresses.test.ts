import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  contains,
  networkOf,
  parseAddress,
  parseSubnet,
  type Subnet,
  writeAddress,
  writeSubnet,
} from "../../src/config/addresses.ts";

function rewrite(text: string): string | undefined {
  const address = parseAddress(text);
  return address && writeAddress(address);
}

/** What glibc's inet_ntop(3) writes. */
test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["::", "::"],
  ["::1", "::1"],
  ["::2", "::2"],
  ["::1:0", "::0.1.0.0"],
  ["1::", "1::"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:0:0:2:0:0:3:4", "1::2:0:0:3:4"],
  ["0:0:1:0:0:0:0:0", "0:0:1::"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["::ffff:c000:201", "::ffff:192.0.2.1"],
  ["::192.0.2.1", "::192.0.2.1"],
  ["::ffff:0:192.0.2.1", "::ffff:0:c000:201"],
  ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ["0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"],
  ["1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"],
  ["1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"],
  ["fe80::0001:0ABC", "fe80::1:abc"],
  ["::ffff:0:0", "::ffff:0.0.0.0"],
  ["::1:2:3", "::1:2:3"],
])("%s is written %s", (text, written) => {
  expect(rewrite(text)).toBe(written);
});

test.each([
  "",
  "x",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.256",
  "01.2.3.4",
  "1.2.3.4 ",
  ":",
  ":::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7::8",
  "12345::",
  "g::",
  "fe80::1%eth0",
  "::1.2.3",
  "1.2.3.4::",
  "1:2:3:4:5:6:7:1.2.3.4",
])("%j is no address", (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test.each([
  "192.0.2.1",
  "192.0.2.1/",
  "192.0.2.1/33",
  "192.0.2.1/-1",
  "192.0.2.1/2/3",
  "2001:db8::/129",
  "/24",
  "::/ 1",
])("%j is no subnet", (text) => {
  expect(parseSubnet(text)).toBeUndefined();
});

describe("laws", () => {
  test("what is written is read as the same, in one form", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const written = rewrite(text) ?? "";
        expect(parseAddress(written)).toEqual(parseAddress(text));
        expect(rewrite(written)).toBe(written);
      }),
    );
    fc.assert(fc.property(fc.ipV4(), (text) => expect(rewrite(text)).toBe(text)));
  });

  test("a subnet has its first address, and its last", () => {
    expect(writeSubnet(networkOf(subnet("203.0.113.7/24")))).toBe("203.0.113.0/24");
    expect(writeSubnet(networkOf(subnet("2001:db8::ff/121")))).toBe("2001:db8::80/121");
    expect(writeSubnet(networkOf(subnet("192.0.2.9/0")))).toBe("0.0.0.0/0");
    for (const [address, inside] of [
      ["192.0.2.0", true],
      ["192.0.2.255", true],
      ["192.0.3.0", false],
      ["::192.0.2.1", false],
    ] as const) {
      expect([address, contains(subnet("192.0.2.5/24"), subnet(`${address}/1`))]).toEqual([address, inside]);
    }
  });
});

function subnet(text: string): Subnet {
  const found = parseSubnet(text);
  if (found === undefined) throw new Error(text);
  return found;
}
