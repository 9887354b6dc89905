import { expect, test } from "bun:test";
import { YAML } from "bun";
import fc from "fast-check";
import { writeYaml } from "../../../src/cli/read/yaml.ts";

test.each([
  ["v1", "v1"],
  ["k8s.cni.cncf.io/v1", "k8s.cni.cncf.io/v1"],
  ["on", "'on'"],
  ["1.0", "'1.0'"],
  ["", "''"],
  ["it's", "'it''s'"],
  ['{"a":"b"}', `'{"a":"b"}'`],
  ["two\nlines", '"two\\nlines"'],
  ["ü\u2028", '"\\u00fc\\u2028"'],
])("%p is written %s", (value, text) => {
  expect(writeYaml({ key: value })).toBe(`key: ${text}\n`);
});

test("whatever is written reads back the same", () => {
  const value = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }));
  fc.assert(
    fc.property(value, (annotations) => {
      // Bun's YAML knows this key, as JavaScript's objects do.
      fc.pre(!("__proto__" in annotations));
      const manifest = { kind: "K", metadata: { annotations } };
      expect(YAML.parse(writeYaml(manifest))).toEqual(manifest);
    }),
  );
});
