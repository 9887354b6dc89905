import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { changed, changing, executable, folder, forADD, idle, looking, run, runScript, withNIC } from "./start.ts";

const added = { status: 0, stdout: '{"cniVersion":"1.0.0"}\n', stderr: "" };

test("nothing but the CNI variables, no PATH and no HOME: ip is found nevertheless", async () => {
  expect(await run([executable], { env: forADD, stdin: idle })).toEqual(added);
  const { status, stdout, stderr } = await run([executable], { env: forADD, stdin: looking });
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ code: 100, msg: "the interface nosuchnic is not on this node" });
});

test("nothing at all: the about text", async () => {
  const { status, stdout, stderr } = await run([executable]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  expect(stderr).toMatch(/^ifacer \d+\.\d+\.\d+.*\nCNI protocol versions supported: 0\.1\.0, .*1\.1\.0\n$/);
});

test("very much of it", async () => {
  const much = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`VARIABLE_${i}`, "x".repeat(2000)]));
  const { stdout } = await run([executable], { env: { ...much, ...forADD }, stdin: looking });
  expect(JSON.parse(stdout)).toMatchObject({ code: 100 });
});

describe("an ip on PATH", () => {
  test.each([
    ["that is a folder is passed over", 'mkdir "$there/ip"', 100, "nosuchnic"],
    ["that may not be run is passed over", 'touch "$there/ip"', 100, "nosuchnic"],
    ["that is no program", 'echo nonsense >"$there/ip"; chmod +x "$there/ip"', 103, "can't be started"],
    [
      "that answers nonsense",
      'printf "#!/bin/sh\\necho hello" >"$there/ip"; chmod +x "$there/ip"',
      103,
      "can't look at the links",
    ],
    [
      "that answers other JSON",
      'printf "#!/bin/sh\\necho [null]" >"$there/ip"; chmod +x "$there/ip"',
      103,
      "can't look at the links",
    ],
    [
      "that ends before it has answered all",
      `printf '#!/bin/sh\\nread line; echo "$line" | PATH=/usr/sbin:/sbin ip "$@"' >"$there/ip"; chmod +x "$there/ip"`,
      103,
      "can't look at the links",
    ],
    [
      "that is killed",
      'printf "#!/bin/sh\\nkill -9 \\$\\$" >"$there/ip"; chmod +x "$there/ip"',
      103,
      "its exit status is 137",
    ],
  ])("%s", async (_, make, code, message) => {
    using there = folder();
    const script = `${make}; PATH=$there:$PATH exec $ifacer`;
    const { status, stdout, stderr } = await runScript(script, { env: { there: there.path }, stdin: looking });
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ code, msg: expect.stringContaining(message) });
  });

  test("that is found by a relative PATH is passed over", async () => {
    using there = folder();
    const script = 'printf "#!/bin/sh\\necho hello" >ip; chmod +x ip; PATH=.:$PATH: exec $ifacer';
    const { stdout } = await runScript(script, { cwd: there.path, stdin: looking });
    expect(JSON.parse(stdout)).toMatchObject({ code: 100 });
  });
});

// PID 1 of a container often waits for nobody but its own children: of each call a zombie would stay there.
test.each([
  ["it was asked", looking],
  ["it was not asked", "{"],
])("an ip that was started does not outlive the call, whether %s", async (_, stdin) => {
  using there = folder();
  const script = `#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nip "$@"\nsleep 0.3\n: >${there.path}/ended\n`;
  writeFileSync(`${there.path}/ip`, script, { mode: 0o755 });
  const { status } = await runScript("PATH=$there:$PATH exec $ifacer", { env: { there: there.path }, stdin });
  expect({ status, ended: existsSync(`${there.path}/ended`) }).toEqual({ status: 1, ended: true });
});

