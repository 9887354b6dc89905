import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CniError } from "../src/error.ts";
import { decodeJson, describeJson, encodeJson, integer, type Json, JsonObject, member } from "../src/json.ts";

const utf8 = new TextEncoder();

function decode(text: string | readonly number[]): Json {
  return decodeJson(typeof text === "string" ? utf8.encode(text) : Uint8Array.from(text), "config.json");
}

function object(text: string): JsonObject {
  const value = decode(text);
  if (!(value instanceof JsonObject)) throw new Error(`${text} is not an object`);
  return value;
}

describe("what Go's decoder takes", () => {
  test.each([
    ["null", "null"],
    [" \t\r\n{ } \n", "{}"],
    ["[ ]", "[]"],
    ['"\\u0041\\n\\/"', '"A\\n/"'],
    ['"\\ud83d\\ude00"', '"😀"'],
    ['"\\ud800"', '"\ufffd"'],
    ['"\\ud800x"', '"\ufffdx"'],
    ['"\\udc00\\ud800"', '"\ufffd\ufffd"'],
    ['"\\ud800\\ud83d\\ude00"', '"\ufffd😀"'],
    ['"\u007f\u2028\ufeff"', '"\u007f\u2028\ufeff"'],
    ["-0", "-0"],
    ["1e999", "1e999"],
    ["[1.0,1E+2,0.5,-1]", "[1.0,1E+2,0.5,-1]"],
    ["9007199254740993", "9007199254740993"],
    ["123456789012345678901234567890123456789", "123456789012345678901234567890123456789"],
    ['{"b":1,"a":2,"1":3,"b":4}', '{"b":1,"a":2,"1":3,"b":4}'],
    ['{"__proto__":{"x":1},"":0}', '{"__proto__":{"x":1},"":0}'],
  ])("%j is %s", (text, encoded) => {
    expect(encodeJson(decode(text))).toBe(encoded);
  });

  test.each([
    ["a byte that is no UTF-8", [0x22, 0xff, 0x22], "\ufffd"],
    ["a surrogate in UTF-8", [0x22, 0xed, 0xa0, 0x80, 0x22], "\ufffd\ufffd\ufffd"],
  ])("%s becomes U+FFFD", (_, bytes, expected) => {
    expect(decode(bytes)).toBe(expected);
  });
});

describe("what Go's decoder refuses", () => {
  test.each([
    ["", "is empty"],
    [" \n", "is empty"],
    ['\ufeff{"name":"n1"}', "byte order mark"],
    ['{"name":"n1"}garbage', "something after its end at line 1, column 14"],
    ["{}{}", "something after its end"],
    ["{}\u0000", "something after its end"],
    ['{"x":01}', "expected ',' or '}', got \"1\" at line 1, column 7"],
    ['{"x":+1}', "expected a value"],
    ['{"x":.5}', "expected a value"],
    ['{"x":1.}', "expected ',' or '}'"],
    ['{"x":1e}', "expected ',' or '}'"],
    ['{"x":-}', "expected a value"],
    ['{"x":0x10}', "expected ',' or '}'"],
    ['{"x":NaN}', "expected a value"],
    ['{"x":Infinity}', "expected a value"],
    ['{"x":True}', "expected a value"],
    ['{"x":nullx}', "expected ',' or '}'"],
    ['{"x":undefined}', "expected a value"],
    ['{\n  "name": "n1",\n}', 'expected a name in double quotes, got "}" at line 3, column 1'],
    ["[1,]", "expected a value"],
    ["[1 2]", "expected ',' or ']'"],
    ["[1}", "expected ',' or ']'"],
    ['{"a":1]', "expected ',' or '}'"],
    ["{'name':'n1'}", "expected a name in double quotes"],
    ['{name:"n1"}', "expected a name in double quotes"],
    ['{"a" 1}', "expected ':'"],
    ['// c\n{"name":"n1"}', "expected a value"],
    ['{"a":1 /* c */}', "expected ',' or '}'"],
    ['{"x":"\t"}', "control character"],
    ['{"x":"\n"}', "control character"],
    ['"\\x41"', "escape"],
    ['"\\u12g4"', "escape"],
    ['"\\', "expected the end of a string, got the end"],
    ['"abc', "expected the end of a string, got the end"],
    ['{"a":1', "expected ',' or '}', got the end"],
    ["[", "expected a value, got the end"],
    ["\u00a01", "expected a value"],
  ])("%j", (text, message) => {
    const decoding = () => decode(text);
    expect(decoding).toThrow(CniError);
    expect(decoding).toThrow(message);
    expect(decoding).toThrow("config.json");
  });
});

