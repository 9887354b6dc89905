import { expect, test } from "bun:test";
import { type Option, readOptions, UsageError } from "../../src/cli/arguments.ts";

const options: readonly Option[] = [
  { long: "--file", short: "-f", value: "FILE", repeatable: true, doc: "" },
  { long: "--output", short: "-o", value: "FORMAT", choices: ["text", "json"], doc: "" },
  { long: "--yes", short: "-y", doc: "" },
];

test.each([
  ["-f net.yaml", ["net.yaml"]],
  ["-fnet.yaml", ["net.yaml"]],
  ["--file net.yaml", ["net.yaml"]],
  ["--file=net.yaml", ["net.yaml"]],
  ["--file=a=b", ["a=b"]],
  ["--file=", [""]],
  ["-f -", ["-"]],
  ["-f a --file b", ["a", "b"]],
  ["-f --yes", ["--yes"]],
])("%s names the files %p", (words, files) => {
  expect(readOptions(words.split(" "), options).values("--file")).toEqual(files);
});

test("what is given, and what is not", () => {
  const read = readOptions(["-y", "-ojson"], options);
  expect([read.has("--yes"), read.value("--output"), read.has("--file"), read.value("--file")]).toEqual([
    true,
    "json",
    false,
    undefined,
  ]);
});

test.each([
  ["net.yaml", 'there is nothing to be done with "net.yaml": files are given with -f'],
  ["-", 'there is nothing to be done with "-": files are given with -f'],
  ["-x", 'there is no option "-x"'],
  ["--flie net.yaml", 'there is no option "--flie", did you mean --file?'],
  ["-f", "-f (--file) needs a value: FILE"],
  ["-o yaml", '-o (--output) is "yaml", allowed text, json'],
  ["-o json -o text", "-o (--output) is given twice"],
  ["-y --yes", "-y (--yes) is given twice"],
  ["--yes=no", "-y (--yes) takes no value"],
])("%s is wrong usage", (words, message) => {
  expect(() => readOptions(words.split(" "), options)).toThrow(new UsageError(message));
});
