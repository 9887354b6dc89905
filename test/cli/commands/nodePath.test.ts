/** What the command line says of entries with a node path, where that needs no node. */
import { expect, test } from "bun:test";
import { showJudgement } from "../../../src/cli/commands/validate.ts";
import { findEntries } from "../../../src/cli/read/entries.ts";
import { judge } from "../../../src/cli/read/judge.ts";

const macvlan = { type: "macvlan", master: "ens192" };

function validate(...plugins: object[]): string[] {
  const config = { cniVersion: "1.0.0", name: "net", plugins };
  const { entries } = findEntries([{ name: "net.json", bytes: Buffer.from(JSON.stringify(config)) }]);
  return entries
    .map(judge)
    .flatMap(showJudgement)
    .map((line) => line.text);
}

test.each<[plugins: object[], lines: string[]]>([
  [
    [macvlan, { type: "ifacer", nodePath: { routes: ["10.96.0.0/16"] } }],
    ["net.json: plugins[1]: valid, makes a way to the node in each Pod"],
  ],
  [
    [macvlan, { type: "ifacer", service_cidr: ["10.96.0.0/16"], rp_filter: {}, log_options: {} }],
    [
      "net.json: plugins[1]: valid, makes a way to the node in each Pod",
      "warning: rp_filter: is ignored: the way needs no other rp_filter, and no sysctl of the node is changed",
      "warning: log_options: is ignored: what is to be told goes to standard error, which runtimes keep",
    ],
  ],
  [
    [{ type: "ifacer", nodePath: {} }, macvlan],
    [
      "net.json: plugins[0]: not valid",
      "error: no main plugin (macvlan, ipvlan, ...) stands before it in the list: ADD would fail",
    ],
  ],
  [
    [macvlan, { type: "ifacer", nodePath: { mtu: "9000" }, vlanID: 3 }],
    [
      "net.json: plugins[1]: not valid",
      'error: nodePath.mtu: wrong type, got "9000", allowed an integer from 68 to 65535',
      "error: vlanID: is about other links than nodePath: make an entry of its own for it, in front of the main plugin",
    ],
  ],
])("%j", (plugins, lines) => {
  expect(validate(...plugins)).toEqual(lines);
});
