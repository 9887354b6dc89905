import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { findNearest } from "../../src/config/nearest.ts";
import { type Option, parseOptions, readJsonValue } from "../../src/config/options.ts";
import { describeRule, parseValue, type ValueRule } from "../../src/config/values.ts";

describe("findNearest", () => {
  const names = ["miimon", "updelay", "lacp_rate", "lacp_active", "primary", "primary_reselect"];
  test.each([
    ["mimon", "miimon"],
    ["MIIMON", "miimon"],
    ["miinom", "miimon"],
    ["lacp-rate", "lacp_rate"],
    ["lacprate", "lacp_rate"],
    ["primery", "primary"],
    ["up_delay", "updelay"],
    ["speed", undefined],
    ["", undefined],
    ["x".repeat(1000), undefined],
  ])("%s is near to %s", (text, nearest) => {
    expect(findNearest(text, names)).toBe(nearest);
  });

  test.each([
    ["fats", "fast"],
    ["sloww", "slow"],
    ["f", undefined],
  ])("swaps and short words: %s is near to %s", (text, nearest) => {
    expect(findNearest(text, ["slow", "fast"])).toBe(nearest);
  });
});

const number: ValueRule = { kind: "number", min: 1, max: 255 };
const choice: ValueRule = { kind: "choice", words: ["slow", "fast"] };
const onOff: ValueRule = { kind: "switch", off: "off", on: "on" };
const oneZero: ValueRule = { kind: "switch", off: "0", on: "1" };
const ipv4: ValueRule = { kind: "addresses", family: "IPv4", most: 3 };
const ipv6: ValueRule = { kind: "addresses", family: "IPv6", most: 3 };
const mac: ValueRule = { kind: "mac" };
const nic: ValueRule = { kind: "interface" };
const map: ValueRule = { kind: "priorities", mostFrom: 7, mostTo: 4294967295 };

