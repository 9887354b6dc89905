/** Network configs that nobody means well: as text, so that they need not even be JSON. */
import fc from "fast-check";
import { bondOptions } from "../../src/config/bondOptions.ts";
import type { Option } from "../../src/config/options.ts";
import type { ValueRule } from "../../src/config/values.ts";
import { vlanOptions } from "../../src/config/vlanOptions.ts";
import { bondModes } from "../../src/model.ts";

/** Names that are right for the kernel and words of ip's own, and names that must never get as far as ip. */
export const knownNames = ["ens192", "ens160", "up", "type", "dev", "b", "lo", "name", "down", "é", "a,b", "$x", "a;b"];

const badNames = [
  ...[
    "",
    ".",
    "..",
    "-f",
    "-",
    "--help",
    "a b",
    "a/b",
    "a:b",
    "#",
    "a#b",
    '"',
    "'a",
    '"a"',
    "a\\",
    "a%d",
    "a\nb",
    "a\tb",
    "\0",
  ],
  ...[
    "$(id) x",
    "`id` x",
    "a\nlink delete dev eth0",
    "x\u00a0",
    "x\u2028",
    "\ud800",
    "\ufeff a",
    "x".repeat(16),
    "x".repeat(200),
  ],
];

const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...knownNames) },
  { weight: 1, arbitrary: fc.constantFrom(...badNames) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(..."ab.-#:/ \\\"'\n$`é😀"), maxLength: 40 }) },
);

const numberText = fc.oneof(
  fc.integer({ min: -2, max: 5000 }).map(String),
  fc.constantFrom(
    "1.0",
    "1e2",
    "-0",
    "0.5",
    "9007199254740993",
    "1e999",
    "-1e-999",
    "4294967296",
    "00",
    "0x10",
    "+1",
    "1_0",
    ".5",
  ),
);

const optionValue = fc.oneof(
  fc.constantFrom(
    "0",
    "1",
    "100",
    "fast",
    "layer3+4",
    "on",
    "off",
    "all",
    "ens192",
    "up",
    "192.0.2.1",
    "192.0.2.1,192.0.2.2",
  ),
  fc.constantFrom(
    "2001:db8::1",
    '["192.0.2.1"]',
    '["a b","x"]',
    "0:1,2:3",
    "0:1 2:3",
    "02:00:00:00:00:01",
    "ff:ff:ff:ff:ff:ff",
  ),
  fc.constantFrom("1 dev eth0", "1\nlink delete dev eth0", "$(id)", "0x10", "010", "-1", "1;mode=0", "١", "１"),
  fc.nat(70000).map(String),
  name,
);

const optionKeys = [
  ...bondOptions.flatMap(({ name, aliases = [] }) => [name, ...aliases]),
  ...vlanOptions.map(({ name }) => name),
];

const options = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...optionKeys) }, { weight: 1, arbitrary: name }),
      optionValue,
    ),
    {
      maxLength: 4,
    },
  )
  .chain((pairs) =>
    fc
      .constantFrom(";", " ; ", ";;", "\n", ",")
      .map((separator) => pairs.map(([key, value]) => `${key}=${value}`).join(separator)),
  );

const json = (value: unknown) => JSON.stringify(value) ?? "null";

/** A member's value as JSON text: mostly of the right type. */
const anything = fc.oneof(
  fc.json({ maxDepth: 3 }),
  numberText,
  fc.constantFrom("", "tru", "{", "]", '"\\x"', '"\\ud800"', "NaN"),
);
const nested = fc.integer({ min: 1, max: 11_000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth));
const mostly = (arbitrary: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 30, arbitrary },
    { weight: 2, arbitrary: anything },
    { weight: 1, arbitrary: fc.constant("null") },
  );

const mode = fc.oneof(fc.integer({ min: -1, max: 7 }).map(String), fc.constantFrom(...bondModes).map(json), numberText);

/** An object as JSON text: members in any order, some missing, some twice, some spelled otherwise, some unknown. */
function object(
  members: Record<string, fc.Arbitrary<string>>,
  rest: fc.Arbitrary<string> = anything,
): fc.Arbitrary<string> {
  const key = (name: string) =>
    fc.oneof(
      { weight: 20, arbitrary: fc.constant(name) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(name.toUpperCase(), name.toLowerCase(), name.replace("s", "ſ"), ` ${name}`),
      },
    );
  const entries = Object.entries(members).map(([name, value]) => fc.tuple(key(name), value));
  const stray = fc.tuple(fc.oneof(fc.constantFrom("__proto__", "constructor", "toString", ""), fc.string()), rest);
  return fc
    .tuple(fc.subarray(entries, { minLength: Math.max(0, entries.length - 3) }), fc.nat(60), fc.nat(60))
    .chain(([chosen, strays, doubles]) =>
      fc.tuple(...chosen, ...(strays === 0 ? [stray] : []), ...(doubles === 0 && entries[0] ? [entries[0]] : [])),
    )
    .chain((found) => fc.shuffledSubarray(found, { minLength: found.length }))
    .map((found) => `{${found.map(([name, value]) => `${json(name)}:${value}`).join(",")}}`);
}

