import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { commands } from "../../src/cli/commands.ts";
import { Code } from "../../src/error.ts";

const root = `${import.meta.dir}/../..`;
const text = readFileSync(`${root}/docs/operations.md`, "utf8");
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));

const source = readdirSync(`${root}/src`, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.startsWith("cli/"))
  .map((name) => readFileSync(`${root}/src/${name}`, "utf8"))
  .join("\n");

describe("the table of what an event says", () => {
  const table = rows.filter(([, code = ""]) => /^\d+$/.test(code));

  test("has a row for every code but that of STATUS, which the text below explains", () => {
    const codes = Object.values(Code).filter((code) => code !== Code.notAvailable);
    // A code may have several rows, one below the other.
    const told = table.map(([, code]) => Number(code)).filter((code, index, all) => code !== all[index - 1]);
    expect(told).toEqual([...codes]);
    expect(text).toContain(`\nCode ${Code.notAvailable} comes in no event`);
  });

  test.each(table.map(([says = "", code = ""]) => [code, says] as const))(
    "says of %s what ifacer says: %s",
    (_, says) => {
      for (const [, words = ""] of says.matchAll(/`([^`]+)`/g)) {
        for (const part of words.split(" … ")) expect([part, source.includes(part)]).toEqual([part, true]);
      }
    },
  );
});

test("every command is told of, with what its exit status 1 means", () => {
  for (const { name, no } of commands) {
    expect(text).toMatch(new RegExp(`^ifacer ${name}`, "m"));
    if (no !== undefined) expect(text).toMatch(new RegExp(`^\\| .*\`${name}\`.* \\|`, "m"));
  }
});
