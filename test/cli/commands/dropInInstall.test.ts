import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { executable } from "../../kernel/harness.ts";
import { ifacer } from "../executable.ts";

const config = JSON.stringify({
  cniVersion: "1.0.0",
  name: "net",
  plugins: [{ type: "ifacer", interfaces: ["nosuch1", "nosuch2"], bond: { name: "bond77", mode: 1 } }],
});

function scratch(): { path: string } & Disposable {
  const path = mkdtempSync(`${tmpdir()}/ifacer-dropin-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

function install(option: string, root: string, ...more: string[]) {
  return ifacer(["doctor", option, "--install", "--root", root, "-f", "-", ...more], { stdin: config });
}

describe.each([
  ["--network-manager", "etc/NetworkManager/conf.d", "90-ifacer.conf"],
  ["--networkd", "etc/systemd/network", "05-ifacer.network"],
])("doctor %s --install", (option, folder, file) => {
  test("puts what it would print into an image, and nothing beside it", async () => {
    using root = scratch();
    const path = `${root.path}/${folder}/${file}`;
    const first = await install(option, `${root.path}/`);
    expect([first.status, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toStartWith(`${path} is installed\n`);
    const printed = await ifacer(["doctor", option, "-f", "-"], { stdin: config });
    expect(readFileSync(path, "utf8")).toBe(printed.stdout);
    expect([statSync(path).mode & 0o7777, readdirSync(`${root.path}/${folder}`)]).toEqual([0o644, [file]]);

    const second = await install(option, root.path, "-o", "json");
    expect(JSON.parse(second.stdout)).toMatchObject({
      path,
      changed: false,
      links: ["bond77", "nosuch1", "nosuch2"],
      leftOut: [],
    });
  });

  test.each([
    ["another file", (path: string) => writeFileSync(path, "[Match]\n"), "is there and not ifacer's"],
    ["a symbolic link", (path: string) => symlinkSync("/nowhere", path), "can't be read: ELOOP"],
    ["a folder", (path: string) => mkdirSync(path), "can't be read: EISDIR"],
  ])("leaves %s alone", async (_, make, message) => {
    using root = scratch();
    mkdirSync(`${root.path}/${folder}`, { recursive: true });
    make(`${root.path}/${folder}/${file}`);
    const { status, stdout, stderr } = await install(option, root.path);
    expect([status, stdout, stderr]).toEqual([1, "", expect.stringContaining(message)]);
    expect(readdirSync(`${root.path}/${folder}`)).toEqual([file]);
  });
});

describe("doctor --install --root", () => {
  test.each([
    ["an absolute link", "/nowhere"],
    ["a relative link", "../elsewhere"],
  ])("does not follow %s out of the folder", async (_, target) => {
    using root = scratch();
    mkdirSync(`${root.path}/etc`);
    symlinkSync(target, `${root.path}/etc/systemd`);
    const { status, stdout, stderr } = await install("--networkd", root.path);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`${root.path}/etc/systemd is a symbolic link, which may lead out of ${root.path}: `);
    expect(readdirSync(root.path)).toEqual(["etc"]);
  });

  test("says so where a file stands in the place of a folder", async () => {
    using root = scratch();
    writeFileSync(`${root.path}/etc`, "");
    const { status, stderr } = await install("--networkd", root.path);
    expect([status, stderr]).toEqual([1, expect.stringContaining("can't be written: ENOTDIR")]);
    expect(stderr).not.toContain("bug");
  });

  test("makes no root that is not there, and takes no empty one for this system", async () => {
    using root = scratch();
    const mistyped = await install("--networkd", `${root.path}/mistyped`);
    expect([mistyped.status, mistyped.stderr]).toEqual([1, expect.stringContaining("/mistyped is not a folder: ")]);
    expect(readdirSync(root.path)).toEqual([]);
    const empty = await install("--networkd", "");
    expect([empty.status, empty.stderr]).toEqual([2, expect.stringContaining('--root is ""')]);
  });

  test("makes folders and files that all can read, whatever the umask is, and mends the mode", async () => {
    using root = scratch();
    const folder = `${root.path}/etc/systemd/network`;
    const words = `umask 077; exec "$0" doctor --networkd --install --root "$1" -f -`;
    const put = () =>
      Bun.spawnSync(["sh", "-c", words, executable, root.path], { stdin: Buffer.from(config) }).stdout.toString();
    expect(put()).toContain("is installed");
    const modes = () =>
      [`${root.path}/etc`, folder, `${folder}/05-ifacer.network`].map((path) => statSync(path).mode & 0o777);
    expect(modes()).toEqual([0o755, 0o755, 0o644]);
    chmodSync(`${folder}/05-ifacer.network`, 0o600);
    expect(put()).toContain("is installed");
    expect(modes()).toEqual([0o755, 0o755, 0o644]);
    expect(put()).toContain("is the same already");
  });
});

test.each([
  [["doctor", "--install"], "--install puts a drop-in into place: say --network-manager or --networkd with it"],
  [["doctor", "--networkd", "--root", "/x"], "--root is where --install puts a drop-in: give both or neither"],
])("%p is wrong usage", async (words, message) => {
  const { status, stderr } = await ifacer(words);
  expect([status, stderr]).toEqual([2, `ifacer: ${message}; see 'ifacer doctor --help'\n`]);
});

test("doctor -f warns of a cniVersion that the containerd of the node does not know", async () => {
  using folder = scratch();
  writeFileSync(
    `${folder.path}/containerd`,
    "#!/bin/sh\necho containerd github.com/containerd/containerd $VERSION deadbeef\n",
    { mode: 0o755 },
  );
  const look = async (VERSION: string, cniVersion: string) => {
    const env = { VERSION, PATH: `${folder.path}:${process.env["PATH"]}` };
    const { stdout } = await ifacer(["doctor", "-f", "-", "-o", "json"], {
      stdin: config.replace("1.0.0", cniVersion),
      env,
    });
    return JSON.parse(stdout).findings.find(({ what }: { what: string }) => what === "container runtime");
  };
  expect(await look("1.6.20~ds1", "1.1.0")).toMatchObject({
    state: "doubtful",
    message: "containerd 1.6 does not know cniVersion 1.1.0 and fails every ADD of standard input: plugins[0]",
  });
  expect([await look("1.6.20~ds1", "1.0.0"), await look("v2.1.0", "1.1.0")]).toEqual([undefined, undefined]);
});

test("names that networkd can't be told of are left out and named; where there is no other, nothing is written", async () => {
  using root = scratch();
  const named = (...interfaces: string[]) =>
    config
      .replace('["nosuch1","nosuch2"]', JSON.stringify(interfaces))
      .replace("bond77", interfaces.length > 2 ? "bond77" : "é");
  const call = (stdin: string) =>
    ifacer(["doctor", "--networkd", "--install", "--root", root.path, "-f", "-"], { stdin });
  const path = `${root.path}/etc/systemd/network/05-ifacer.network`;
  const none = await call(named("!b", "12"));
  expect([none.status, none.stdout, existsSync(path)]).toEqual([1, "", false]);
  const some = await call(named("!b", "d1", "d2"));
  expect([some.status, some.stderr]).toEqual([
    0,
    'ifacer: systemd-networkd can\'t be told of a link called "!b": it is left out\n',
  ]);
  expect(readFileSync(path, "utf8")).toContain(
    '# left out, systemd-networkd can\'t be told of a link with this name: "!b"\n[Match]\nName=bond77\n',
  );
});
