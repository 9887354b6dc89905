import { expect, test } from "bun:test";
import { readDocuments } from "../../src/convert/documents.ts";

test.each<[string, string, unknown[]]>([
  ["JSON", '{"a":1}', [{ a: 1 }]],
  ["JSON with tabs", '{\n\t"a": 1\n}\n', [{ a: 1 }]],
  ["one document", "a: 1\n", [{ a: 1 }]],
  ["two documents", "a: 1\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
  ["empty documents", "---\n# nothing\n---\na: 1\n---\n", [{ a: 1 }]],
  ["nothing", "", []],
  ["text after the marker", "--- {a: 1}\n--- {b: 2}", [{ a: 1 }, { b: 2 }]],
  ["a directive", "%YAML 1.2\n---\na: 1\n...\n", [{ a: 1 }]],
  ["Windows' line ends", "a: 1\r\n---\r\nb: 2\r\n", [{ a: 1 }, { b: 2 }]],
  ["a marker inside a text", "a: |\n  ---\n  x\n", [{ a: "---\nx\n" }]],
  ["a list of kubectl's", "kind: List\nitems:\n- a: 1\n- a: 2\n", [{ a: 1 }, { a: 2 }]],
  ["versions are texts, booleans have one spelling", "v: 0.4.0\nb: yes\n", [{ v: "0.4.0", b: "yes" }]],
])("%s", (_, text, documents) => {
  expect(readDocuments(text)).toEqual({ documents, problems: [], notes: [] });
});

test("a document that is no YAML leaves the others readable", () => {
  expect(readDocuments("a: 1\n---\na: [1\n---\nb: 2\n")).toEqual({
    documents: [{ a: 1 }, { b: 2 }],
    problems: [{ path: "document 2", message: expect.stringMatching(/^is not valid YAML: \S/) }],
    notes: [],
  });
});

test.each([
  ["vlanID: 010", 1],
  ["vlanID: 0o10 # octal", 1],
  ["vlanID: 10", 0],
  ["vlanID: 0", 0],
  ['vlanID: "010"', 0],
  ["pkey: 0x10", 0],
])("%s: numbers that kubectl reads otherwise", (line, count) => {
  expect(readDocuments(`spec:\n  ${line}\n`).notes.map(({ path }) => path)).toEqual(Array(count).fill("line 2"));
});

const laughs = [
  "a0: &a0 [ha, ha]",
  ...Array.from({ length: 13 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`),
];

test.each([
  ["a list that contains itself", "a: &a [*a, *a]\n", "can't be read: a value contains itself by an alias"],
  ["an object that contains itself", "a: &a\n  b: *a\n", "can't be read: a value contains itself by an alias"],
  ["aliases of aliases", `${laughs.join("\n")}\n`, "can't be read: its aliases stand for more than 1000000 values"],
  ["a nest", `a: ${"[".repeat(200)}${"]".repeat(200)}\n`, "can't be read: is nested deeper than 100 levels"],
])("%s is refused, the other documents are read", (_, text, message) => {
  expect(readDocuments(`${text}---\nb: 2\n`)).toEqual({
    documents: [{ b: 2 }],
    problems: [{ path: "document 1", message }],
    notes: [],
  });
});

test("an alias used a few times is read as what it stands for", () => {
  expect(readDocuments("a: &a [1, 2]\nb: [*a, *a]\n").documents).toEqual([
    {
      a: [1, 2],
      b: [
        [1, 2],
        [1, 2],
      ],
    },
  ]);
});
