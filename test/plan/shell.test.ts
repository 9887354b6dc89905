import { expect, test } from "bun:test";
import fc from "fast-check";
import { writeLines } from "../../src/apply/lines.ts";
import { desire } from "../../src/config/desired.ts";
import { findLinkNameFault } from "../../src/config/linkNames.ts";
import type { Link } from "../../src/model.ts";
import { findEnslaveConflicts } from "../../src/plan/enslave.ts";
import { quoteForShell, showCommand } from "../../src/plan/shell.ts";
import { link } from "../link.ts";

test.each([
  ["bond0", "bond0"],
  ["eth0.100", "eth0.100"],
  ["02:00:00:00:00:01", "02:00:00:00:00:01"],
  ["", "''"],
  ["a;halt;", "'a;halt;'"],
  ["$(halt)", "'$(halt)'"],
  ["it's", "'it'\\''s'"],
  ["~", "'~'"],
  ["a*", "'a*'"],
])("%p is shown as %s", (word, shown) => {
  expect(quoteForShell(word)).toBe(shown);
});

/** The words that `ip` gets where a shell runs each of the commands. */
function wordsOf(commands: readonly string[]): string[][] {
  const recorder = "ip() { printf '%s\\0' \"$@\"; printf '\\n\\0'; }";
  const { stdout, stderr, exitCode } = Bun.spawnSync(["sh", "-c", [recorder, ...commands].join("\n")], { env: {} });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  return stdout
    .toString()
    .split("\n\0")
    .slice(0, -1)
    .map((words) => words.split("\0").slice(0, -1));
}

const hostile = [
  "a;halt;",
  "$(halt)",
  "`halt`",
  "a&b",
  "a|b",
  "a>b",
  "it's",
  'a"b',
  "*",
  "?",
  "~",
  "!b",
  "a{b,c}",
  "$x",
  "(b)",
  "=b",
];
const name = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 15 }));

test("a shell that runs a shown command passes exactly the words of its line", () => {
  const names = fc.array(
    name.filter((one) => findLinkNameFault(one) === undefined),
    { minLength: 50, maxLength: 50 },
  );
  fc.assert(
    fc.property(names, (all) => {
      const lines = all.flatMap((bond) => writeLines({ type: "enslave", nic: bond, bond: `x${bond}`.slice(0, 15) }));
      expect(wordsOf(lines.map(showCommand))).toEqual(lines.map((line) => line.split(" ")));
    }),
    { numRuns: 10 },
  );
  expect(wordsOf([showCommand('link set dev b type bond arp_ip_target ""')])[0]?.at(-1)).toBe("");
});

test.each(hostile)("the remedy of a conflict about %s is quoted", (name) => {
  const nic: Link = link(1, name, { master: "br0", masterKind: "bridge" });
  const { desired } = desire({ interfaces: [name, "d2"], bond: { name: "bond0" } });
  const conflicts = findEnslaveConflicts(nic, { desired, current: { links: [nic], vlans: [], uses: new Map() } });
  const quoted = quoteForShell(name);
  // Quotes around quotes would end them.
  const mark = quoted === name ? "'" : "";
  expect(conflicts[0]?.message).toContain(` ${mark}ip link set dev ${quoted} nomaster${mark},`);
});
