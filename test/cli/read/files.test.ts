import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { listFiles } from "../../../src/cli/read/files.ts";

test("of a folder, files by the names that configs have, and links; neither folders nor what reading would wait for", () => {
  const folder = mkdtempSync("/tmp/ifacer-files-");
  for (const name of ["b.yaml", "a.conflist", ".hidden.json", "a.json~"]) writeFileSync(`${folder}/${name}`, "");
  mkdirSync(`${folder}/folder.json`);
  Bun.spawnSync(["mkfifo", `${folder}/pipe.json`]);
  symlinkSync("b.yaml", `${folder}/c.yaml`);
  // Reading these tells what is wrong with them.
  symlinkSync("nothing", `${folder}/dangling.json`);
  symlinkSync("loop.json", `${folder}/loop.json`);

  const names = ["a.conflist", "b.yaml", "c.yaml", "dangling.json", "loop.json"];
  expect(listFiles([folder])).toEqual(names.map((name) => `${folder}/${name}`));
  // Named by itself it is read: a shell's <(command) is one.
  expect(listFiles([`${folder}/pipe.json`, "-"])).toEqual([`${folder}/pipe.json`, "-"]);
  rmSync(folder, { recursive: true });
});
