import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { executable } from "../../kernel/harness.ts";
import { ifacer } from "../executable.ts";

/** A folder that goes with the test; an executable is a hundred megabytes. */
function scratch(): { path: string } & Disposable {
  const path = mkdtempSync(`${tmpdir()}/ifacer-install-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

function isExecutableOfOurs(path: string): boolean {
  return Bun.spawnSync(["cmp", "-s", path, executable]).exitCode === 0 && (statSync(path).mode & 0o7777) === 0o755;
}

describe("ifacer install", () => {
  test("puts itself there, and does nothing the next time", async () => {
    using folder = scratch();
    const path = `${folder.path}/ifacer`;
    const first = await ifacer(["install", "--to", `${folder.path}/`]);
    expect(first).toEqual({ status: 0, stdout: `${path} is installed\n`, stderr: "" });
    expect([isExecutableOfOurs(path), readdirSync(folder.path)]).toEqual([true, ["ifacer"]]);
    const { ino } = statSync(path);

    const second = await ifacer(["install", "--to", folder.path, "-o", "json"]);
    expect([second.status, JSON.parse(second.stdout)]).toEqual([0, { version: 1, path, changed: false }]);
    expect(statSync(path).ino).toBe(ino);

    chmodSync(path, 0o644);
    expect((await ifacer(["install", "--to", folder.path])).stdout).toBe(`${path} is installed\n`);
    expect([isExecutableOfOurs(path), statSync(path).ino]).toEqual([true, ino]);
  });

  test("replaces another file in one step, also one that runs, and clears away what a killed install left", async () => {
    using folder = scratch();
    const path = `${folder.path}/ifacer`;
    copyFileSync("/bin/sleep", path);
    chmodSync(path, 0o755);
    const old = Bun.spawn([path, "60"]);
    const stale = `${folder.path}/.ifacer-part-stale`;
    const fresh = `${folder.path}/.ifacer-part-fresh`;
    for (const part of [stale, fresh]) writeFileSync(part, "");
    utimesSync(stale, 1, 1);
    expect((await ifacer(["install", "--to", folder.path])).status).toBe(0);
    expect(isExecutableOfOurs(path)).toBe(true);
    // Another install may be writing the fresh one just now.
    expect([existsSync(stale), existsSync(fresh)]).toEqual([false, true]);
    old.kill();
  });

  test("several at once do not disturb each other", async () => {
    using folder = scratch();
    const ended = await Promise.all([1, 2, 3].map(() => ifacer(["install", "--to", folder.path])));
    expect(ended.map(({ status, stderr }) => [status, stderr])).toEqual([1, 2, 3].map(() => [0, ""]));
    expect([isExecutableOfOurs(`${folder.path}/ifacer`), readdirSync(folder.path)]).toEqual([true, ["ifacer"]]);
  });

  test("replaces a symbolic link, not what it points at", async () => {
    using folder = scratch();
    writeFileSync(`${folder.path}/other`, "other");
    symlinkSync("other", `${folder.path}/ifacer`);
    expect((await ifacer(["install", "--to", folder.path])).status).toBe(0);
    expect([isExecutableOfOurs(`${folder.path}/ifacer`), await Bun.file(`${folder.path}/other`).text()]).toEqual([
      true,
      "other",
    ]);
  });

  test.each([
    [
      "a folder that is not there",
      "none",
      (path: string) => `there is no folder ${path}: make it, or name the one where the runtime looks`,
    ],
    ["a file", "file", (path: string) => `${path} is not a folder: name the one that ifacer is to be put into`],
    [
      "a folder with a folder of that name in it",
      "taken",
      (path: string) => `${path}/ifacer is a folder: remove it, or name another folder`,
    ],
  ])("refuses %s", async (_, name, message) => {
    using folder = scratch();
    writeFileSync(`${folder.path}/file`, "");
    mkdirSync(`${folder.path}/taken/ifacer`, { recursive: true });
    const path = `${folder.path}/${name}`;
    expect(await ifacer(["install", "--to", path])).toEqual({
      status: 1,
      stdout: "",
      stderr: `ifacer: ${message(path)}\n`,
    });
  });

  test("a folder of a file system that is read-only: the kernel's words, and what was there is still there", async () => {
    using folder = scratch();
    writeFileSync(`${folder.path}/ifacer`, "old");
    const script = `mount --bind -o ro ${folder.path} ${folder.path} && mount -o remount,bind,ro ${folder.path}; exec ${executable} install --to ${folder.path}`;
    const { exitCode, stderr } = Bun.spawnSync(["unshare", "--mount", "sh", "-c", script], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect([exitCode, stderr.toString()]).toEqual([
      1,
      expect.stringMatching(/^ifacer: can't install .*EROFS.*; what was there is still there\n$/),
    ]);
    expect([readdirSync(folder.path), await Bun.file(`${folder.path}/ifacer`).text()]).toEqual([["ifacer"], "old"]);
  });

  test("leaves what was there where the new one can't be written", async () => {
    const { status, stderr } = await ifacer(["install", "--to", "/proc"]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^ifacer: can't install \/proc\/ifacer: .*; what was there is still there\n$/),
    ]);
  });
});
