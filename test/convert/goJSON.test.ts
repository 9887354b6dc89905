import { describe, expect, test } from "bun:test";
import { findChainFault } from "../../src/convert/chain.ts";
import { marshalGo } from "../../src/convert/goJSON.ts";

// Expected values are what Go's encoding/json gives for the same text decoded into an interface{}.
test.each([
  ["HTML", '"a<b>&c"', '"a\\u003cb\\u003e\\u0026c"'],
  ["line separators", '"\\u2028\\u2029"', '"\\u2028\\u2029"'],
  ["controls", '"\\u0000\\b\\f\\n\\r\\t\\u001f\\u007f"', '"\\u0000\\b\\f\\n\\r\\t\\u001f\u007f"'],
  ["a slash, a quote", '"\\/\\"\\\\"', '"/\\"\\\\"'],
  ["beyond ASCII", '"\\u00e4\\ud83d\\ude00"', '"ä😀"'],
  ["a lone surrogate", '"\\ud800x"', '"\ufffdx"'],
  ["integers", "[1,1.0,-0,1e3,100000000000000000000]", "[1,1,-0,1000,100000000000000000000]"],
  ["exponents", "[1e21,1e-7,1.5e300]", "[1e+21,1e-7,1.5e+300]"],
  ["beyond 2^53", "9007199254740993", "9007199254740992"],
  ["null and flags", '{"b":null,"a":[true,false]}', '{"a":[true,false],"b":null}'],
  ["keys by their bytes", '{"b":1,"a":2,"B":3,"10":4,"9":5}', '{"10":4,"9":5,"B":3,"a":2,"b":1}'],
  ["keys beyond the basic plane", '{"\\ud83d\\ude00":1,"\\uffee":2}', '{"\uffee":2,"😀":1}'],
  ["keys with HTML", '{"<":1}', '{"\\u003c":1}'],
  ["the last of two", '{"a":1,"a":2}', '{"a":2}'],
  ["__proto__", '{"__proto__":1}', '{"__proto__":1}'],
])("%s", (_, json, expected) => {
  expect(marshalGo(JSON.parse(json), "sorted")).toBe(expected);
});

test("declared order, undefined left out", () => {
  expect(marshalGo({ type: "x", mtu: undefined, a: [{ z: 1, b: 2 }] }, "declared")).toBe(
    '{"type":"x","a":[{"z":1,"b":2}]}',
  );
});

describe("a chained plugin", () => {
  test.each([
    ['{"type":"tuning"}', undefined],
    ['{"Type":"tuning","ipam":{},"dns":{"search":["a"]},"capabilities":{"mac":true}}', undefined],
    ['{"type":"tuning","dns":null}', undefined],
    ["", "is not valid JSON"],
    ['{ "invalid" }', "is not valid JSON"],
    ["null", "is no plugin config: expected an object with a type"],
    ['[{"type":"x"}]', "is no plugin config: expected an object with a type"],
    ['{"foo":1}', "is no plugin config: expected a plugin's name as type"],
    ['{"type":""}', "is no plugin config: expected a plugin's name as type"],
    ['{"type":5}', "is no plugin config: expected a plugin's name as type"],
    ['{"type":"x","name":1}', "is no plugin config: expected a string as name"],
    ['{"type":"x","capabilities":{"mac":1}}', "is no plugin config: expected true or false as capabilities.mac"],
    ['{"type":"x","ipam":[]}', "is no plugin config: expected an object as ipam"],
    ['{"type":"x","n":1e999}', "has a number that is too large"],
  ])("%p", (json, fault) => {
    expect(findChainFault(json)).toBe(fault);
  });

  test("nested without end", () => {
    const json = `{"type":"x","n":${"[".repeat(2000)}${"]".repeat(2000)}}`;
    expect(findChainFault(json)).toBe("is nested deeper than 1000 levels");
  });
});
