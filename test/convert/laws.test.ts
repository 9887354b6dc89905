import { expect, test } from "bun:test";
import fc from "fast-check";
import { blockOfType } from "../../src/convert/cniTypes.ts";
import { convertSpiderMultusConfig } from "../../src/convert/convert.ts";

const text = fc.oneof(fc.string(), fc.constantFrom("a", "eth0", "", "auto", "manual", '{"type":"x"}', "mode=1"));
const number = fc.oneof(fc.integer({ min: -2, max: 5000 }), fc.constantFrom(0, 1, 7, 4094));
const value = fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 3 }), fc.jsonValue());

function fields(names: readonly string[]) {
  return fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
}

const bond = fc.record({ name: text, mode: number, options: text }, { requiredKeys: [] });
const block = fc.record(
  {
    master: fc.oneof(fc.array(text, { maxLength: 3 }), text),
    bond,
    vlanID: number,
    mtu: number,
    ippools: fields(["ipv4", "ipv6", "matchMasterSubnet"]),
    trunk: fc.array(fc.record({ minID: number, maxID: number, id: number }, { requiredKeys: [] })),
    resourceName: text,
    bridge: text,
  },
  { requiredKeys: [] },
);
const spec = fc.record(
  {
    cniType: fc.constantFrom(...Object.keys(blockOfType)),
    ...Object.fromEntries(Object.values(blockOfType).map((name) => [name, name === "customCNI" ? text : block])),
    chainCNIJsonData: fc.array(text, { maxLength: 2 }),
    enableCoordinator: fc.boolean(),
    coordinator: fields(["mode", "podCIDRType", "hijackCIDR", "podMACPrefix", "podRPFilter", "vethMTU"]),
  },
  { requiredKeys: ["cniType"] },
);
const document = fc.record({ metadata: fc.constant({ name: "n" }), spec });

function convertAndCheck(input: unknown): void {
  const conversion = convertSpiderMultusConfig(input);
  if (!conversion.ok) expect(conversion.problems).not.toBeEmpty();
  else if (conversion.manifest.spec.config !== "") JSON.parse(conversion.manifest.spec.config);
}

test("any document is converted or refused, never a crash", () => {
  fc.assert(fc.property(fc.anything({ maxDepth: 4 }), convertAndCheck));
  fc.assert(fc.property(document, convertAndCheck), { numRuns: 500 });
});

test("a block alone is converted or refused, never a crash", () => {
  const alone = fc.constantFrom(...Object.entries(blockOfType)).chain(([cniType, name]) =>
    block.map((given) => ({
      metadata: { name: "n" },
      spec: { cniType, enableCoordinator: true, [name]: name === "customCNI" ? '{"type":"x"}' : given },
    })),
  );
  fc.assert(fc.property(alone, convertAndCheck), { numRuns: 500 });
});
