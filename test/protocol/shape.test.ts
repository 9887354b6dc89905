import { expect, test } from "bun:test";
import { isIP } from "node:net";
import fc from "fast-check";
import { addressFamily, checkShape } from "../../src/protocol/shape.ts";

test.each([
  ["0.0.0.0", "4"],
  ["255.255.255.255/32", "4"],
  ["192.0.2.1/024", "4"],
  ["::", "6"],
  ["::1/128", "6"],
  ["FD00::1", "6"],
  ["1:2:3:4:5:6:7:8", "6"],
  ["1:2:3:4:5:6:7::", "6"],
  ["::2:3:4:5:6:7:8", "6"],
  ["1:2:3:4:5:6:192.0.2.1", "6"],
  ["::0:0:0:0:192.0.2.1", "6"],
  ["", undefined],
  ["/24", undefined],
  ["192.0.2.1/", undefined],
  ["192.0.2.1/33", undefined],
  ["192.0.2.1/24/24", undefined],
  ["192.0.2.1/-1", undefined],
  ["192.0.2", undefined],
  ["192.0.2.1.", undefined],
  ["192.0.2.01", undefined],
  ["192.0.2.256", undefined],
  ["::1/129", undefined],
  [":", undefined],
  [":::", undefined],
  ["1::2::3", undefined],
  ["1:2:3:4:5:6:7", undefined],
  ["1:2:3:4:5:6:7:8:9", undefined],
  ["1::2:3:4:5:6:7:8", undefined],
  ["12345::", undefined],
  ["1:2:3:4:5:6:7:192.0.2.1", undefined],
  ["192.0.2.1::", undefined],
  ["fe80::1%eth0", undefined],
  [" ::1", undefined],
  ["<nil>", undefined],
])("family of %j is %p", (text, family) => {
  expect(addressFamily(text)).toBe(family as never);
});

test("agrees with node:net about addresses and what is almost one", () => {
  const almost = fc.array(fc.constantFrom(..."0:1.f", "::", "192.0.2.1", "25", "ffff"), { maxLength: 12 });
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    almost.map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (address) => {
      expect(addressFamily(address) ?? "0").toBe(String(isIP(address)) as never);
    }),
    { numRuns: 5000 },
  );
});

test("null is fine for every shape", () => {
  for (const shape of ["string", "integer", "subnet", ["string"], { fields: {} }, { anyOf: "string" }] as const) {
    expect(() => checkShape(null, shape, "x")).not.toThrow();
  }
});
