import { describe, expect, test } from "bun:test";
import { changed, changing, executable, folder, forADD, looking, runScript, withNIC } from "./start.ts";

const added = { status: 0, stdout: '{"cniVersion":"1.0.0"}\n', stderr: "" };
const about = /^ifacer .*\nCNI protocol versions supported: .*\n$/;

describe("a working directory", () => {
  test.each([
    ["that was deleted", 'mkdir gone; cd gone; rmdir ../gone; exec "$@"'],
    ["that nobody may enter", 'mkdir -m 0 locked; cd locked; exec "$@"'],
    ["that may not be written", 'mkdir locked; cd locked; chmod 500 .; exec "$@"'],
    [
      "on another file system that was detached",
      'exec unshare --mount sh -c \'mkdir there; mount -t tmpfs there there; cd there; umount -l .; exec "$@"\' sh "$@"',
    ],
    [
      "with a name of 4000 bytes",
      'for n in $(seq 16); do d=$(printf "%0250d" $n); mkdir "$d"; cd "$d"; done; exec "$@"',
    ],
    ["whose name is no UTF-8", 'd=$(printf "\\377\\376"); mkdir "$d"; cd "$d"; exec "$@"'],
  ])("%s does not matter", async (_, enter) => {
    using there = folder();
    const cwd = there.path;
    expect(await runScript(`set -- $ifacer; ${enter}`, { cwd })).toEqual(added);
    await runScript("rm -rf ./*", { cwd });
    const failed = await runScript(`set -- $ifacer; ${enter}`, { cwd, stdin: looking });
    expect(JSON.parse(failed.stdout)).toMatchObject({ code: 100 });
    await runScript("rm -rf ./*", { cwd });
    const said = await runScript(`unset CNI_COMMAND; set -- $ifacer; ${enter}`, { cwd });
    expect(said).toMatchObject({ status: 0, stdout: "", stderr: expect.stringMatching(about) });
  });
});

describe("a chroot", () => {
  /** Multus' daemon calls chroot(2) and not chdir(2): the working directory is outside of the new root. */
  const intoChroot = (root: string) =>
    `import os,sys; os.chroot(${JSON.stringify(root)}); os.execv(sys.argv[1], sys.argv[1:])`;

  const inChroot = (root: string, setup: string, call: string) => `
    exec unshare --mount sh -c '
      set -e
      mkdir root; mount --rbind / root; ${setup}
      exec python3 -c "$0" ${call}' '${intoChroot(root)}'`;

  test("whose working directory can't be reached", async () => {
    using there = folder();
    const root = `${there.path}/root`;
    const cwd = there.path;
    expect(await runScript(inChroot(root, "", executable), { cwd })).toEqual(added);
    await runScript("rmdir root", { cwd });
    const failed = await runScript(inChroot(root, "", executable), { cwd, stdin: looking });
    expect({ ...failed, stdout: JSON.parse(failed.stdout) }).toMatchObject({
      status: 1,
      stdout: { code: 100 },
      stderr: "",
    });
    await runScript("rmdir root", { cwd });
    const version = await runScript(inChroot(root, "", executable), { cwd, env: { CNI_COMMAND: "VERSION" } });
    expect(JSON.parse(version.stdout)).toMatchObject({ cniVersion: "1.1.0" });
  });
});

describe("a root that can't be written", () => {
  const readOnly = (more: string) => `
    exec unshare --mount --net sh -c '
      set -e
      ${withNIC}
      mount --make-rprivate /
      mount -t tmpfs run /run
      ${more}
      mount -o remount,ro,bind / /
      exec $ifacer'`;

  test("where nothing is to be changed", async () => {
    expect(await runScript(readOnly("mount -o remount,ro /run"))).toEqual(added);
  });

  test("where something is to be changed and /run can be written, as on any node", async () => {
    const { stdout } = await runScript(readOnly(""), { stdin: changing });
    expect(stdout).toMatch(changed);
  });

  test("where not even /run can be written: code 5 in words", async () => {
    const { status, stdout, stderr } = await runScript(readOnly("mount -o remount,ro /run"), { stdin: changing });
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      code: 5,
      msg: expect.stringMatching(/^the lock file \/run\/ifacer\/netns-\d+\.lock can't be opened: EROFS/),
    });
  });
});

test("a user without rights looks, and is told why no change is made", async () => {
  const nobody = `exec unshare --net sh -c '${withNIC} exec setpriv --reuid 65534 --regid 65534 --clear-groups $ifacer'`;
  expect(await runScript(nobody)).toEqual(added);
  const { stdout } = await runScript(nobody, { stdin: changing });
  expect(JSON.parse(stdout)).toMatchObject({ code: 101, msg: expect.stringContaining("as root with CAP_NET_ADMIN") });
});

test("a limit on open files, processes or stack that is small", async () => {
  for (const limit of ["-n 32", "-s 512", "-c 0", "-f 0"]) {
    const { stdout } = await runScript(`ulimit ${limit}; exec $ifacer`, { stdin: looking, env: forADD });
    expect(JSON.parse(stdout)).toMatchObject({ code: 100 });
  }
});