/** Values that an option may well take. */
function likelyValue(rule: ValueRule): fc.Arbitrary<string> {
  switch (rule.kind) {
    case "number":
      return fc.integer({ min: rule.min, max: Math.min(rule.max, 1000) }).map(String);
    case "choice":
      return fc.constantFrom(...rule.words, "0", "1");
    case "switch":
      return fc.constantFrom("on", "off", "1", "0");
    case "addresses":
      return rule.family === "IPv4"
        ? fc.constantFrom("192.0.2.1", "192.0.2.1, 192.0.2.2")
        : fc.constantFrom("2001:db8::1", "2001:DB8::2");
    case "mac":
      return fc.constantFrom("02:00:00:00:00:01", "0A:00:00:00:00:01");
    case "interface":
      return fc.constantFrom(...knownNames);
    case "priorities":
      return fc.constantFrom("0:1", "0:1,2:3", "1:4 5:6");
  }
}

const likelyOptions = (table: readonly Option[]) =>
  fc
    .uniqueArray(fc.constantFrom(...table), { maxLength: 2 })
    .chain((rows) => fc.tuple(...rows.map((row) => likelyValue(row.rule).map((value) => `${row.name}=${value}`))))
    .map((parts) => json(parts.join("; ")));

const likelyName = fc.constantFrom(...knownNames);

/** What a user may well write: every part can be right by itself, often all are. */
export const likelyConfig = object({
  interfaces: fc.uniqueArray(likelyName, { minLength: 1, maxLength: 3 }).map(json),
  vlanID: fc.integer({ min: 0, max: 4094 }).map(String),
  bond: object({ name: likelyName.map(json), mode, options: likelyOptions(bondOptions) }, fc.constant("null")),
  vlan: object(
    {
      name: likelyName.map(json),
      protocol: fc.constantFrom('"802.1Q"', '"802.1ad"'),
      options: likelyOptions(vlanOptions),
    },
    fc.constant("null"),
  ),
  allowInUse: fc.constantFrom("true", "false"),
  duplicateVlanID: fc.constantFrom('"allow"', '"reject"'),
  mtu: fc.integer({ min: 68, max: 9000 }).map(String),
}).map((own) => `{"cniVersion":"1.0.0","name":"net",${own.slice(1)}`.replace(/,\}$/, "}"));

const interfaces = fc.array(name, { minLength: 0, maxLength: 4 }).map(json);

const ownKeys = {
  interfaces: mostly(interfaces),
  vlanID: mostly(fc.oneof(fc.integer({ min: 0, max: 4094 }).map(String), numberText)),
  bond: mostly(object({ name: mostly(name.map(json)), mode: mostly(mode), options: mostly(options.map(json)) })),
  vlan: mostly(
    object({
      name: mostly(name.map(json)),
      protocol: mostly(fc.constantFrom('"802.1Q"', '"802.1ad"', '"802.1q"')),
      options: mostly(options.map(json)),
    }),
  ),
  mtu: mostly(fc.oneof(fc.integer({ min: 60, max: 9100 }).map(String), numberText)),
  duplicateVlanID: mostly(fc.constantFrom('"allow"', '"reject"', '"Allow"')),
  allowInUse: mostly(fc.constantFrom("true", "false", '"true"')),
};

/** A network config of which nothing but its being text is sure. */
export const configText: fc.Arbitrary<string> = fc.oneof(
  { weight: 20, arbitrary: likelyConfig },
  {
    weight: 20,
    arbitrary: object({
      ...ownKeys,
      cniVersion: mostly(fc.constantFrom('"1.0.0"', '"0.3.1"', '"1.1.0"', '"0.1.0"', '"9"')),
      name: mostly(fc.constant('"net"')),
      prevResult: mostly(fc.constantFrom("{}", '{"cniVersion":"1.0.0","ips":[{"address":"192.0.2.1/24"}]}')),
    }),
  },
  {
    weight: 2,
    arbitrary: object({
      cniVersion: fc.constant('"1.0.0"'),
      name: fc.constant('"net"'),
      ...ownKeys,
      interfaces: nested,
    }),
  },
  { weight: 1, arbitrary: anything },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

/** The same as bytes, now and then with some that are no UTF-8, a byte order mark, or an end too early. */
export const configBytes: fc.Arbitrary<Uint8Array> = fc
  .tuple(configText, fc.nat(40), fc.nat(), fc.integer({ min: 128, max: 255 }))
  .map(([text, damage, place, byte]) => {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length === 0) return bytes;
    const at = place % bytes.length;
    if (damage === 0) return bytes.with(at, byte);
    if (damage === 1) return bytes.slice(0, at);
    if (damage === 2) return new Uint8Array([0xef, 0xbb, 0xbf, ...bytes]);
    return bytes;
  });