describe("parseValue", () => {
  test.each<[ValueRule, string, string]>([
    [number, "1", "1"],
    [number, "255", "255"],
    [choice, "fast", "fast"],
    [choice, "1", "fast"],
    [choice, "0", "slow"],
    [onOff, "1", "on"],
    [onOff, "off", "off"],
    [oneZero, "on", "1"],
    [oneZero, "0", "0"],
    [ipv4, "192.0.2.1", "192.0.2.1"],
    [ipv4, "192.0.2.2,192.0.2.1", "192.0.2.2,192.0.2.1"],
    [ipv4, "192.0.2.1 , 192.0.2.2 192.0.2.3", "192.0.2.1,192.0.2.2,192.0.2.3"],
    [ipv4, '["192.0.2.1"]', "192.0.2.1"],
    [ipv4, '[ "192.0.2.1" , " 192.0.2.2" ]', "192.0.2.1,192.0.2.2"],
    [ipv6, "2001:DB8:0:0::1", "2001:db8::1"],
    [ipv6, "fe80::1,2001:db8::192.0.2.1", "fe80::1,2001:db8::c000:201"],
    [mac, "02:AB:00:00:00:01", "02:ab:00:00:00:01"],
    [mac, "00:00:00:00:00:00", "00:00:00:00:00:00"],
    [nic, "eth1", "eth1"],
    [map, "1:2", "1:2"],
    [map, "7:4294967295 , 0:3", "0:3,7:4294967295"],
    [map, "2:5 1:4", "1:4,2:5"],
    [map, "1:0,2:1", "2:1"],
    [map, "1:0", ""],
  ])("%j takes %s as %s", (rule, text, value) => {
    expect(parseValue(rule, text, { interfaces: ["eth0", "eth1"] })).toEqual({ value });
  });

  test.each<[ValueRule, string]>([
    ...["", "0", "256", "+1", "-1", "01", "0x10", "1.0", "1e2", " 1", "1\n", "١", "１", "99999999999", "1#"].map(
      (text): [ValueRule, string] => [number, text],
    ),
    ...["", "2", "Fast", "fast\n", "fast slow", "00", "__proto__"].map((text): [ValueRule, string] => [choice, text]),
    ...["", "true", "ON", "2", "yes"].map((text): [ValueRule, string] => [onOff, text]),
    ...[
      "",
      ",",
      "192.0.2.1,",
      "192.0.2",
      "192.0.2.256",
      "192.0.2.01",
      "192.0.2.1/24",
      "0.0.0.0",
      "255.255.255.255",
      "192.0.2.1,192.0.2.1",
      "192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4",
      "::1",
      "[]",
      "[1]",
      '["192.0.2.1"',
      '["192.0.2.1", 5]',
      '["192.0.2.1,192.0.2.2"]',
      "0xc0000201",
    ].map((text): [ValueRule, string] => [ipv4, text]),
    ...[
      "",
      "::",
      "::1",
      "0:0::1",
      "ff02::1",
      "fe80::1%eth0",
      "2001:db8::1]/",
      "1::2::3",
      "12345::",
      "::1,::1",
      "192.0.2.1",
    ].map((text): [ValueRule, string] => [ipv6, text]),
    ...["", "01:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "02-00-00-00-00-01", "02:00:00:00:00", "02:00:00:00:00:01\n"].map(
      (text): [ValueRule, string] => [mac, text],
    ),
    ...["", "eth2", "ETH0", "eth0 eth1"].map((text): [ValueRule, string] => [nic, text]),
    ...["", "8:1", "1:4294967296", "1", "1:2:3", "1:", ":1", "1:1,1:2", "0x1:1", "01:1", "1:2;"].map(
      (text): [ValueRule, string] => [map, text],
    ),
  ])("%j refuses %j", (rule, text) => {
    expect(parseValue(rule, text, { interfaces: ["eth0", "eth1"] })).toEqual({ fault: expect.any(String) });
  });

  test.each<[ValueRule, string, string]>([
    [number, "256", 'got "256", allowed 1 to 255'],
    [{ ...number, unit: "ms" }, "x", 'got "x", allowed 1 to 255 ms'],
    [choice, "fats", 'got "fats", allowed slow, fast (or 0 to 1); did you mean "fast"?'],
    [onOff, "On", 'got "On", allowed on, off (or 1, 0); did you mean "on"?'],
    [nic, "eht1", 'got "eht1", allowed one of eth0, eth1; did you mean "eth1"?'],
    [
      ipv4,
      "192.0.2.1,192.0.2.300",
      'got "192.0.2.300", allowed up to 3 different unicast IPv4 addresses, separated by commas',
    ],
    [ipv4, "192.0.2.1,192.0.2.1", "192.0.2.1 is in the list twice"],
    [map, "1:1 1:2", "1 is mapped twice"],
    [number, "\u001b[31m", 'got "\\u001b[31m", allowed 1 to 255'],
    [number, "9".repeat(1000), `got "${"9".repeat(40)}...", allowed 1 to 255`],
  ])("%j says what is wrong with %j", (rule, text, fault) => {
    expect(parseValue(rule, text, { interfaces: ["eth0", "eth1"] })).toEqual({ fault });
  });

  test("a value in its canonical form stays as it is, and is a word that means nothing to ip -batch", () => {
    const rules = fc.constantFrom(number, choice, onOff, oneZero, ipv4, ipv6, mac, nic, map);
    const character = fc.constantFrom(..."0123456789abcdef.:,;[]\"'\\# \n\toxnslwft");
    const addresses = fc
      .array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), { maxLength: 5 })
      .map((all) => all.join(","));
    const texts = fc.oneof(fc.string(), fc.string({ unit: character }), addresses, fc.nat().map(String));
    fc.assert(
      fc.property(rules, texts, (rule, text) => {
        const parsed = parseValue(rule, text, { interfaces: ["eth0", "eth1"] });
        if ("fault" in parsed || parsed.value === "") return;
        expect(parsed.value).toMatch(/^[0-9a-z:.,]+$/);
        expect(parseValue(rule, parsed.value)).toEqual(parsed);
      }),
    );
  });
});

