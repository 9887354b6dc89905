import { expect, test } from "bun:test";
import { executable, forADD } from "../surroundings/start.ts";

const list = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => write(i)).join(",");

/** Of the block 198.18.0.0/15 and what comes after: a valid address for each number. */
function writeIPv4(index: number): string {
  return [198, 18 + (index >> 16), (index >> 8) & 255, index & 255].join(".");
}

/** Configs of a megabyte or more, which only a program with costs that grow faster than its input would take long for. */
test.each<[string, string, number]>([
  ["50,000 interfaces that are not there", `"interfaces":[${list(50_000, (i) => `"n${i}"`)}],"vlanID":5`, 100],
  ["100,000 times the same interface", `"interfaces":[${list(100_000, () => '"n"')}],"vlanID":5`, 7],
  ["100,000 numbers for interfaces", `"interfaces":[${list(100_000, () => "5")}]`, 6],
  ["a bond of 30,000 with a bad name", `"interfaces":[${list(30_000, (i) => `"n${i}"`)}],"bond":{"name":"n0"}`, 7],
  ["100,000 unknown keys", `"interfaces":["a","b"],"bond":{${list(100_000, (i) => `"k${i}":1`)}}`, 7],
  ["30,000 unknown options", `"interfaces":["a","b"],"bond":{"options":"${"a=b;".repeat(30_000)}"}`, 7],
  [
    "250,000 unknown options, each another",
    `"interfaces":["a","b"],"bond":{"options":"${Array.from({ length: 250_000 }, (_, i) => `a${i}=b;`).join("")}"}`,
    7,
  ],
  ["200,000 times the same option", `"interfaces":["a","b"],"bond":{"options":"${"miimon=1;".repeat(200_000)}"}`, 7],
  ["an option of 2 MB", `"interfaces":["a","b"],"bond":{"options":"${"a".repeat(2e6)}=1"}`, 7],
  ["1 MB of spaces in a value", `"interfaces":["a","b"],"bond":{"options":"miimon=${" ".repeat(1e6)}x"}`, 7],
  ["200,000 targets", `"interfaces":["a","b"],"bond":{"options":"arp_ip_target=${list(200_000, writeIPv4)}"}`, 7],
  [
    "100,000 targets of IPv6",
    `"interfaces":["a","b"],"bond":{"options":"ns_ip6_target=${list(100_000, (i) => `2001:db8::${i.toString(16)}`)}"}`,
    7,
  ],
  ["100,000 patterns", `"select":{"names":[${list(100_000, (i) => `"*${i}*x?"`)}]},"vlanID":5`, 100],
  ["a pattern of 1 MB", `"select":{"names":["${"*?".repeat(5e5)}"]},"vlanID":5`, 100],
  ["100,000 networks", `"select":{"networks":[${list(100_000, (i) => `"${writeIPv4(i)}/32"`)}]},"vlanID":5`, 100],
  ["100,000 PCI ids that are none", `"select":{"devices":[${list(100_000, () => '"x"')}]},"vlanID":5`, 7],
  ["a list in 9,990 lists", `"interfaces":${"[".repeat(9990)}${"]".repeat(9990)}`, 6],
])(
  "%s: a short answer, soon",
  async (_, members, code) => {
    const child = Bun.spawn([executable], {
      env: forADD,
      stdin: new Blob([`{"cniVersion":"1.0.0","name":"net",${members}}`]),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ status, stderr, code: JSON.parse(stdout).code }).toEqual({ status: 1, stderr: "", code });
    expect(stdout.length).toBeLessThan(100_000);
    // Of the processor, so that a busy machine does not count, with what `ip` takes; in microseconds.
    expect(Number(child.resourceUsage()?.cpuTime.total)).toBeLessThan(5_000_000);
  },
  60_000,
);
