import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { makeNoteFolders } from "../../src/apply/locked.ts";

test("a folder of notes that a DEL removes before the note is in it is made again", async () => {
  const root = mkdtempSync(`${tmpdir()}/ifacer-notes-`);
  try {
    const [vlan, bond] = [`${root}/bond0.100`, `${root}/bond0`];
    let rounds = 0;
    await makeNoteFolders([bond, vlan], async () => {
      rounds++;
      if (rounds <= 3) rmdirSync(vlan);
      writeFileSync(`${bond}/note`, "");
      writeFileSync(`${vlan}/note`, "");
    });
    expect([rounds, readdirSync(bond), readdirSync(vlan)]).toEqual([4, ["note"], ["note"]]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.each([
  ["other than a missing folder", "ENOSPC", 1],
  ["that stays", "ENOENT", 100],
])("a fault %s is thrown", async (_, code, rounds) => {
  let tried = 0;
  const work = () => {
    tried++;
    return Promise.reject(Object.assign(new Error("no"), { code }));
  };
  await expect(makeNoteFolders([], work)).rejects.toMatchObject({ code });
  expect(tried).toBe(rounds);
});