describe("nesting", () => {
  const nested = (depth: number) => [
    "[".repeat(depth) + "]".repeat(depth),
    `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
  ];

  test.each(nested(10_000))("10000 levels pass", (text) => {
    const value = decode(text);
    expect(encodeJson(value)).toBe(text);
  });

  test.each([...nested(10_001), ...nested(500_000), "[".repeat(3_000_000)])("more are refused", (text) => {
    expect(() => decode(text)).toThrow("more than 10000 levels of nesting");
  });
});

describe("members by Go's rules", () => {
  test.each([
    ['{"vlanID":1}', 1],
    ['{"vlanId":1}', 1],
    ['{"VLANID":1,"vlanID":2}', 2],
    ['{"vlanID":1,"VLANID":2,"vlanID":3}', 3],
    ['{"vlanID":1,"vlanid":2}', 2],
    ['{"vlanID":1,"VLANID":null}', 1],
    ['{"vlanID":null}', undefined],
    ['{"v\\u006canID":1}', 1],
    ['{"vlan_id":1," vlanID":2}', undefined],
    ['{"__proto__":{"vlanID":1}}', undefined],
  ])("vlanID of %s is %p", (text, expected) => {
    expect(member(object(text), "vlanID")).toEqual(expected);
  });

  test.each([
    ["interface\u017f", "interfaces", true],
    ["\u212aey", "key", true],
    ["Interface\u00df", "interfaces", false],
    ["\u0130nterfaces", "interfaces", false],
    ["\u0131nterfaces", "interfaces", false],
    ["__proto__", "__proto__", true],
    ["toString", "tostring", true],
  ])("%s names %s: %p", (written, name, matches) => {
    expect(member(new JsonObject([[written, 1]]), name)).toBe(matches ? 1 : undefined);
  });
});

test.each([
  ["0", 0],
  ["4094", 4094],
  ["-1", -1],
  ["-0", 0],
  ["1.0", undefined],
  ["1e2", undefined],
  ["1E2", undefined],
  ["1e+21", undefined],
  ["0.5", undefined],
  ["9007199254740991", 9007199254740991],
  ["9007199254740993", undefined],
  ['"1"', undefined],
  ["true", undefined],
  ["null", undefined],
])("%s as an integer is %p", (text, expected) => {
  expect(integer(decode(text))).toBe(expected);
});

test.each([
  ["{}", "an object"],
  ["[]", "a list"],
  ["1.0", "1.0"],
  ['"x"', '"x"'],
  [`"${"x".repeat(100)}"`, `"${"x".repeat(59)}...`],
])("%s is described as %s", (text, expected) => {
  expect(describeJson(decode(text))).toBe(expected);
});

describe("laws", () => {
  /** JSON.parse takes nothing that Go refuses, but for deep nesting, which these inputs don't have, and the reverse. */
  const accepts = (decoder: () => unknown): boolean => {
    try {
      decoder();
      return true;
    } catch {
      return false;
    }
  };

  const almostJson = fc
    .array(
      fc.constantFrom(
        ..."{}[]:,\"\\/-+.0123456789eEutrfalsn \t\n\u0000\ufeffé'",
        '"a"',
        "true",
        "null",
        '{"a":',
        "[1,",
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(""));

  const damagedJson = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", '"', "}", "\\", "0", " ", "\u0001", "é"))
    .map(([text, at, other]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + other + text.slice(place + 1);
    });

  test("accepts what JSON.parse accepts and reads the same", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), almostJson, damagedJson), (text) => {
        const accepted = accepts(() => decode(text));
        expect(accepted).toBe(accepts(() => JSON.parse(text.toWellFormed())));
        if (accepted) expect(JSON.parse(encodeJson(decode(text)))).toEqual(JSON.parse(text));
      }),
      { numRuns: 3000 },
    );
  });

  test("encoding and decoding again changes nothing", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const once = encodeJson(decode(text));
        expect(encodeJson(decode(once))).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  test("any bytes decode or fail in words", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodeJson(bytes, "stdin");
        } catch (error) {
          expect(error).toBeInstanceOf(CniError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  ["a string", `"${"a".repeat(3_000_000)}"`],
  ["escapes", `"${"\\n".repeat(1_500_000)}"`],
  ["digits", "1".repeat(3_000_000)],
  ["white space", `${" ".repeat(3_000_000)}1`],
  ["small objects", `[${'{"a":[1,{"b":"x"}]},'.repeat(140_000)}1]`],
  ["empty lists", `[${"[],".repeat(1_000_000)}1]`],
  ["odd numbers", `[${"1.0,".repeat(700_000)}1]`],
])("3 MB of %s take no more than linear time", (_, text) => {
  const start = performance.now();
  expect(encodeJson(decode(text)).length).toBe(text.trim().length);
  expect(performance.now() - start).toBeLessThan(4000);
});
