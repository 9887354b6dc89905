import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { vlanOptionDocs } from "../../src/config/optionDocs.ts";
import { currentVlanValue, parseVlanOptions, vlanOptions, vlanOptionWords } from "../../src/config/vlanOptions.ts";

function parse(text: string) {
  const { settings, problems, warnings } = parseVlanOptions(text, { path: "vlan.options" });
  return {
    words: settings.flatMap(vlanOptionWords).join(" "),
    problems: problems.map(({ path, message }) => `${path}: ${message}`),
    warnings,
  };
}

test.each([
  ["", ""],
  ["gvrp=on", "gvrp on"],
  ["reorder_hdr=0;mvrp=1;", "reorder_hdr off mvrp on"],
  ["bridge_binding = on ; loose_binding = off", "loose_binding off bridge_binding on"],
  ["ingress-qos-map=0:1,2:3", "ingress-qos-map 0:1 2:3"],
  ["ingress-qos-map=2:3 0:1", "ingress-qos-map 0:1 2:3"],
  ["egress-qos-map=4294967295:7 , 0:1;gvrp=on", "gvrp on egress-qos-map 0:1 4294967295:7"],
  ["egress-qos-map=5:0", ""],
])("%j is for ip: %s", (text, words) => {
  expect(parse(text)).toEqual({ words, problems: [], warnings: [] });
});

test.each([
  ["gvpr=on", 'there is no option "gvpr"; did you mean "gvrp"?'],
  ["ingress_qos_map=0:1", 'there is no option "ingress_qos_map"; did you mean "ingress-qos-map"?'],
  ["gvrp=true", 'gvrp: got "true", allowed on, off (or 1, 0)'],
  ["gvrp=on;gvrp=off", "gvrp is given twice"],
  ["id=5", "id can't be given here: set vlanID"],
  ["protocol=802.1ad", "protocol can't be given here: set vlan.protocol"],
  [
    "ingress-qos-map=8:0",
    'ingress-qos-map: got "8:0", allowed FROM:TO pairs separated by commas, FROM 0 to 7 and each once, TO 0 to 4294967295',
  ],
  [
    "egress-qos-map=0:8",
    'egress-qos-map: got "0:8", allowed FROM:TO pairs separated by commas, FROM 0 to 4294967295 and each once, TO 0 to 7',
  ],
  ["egress-qos-map=1:2,1:3", "egress-qos-map: 1 is mapped twice"],
])("%j: %s", (text, message) => {
  expect(parse(text).problems).toEqual([`vlan.options: ${message}`]);
});

describe("values of an existing VLAN", () => {
  // As iproute2 6.1 prints them.
  const infoData = {
    protocol: "802.1Q",
    id: 100,
    flags: ["REORDER_HDR", "MVRP"],
    ingress_qos: [
      { from: 2, to: 3 },
      { from: 0, to: 1 },
    ],
  };
  test.each([
    ["reorder_hdr", "on"],
    ["gvrp", "off"],
    ["mvrp", "on"],
    ["loose_binding", "off"],
    ["ingress-qos-map", "0:1,2:3"],
    ["egress-qos-map", undefined],
  ])("%s is %p", (name, value) => {
    expect(currentVlanValue(infoData, name)).toBe(value);
  });

  test("where no flag is printed, none is on", () => {
    expect(currentVlanValue({ id: 100 }, "reorder_hdr")).toBe("off");
  });
});

test.each(vlanOptions.map((row) => [row.name, row] as const))("%s is documented", (_, row) => {
  expect(vlanOptionDocs[row.name]).toMatch(/^[A-Z].*\.$/);
});

test("whatever the text: nothing is thrown, and no word can mean something else to ip", () => {
  const key = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...vlanOptions.map((row) => row.name)) }, fc.string());
  const pair = fc.tuple(fc.nat(9), fc.nat(9)).map(([from, to]) => `${from}:${to}`);
  const value = fc.oneof(
    fc.constantFrom("on", "off", "0", "1"),
    fc.array(pair).map((pairs) => pairs.join(",")),
    fc.string(),
  );
  const part = fc.tuple(key, value).map(([left, right]) => `${left}=${right}`);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(part).map((parts) => parts.join(";")),
        fc.string(),
      ),
      (text) => {
        for (const word of parse(text).words.split(" "))
          expect(word).toMatch(/^([a-z_-]+|[0-9]+:[0-7]|[0-7]:[0-9]+)?$/);
      },
    ),
  );
});
