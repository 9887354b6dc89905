/** Every option of the table in every mode, with each of a few values: what the config's rules let pass, ADD makes. */
import { expect, test } from "bun:test";
import { bondOptions } from "../../src/config/bondTable.ts";
import { readConfig } from "../../src/config/read.ts";
import type { ValueRule } from "../../src/config/values.ts";
import { JsonObject } from "../../src/json.ts";
import { bondModes } from "../../src/model.ts";
import { ifacer } from "../../test/kernel/harness.ts";
import { nodeWith } from "../../test/kernel/node.ts";
import { beginTurn, timeLimit, volume } from "../../test/volume.ts";

/** Values that a rule takes: its ends. */
function listValues(rule: ValueRule): readonly string[] {
  switch (rule.kind) {
    case "number":
      return [String(rule.min), String(rule.max)];
    case "choice":
      return [rule.words[0] ?? "", rule.words.at(-1) ?? ""];
    case "switch":
      return [rule.off, rule.on];
    case "addresses":
      return [rule.family === "IPv4" ? "192.0.2.1,192.0.2.2" : "2001:db8::1"];
    case "mac":
      return ["02:00:00:00:00:01"];
    case "interface":
      return ["ens160"];
    case "priorities":
      return ["1:2"];
  }
}

const nics = ["ens192", "ens160"];
const combinations = bondOptions.flatMap(({ name, rule, needs }) =>
  listValues(rule).flatMap((value) =>
    bondModes.map((mode, number) => {
      const monitor = needs === undefined ? "" : `;${needs.option}=100`;
      return { mode, number, options: `${name}=${value}${name === needs?.option ? "" : monitor}` };
    }),
  ),
);
const count = volume({ sample: 10, full: combinations.length });
const chosen = combinations.toSorted(() => Math.random() - 0.5).slice(0, count);

test(
  `${count} of ${combinations.length} options in modes: what is valid is made, or refused with a code of ours and undone`,
  async () => {
    await using ns = await nodeWith(...nics);
    const codes = new Map<string, number>();
    const isTimeLeft = beginTurn(25);
    for (const { number, options } of chosen) {
      if (!isTimeLeft()) break;
      const bond = { name: "bond0", mode: number, options };
      const body = new JsonObject([
        ["interfaces", nics],
        [
          "bond",
          new JsonObject([
            ["name", "bond0"],
            ["mode", number],
            ["options", options],
          ]),
        ],
      ]);
      const valid = readConfig(body).desired !== undefined;
      const config = { cniVersion: "1.0.0", name: "net", type: "ifacer", interfaces: nics, bond };
      const { status, json } = await ifacer(ns, "ADD", config);
      const code = status === 0 ? "made" : String(json.code);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (valid)
        expect([options, number, code, json.msg]).toEqual([
          options,
          number,
          expect.stringMatching(/made|102/),
          json.msg,
        ]);
      else expect([options, number, code]).toEqual([options, number, "7"]);
      const there = (await ns.json("link show")).map(({ ifname }) => ifname);
      expect(there.includes("bond0")).toBe(status === 0);
      if (status === 0) await ns.ip("link delete dev bond0");
      for (const nic of nics) await ns.ip(`link set dev ${nic} up`);
    }
    console.log(`options in modes, by code: ${JSON.stringify(Object.fromEntries(codes))}`);
  },
  timeLimit(300_000),
);