describe("CNI_NETNS", () => {
  test.each([
    ["is not there", "/run/netns/none"],
    ["goes through a file", "/etc/passwd/x"],
    ["is too long for a path", `/${"a".repeat(5000)}`],
    ["is no namespace", "/etc/passwd"],
    ["is relative", "proc/self/ns/net/x"],
    ["is a loop", "/proc/self/root/dev/fd/../fd/nonsense"],
    ["is another namespace of this process", "/proc/self/ns/mnt"],
  ])("%s: no matter, ifacer works on the node", async (_, netns) => {
    expect(await run([executable], { env: { ...forADD, CNI_NETNS: netns }, stdin: idle })).toEqual(added);
  });

  test.each([
    ["/proc/self/ns/net"],
    ["/proc/thread-self/ns/net"],
    ["/proc/self/ns/net/"],
    ["//proc/./self//ns/net//"],
    ["/proc/self/ns/net/././/"],
  ])("%s is the plugin's own", async (netns) => {
    const env = { ...forADD, CNI_NETNS: netns };
    const { stdout } = await run([executable], { env, stdin: idle });
    expect(JSON.parse(stdout)).toMatchObject({ code: 8 });
    expect(await run([executable], { env: { ...env, CNI_NETNS_OVERRIDE: "1" }, stdin: idle })).toEqual(added);
  });
});

describe("variables that tell Bun's runtime what to do", () => {
  const trap = 'console.log("loaded"); process.exit(9)';
  test.each([
    ["BUN_BE_BUN", "1"],
    ["BUN_OPTIONS", "--help"],
    ["BUN_OPTIONS", "--preload TRAP"],
    ["BUN_OPTIONS", "--cwd=/nonexistent"],
    ["BUN_OPTIONS", "--console-depth=x"],
    ["BUN_OPTIONS", "--cpu-prof"],
    ["BUN_INSPECT", "ws://localhost:0/?break=1"],
    ["BUN_INSPECT_CONNECT_TO", "localhost:9"],
    ["BUN_INSPECT_PRELOAD", "TRAP"],
    ["BUN_BYTECODE_DIGEST_OUT", "digest"],
    ["BUN_BYTECODE_ORDER_OUT", "order"],
    ["BUN_BYTECODE_ORDER_NAMES_OUT", "names"],
    ["NODE_OPTIONS", "--require TRAP"],
    ["NODE_CHANNEL_FD", "0"],
    ["NODE_CHANNEL_FD", "9"],
    ["NODE_UNIQUE_ID", "1"],
    ["NODE_V8_COVERAGE", "/nonexistent"],
    ["NODE_PATH", "/nonexistent"],
    ["BUN_INSTALL", "/nonexistent"],
    ["BUN_TMPDIR", "/nonexistent"],
    ["TMPDIR", "/nonexistent"],
    ["BUN_CONFIG_VERBOSE_FETCH", "1"],
    ["BUN_GARBAGE_COLLECTOR_LEVEL", "2"],
    ["FORCE_COLOR", "1"],
    ["LANG", "nonsense"],
    ["TZ", "nonsense"],
  ])("%s=%s changes nothing", async (name, value) => {
    using there = folder();
    writeFileSync(`${there.path}/trap.js`, trap);
    const env = { ...forADD, [name]: value.replace("TRAP", `${there.path}/trap.js`) };
    expect(await run(["/usr/bin/timeout", "10", executable], { env, stdin: idle, cwd: there.path })).toEqual(added);
    expect(await Array.fromAsync(new Bun.Glob("*").scan(there.path))).toEqual(["trap.js"]);
  });

  test("BUN_JSC_useJIT=0: without a compiler, as where memory must not be both writable and executable, locking works", async () => {
    const script = `exec unshare --net sh -c '${withNIC} exec $ifacer'`;
    const { stdout } = await runScript(script, { stdin: changing, env: { BUN_JSC_useJIT: "0" } });
    expect(stdout).toMatch(changed);
  });
});

test("files that Bun reads from the working directory and from HOME are not read", async () => {
  using there = folder();
  const traps = {
    ".env": "CNI_COMMAND=VERSION\nCNI_CONTAINERID=-\n",
    ".env.local": "CNI_COMMAND=VERSION\n",
    ".env.production": "CNI_COMMAND=VERSION\n",
    "bunfig.toml": 'preload = ["./trap.js"]\n',
    ".bunfig.toml": 'preload = ["./trap.js"]\n',
    "trap.js": 'console.log("loaded")',
    "package.json": "{ broken",
    "tsconfig.json": "{ broken",
    ".npmrc": "registry=http://localhost:9/",
  };
  for (const [name, text] of Object.entries(traps)) writeFileSync(`${there.path}/${name}`, text);
  const env = { ...forADD, HOME: there.path, XDG_CONFIG_HOME: there.path };
  expect(await run([executable], { env, stdin: idle, cwd: there.path })).toEqual(added);
  expect(await run([executable], { cwd: there.path, env: { HOME: there.path } })).toMatchObject({
    status: 0,
    stdout: "",
  });
});