test.each<[ValueRule, string]>([
  [{ kind: "number", min: 0, max: 300000, unit: "ms" }, "0 to 300000 ms"],
  [choice, "slow, fast (or 0 to 1)"],
  [onOff, "on, off (or 1, 0)"],
  [ipv6, "up to 3 different unicast IPv6 addresses, separated by commas"],
  [mac, "a unicast MAC address such as 02:00:00:00:00:01"],
  [nic, "one of the interfaces"],
  [map, "FROM:TO pairs separated by commas, FROM 0 to 7 and each once, TO 0 to 4294967295"],
])("%j allows %s", (rule, words) => {
  expect(describeRule(rule)).toBe(words);
});

const table: readonly Option[] = [
  { name: "rate", jsonName: "ad_rate", rule: choice, default: "slow" },
  { name: "updelay", aliases: ["up_delay"], rule: number, default: "1" },
  { name: "target", rule: ipv4, default: undefined },
  { name: "map", rule: map, default: undefined },
];

describe("parseOptions", () => {
  const parse = (text: string) => {
    const { settings, problems } = parseOptions(text, table, { path: "x", misplaced: { mode: "set bond.mode" } });
    return {
      settings: settings.map(({ name, value }) => `${name}=${value}`),
      problems: problems.map((p) => p.message),
    };
  };

  test.each([
    ["", []],
    [" ; ;; ", []],
    ["rate=fast", ["rate=fast"]],
    [" rate = fast ;\n updelay=3 ; ", ["rate=fast", "updelay=3"]],
    ["up_delay=3;rate=1", ["rate=fast", "updelay=3"]],
    ['target=["192.0.2.1", "192.0.2.2"];rate=0', ["rate=slow", "target=192.0.2.1,192.0.2.2"]],
    ["map=1:0", []],
  ])("%j gives %j, in the table's order", (text, settings) => {
    expect(parse(text)).toEqual({ settings, problems: [] });
  });

  test.each([
    ["rats=fast", 'there is no option "rats"; did you mean "rate"?'],
    ["speed=10", 'there is no option "speed", allowed rate, updelay, target, map'],
    ["Rate=fast", 'there is no option "Rate"; did you mean "rate"?'],
    ["constructor=1", 'there is no option "constructor", allowed rate, updelay, target, map'],
    ["=fast", 'there is no option "", allowed rate, updelay, target, map'],
    ["rate fast", '"rate fast" is not of the form name=value'],
    ["rate", '"rate" is not of the form name=value'],
    ["rate=", "rate has no value, allowed slow, fast (or 0 to 1)"],
    ["rate=fats", 'rate: got "fats", allowed slow, fast (or 0 to 1); did you mean "fast"?'],
    ["rate==fast", 'rate: got "=fast", allowed slow, fast (or 0 to 1); did you mean "fast"?'],
    ["rate=fast;rate=fast", "rate is given twice"],
    ["updelay=1;up_delay=2", "updelay and up_delay are the same option, give one of them"],
    ["mode=1", "mode can't be given here: set bond.mode"],
  ])("%j: %s", (text, message) => {
    expect(parse(text).problems).toEqual([message]);
  });

  test("all problems are found at once", () => {
    expect(parse("rats=1;updelay=0;mode=4;target=x;rate").problems).toHaveLength(5);
  });
});

test.each<[string, unknown, string | undefined]>([
  ["rate", "fast", "fast"],
  ["rate", null, "slow"],
  ["rate", "UNKNOWN", "UNKNOWN"],
  ["rate", undefined, undefined],
  ["rate", {}, undefined],
  ["updelay", 200, "200"],
  ["target", ["192.0.2.1", "192.0.2.2"], "192.0.2.1,192.0.2.2"],
  [
    "map",
    [
      { from: 3, to: 1 },
      { from: 1, to: 2 },
    ],
    "1:2,3:1",
  ],
])("%s is read back from %j as %p", (name, printed, value) => {
  const row = table.find((row) => row.name === name);
  if (row) expect(readJsonValue(row, { [row.jsonName ?? name]: printed })).toBe(value);
});
