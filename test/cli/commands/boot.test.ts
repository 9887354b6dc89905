import { describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { writeBootUnit } from "../../../src/cli/commands/bootUnit.ts";
import { ifacer } from "../executable.ts";

const config = JSON.stringify({
  cniVersion: "1.0.0",
  name: "net",
  plugins: [{ type: "ifacer", interfaces: ["nosuch-1", "nosuch2"], bond: { name: "bond77", mode: 1 }, vlanID: 5 }],
});

/** A folder that stands for `/`, with an executable where runtimes look, and files to give with -f. */
function image(): { root: string; files: string } & Disposable {
  const path = mkdtempSync(`${tmpdir()}/ifacer-boot-`);
  const [root, files] = [`${path}/root`, `${path}/files`];
  mkdirSync(`${root}/opt/cni/bin`, { recursive: true });
  writeFileSync(`${root}/opt/cni/bin/ifacer`, "");
  mkdirSync(files);
  writeFileSync(`${files}/net.json`, config);
  return { root, files, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const unit = "etc/systemd/system/ifacer.service";
const link = "etc/systemd/system/multi-user.target.wants/ifacer.service";

test("of a folder the configs are read, by name, and nothing else", async () => {
  using at = image();
  for (const name of ["b.yaml", "notes.txt", ".a.json.swp", "a.json~", "c.conflist"])
    writeFileSync(`${at.files}/${name}`, config);
  mkdirSync(`${at.files}/old.json`);
  const { stdout } = await ifacer(["validate", "-f", at.files, "-o", "json"]);
  const paths = JSON.parse(stdout).entries.map(({ path }: { path: string }) => path.split("/").at(-1));
  expect(paths).toEqual(["b.yaml: plugins[0]", "c.conflist: plugins[0]", "net.json: plugins[0]"]);
});

describe("ifacer install --boot", () => {
  test("puts the configs and an enabled unit into an image, and does nothing the next time", async () => {
    using at = image();
    const { root } = at;
    writeFileSync(`${at.files}/more.yaml`, config.replace("bond77", "bond78"));
    const words = ["install", "--boot", "-f", at.files, "--root", root];
    const first = await ifacer(words);
    expect(first).toEqual({
      status: 0,
      stderr: "",
      stdout: [
        `${root}/etc/ifacer/networks/more.yaml is installed`,
        `${root}/etc/ifacer/networks/net.json is installed`,
        `${root}/${unit} is installed`,
        "it counts from the first boot of that system on",
        "",
      ].join("\n"),
    });
    expect(readFileSync(`${root}/etc/ifacer/networks/net.json`, "utf8")).toBe(config);
    expect(readlinkSync(`${root}/${link}`)).toBe("../ifacer.service");
    expect(lstatSync(`${root}/${unit}`).mode & 0o777).toBe(0o644);
    expect(readFileSync(`${root}/${unit}`, "utf8")).toMatchSnapshot();

    const again = await ifacer([...words, "-o", "json"]);
    expect([again.status, JSON.parse(again.stdout)]).toMatchObject([0, { version: 1, changed: false }]);

    // What it was before is replaced.
    writeFileSync(`${at.files}/net.json`, `${config}\n`);
    expect((await ifacer(words)).stdout).toContain("networks/net.json is installed");

    const removed = await ifacer(["install", "--remove-boot", "--root", root]);
    expect(removed.stdout).toBe(
      `${root}/${unit} is removed\nthe configs in ${root}/etc/ifacer/networks stay, and what is there of their links\n`,
    );
    expect([existsSync(`${root}/${unit}`), readdirSync(`${root}/etc/systemd/system/multi-user.target.wants`)]).toEqual([
      false,
      [],
    ]);
    expect(readdirSync(`${root}/etc/ifacer/networks`).sort()).toEqual(["more.yaml", "net.json"]);
    expect((await ifacer(["install", "--remove-boot", "--root", root])).stdout).toStartWith(`there is no ${root}`);
  });

  test("NICs that are chosen by rule have no names to wait for", async () => {
    using at = image();
    writeFileSync(
      `${at.files}/net.json`,
      config.replace('"interfaces":["nosuch-1","nosuch2"]', '"select":{"drivers":["virtio_net"],"count":2}'),
    );
    expect((await ifacer(["install", "--boot", "-f", at.files, "--root", at.root])).status).toBe(0);
    expect(readFileSync(`${at.root}/${unit}`, "utf8")).not.toContain(".device");
  });

  test("with --to it installs itself as well, and the unit runs that", async () => {
    using at = image();
    mkdirSync(`${at.root}/usr/libexec`, { recursive: true });
    const words = ["install", "--to", "/usr/libexec", "--boot", "-f", `${at.files}/net.json`, "--root", at.root];
    expect((await ifacer(words)).status).toBe(0);
    expect(existsSync(`${at.root}/usr/libexec/ifacer`)).toBe(true);
    expect(readFileSync(`${at.root}/${unit}`, "utf8")).toContain(
      "\nExecStart=/usr/libexec/ifacer apply --each --yes -f /etc/ifacer/networks\n",
    );
  });

  const others: readonly [string, (at: { root: string; files: string }) => void, string][] = [
    [
      "a config that is not valid",
      ({ files }) => writeFileSync(`${files}/bad.json`, '{"type":"ifacer"}'),
      "not valid, see",
    ],
    ["a file that is none", ({ files }) => writeFileSync(`${files}/bad.json`, "{"), "not valid JSON"],
    ["no executable to run", ({ root }) => rmSync(`${root}/opt/cni/bin/ifacer`), "say with --to where ifacer is to be"],
    ["somebody else's unit", ({ root }) => put(root, unit, "[Unit]\n"), "is there and not ifacer's"],
    ["a link that leads out of the image", ({ root }) => symlinkSync("/etc", `${root}/etc`), "is a symbolic link"],
    [
      "links in Pods only",
      ({ files }) => writeFileSync(`${files}/net.json`, config.replace('"vlanID"', '"linkInContainer":true,"vlanID"')),
      "make no links on the node",
    ],
  ];

  test.each(others)("refuses %s, and enables nothing", async (_, prepare, words) => {
    using at = image();
    prepare(at);
    const { status, stderr } = await ifacer(["install", "--boot", "-f", at.files, "--root", at.root]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(existsSync(`${at.root}/${link}`)).toBe(false);
  });

  test("--remove-boot leaves somebody else's unit alone", async () => {
    using at = image();
    put(at.root, unit, "[Unit]\n");
    const { status, stderr } = await ifacer(["install", "--remove-boot", "--root", at.root]);
    expect([status, stderr]).toEqual([1, `ifacer: ${at.root}/${unit} is not ifacer's, and stays: look at it\n`]);
  });

  test.each([
    [["--boot"], "--boot needs files that have names: say with -f which configs are to be applied"],
    [["--boot", "-f", "-"], "--boot needs files that have names: say with -f which configs are to be applied"],
    [["--to", "/x", "-f", "net.yaml"], "-f names what is applied at boot: give --boot with it"],
    [["--remove-boot", "--boot"], "--remove-boot takes the unit away: give no --boot or --to with it"],
    [["--boot", "--root", "", "-f", "x"], '--root is "", allowed is the root folder of another system'],
  ])("%p is wrong usage", async (words, message) => {
    const { status, stderr } = await ifacer(["install", ...words]);
    expect([status, stderr]).toEqual([2, `ifacer: ${message}; see 'ifacer install --help'\n`]);
  });
});

function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(`${root}/${path}`), { recursive: true });
  writeFileSync(`${root}/${path}`, text);
}

test("a unit waits for the NICs by systemd's names for them, and leaves out what can't be one", () => {
  const nics = ["ens192", "eth-1", ".x", "wlan0.5", "enp175s0f0np0-port-a"];
  const { text, leftOut } = writeBootUnit({ mark: "# ifacer:", executable: "/opt/cni/bin/ifacer", nics });
  expect(text.split("\n").filter((line) => line.includes(".device"))).toEqual(
    ["ens192", "eth\\x2d1", "\\x2ex", "wlan0.5"].flatMap((name) =>
      ["Wants", "After"].map((word) => `${word}=sys-subsystem-net-devices-${name}.device`),
    ),
  );
  expect(leftOut).toEqual(["enp175s0f0np0-port-a"]);
});
