import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { findPlugin } from "../../src/plugins/find.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync("/tmp/ifacer-find-");
  for (const folder of ["a", "b", "c"]) mkdirSync(`${root}/${folder}`);
  for (const file of ["a/plain", "b/plain", "b/x", "c/x"]) writeFileSync(`${root}/${file}`, "#!/bin/sh\n");
  for (const file of ["b/plain", "b/x", "c/x"]) chmodSync(`${root}/${file}`, 0o755);
  mkdirSync(`${root}/a/x`);
  symlinkSync("nowhere", `${root}/a/dangling`);
  symlinkSync("../b/x", `${root}/c/linked`);
});
afterAll(() => rmSync(root, { recursive: true }));

const find = (type: string, folders: string) =>
  findPlugin(type, { path: folders.replaceAll("ROOT", root), what: "the IPAM plugin" }).replace(root, "ROOT");

test.each([
  ["x", "ROOT/b:ROOT/c", "ROOT/b/x"],
  ["x", "ROOT/c:ROOT/b", "ROOT/c/x"],
  ["x", "ROOT/b/", "ROOT/b/x"],
  ["x", "/nosuch::relative:ROOT/b", "ROOT/b/x"],
  // What is a folder there is no program.
  ["x", "ROOT/a:ROOT/c", "ROOT/c/x"],
  ["linked", "ROOT/c", "ROOT/c/linked"],
])("%s in %s is %s", (type, folders, found) => {
  expect(find(type, folders)).toBe(found);
});

test.each([
  ["nosuch", "ROOT/a:ROOT/b", "is in no folder of CNI_PATH (ROOT/a, ROOT/b): put it there", 102],
  ["x", "", "is in no folder of CNI_PATH (which names none): put it there", 102],
  ["x", "b:./c", "is in no folder of CNI_PATH (which names none)", 102],
  ["dangling", "ROOT/a", "is in no folder of CNI_PATH", 102],
  ["../b/x", "ROOT/a", '"../b/x" is not the name of a plugin', 7],
  ["/bin/sh", "ROOT/a", '"/bin/sh" is not the name of a plugin', 7],
  ["..", "ROOT/a", '".." is not the name of a plugin', 7],
  [".", "ROOT/a", '"." is not the name of a plugin', 7],
  ["x\0", "ROOT/a", '"x\\u0000" is not the name of a plugin', 7],
])("%j in %s is refused", (type, folders, words, code) => {
  let error: unknown;
  try {
    find(type, folders);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code, message: expect.stringContaining(words.replaceAll("ROOT", root)) });
});

test("a file that may not be run is passed over", () => {
  expect(find("plain", "ROOT/a:ROOT/b")).toBe("ROOT/b/plain");
});
