import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { changed, changing, executable, folder, forADD, idle, looking, run, runScript, withNIC } from "./start.ts";

const added = '{"cniVersion":"1.0.0"}\n';

// ADD reads it beside other work, DEL by itself.
describe.each(["ADD", "DEL"])("standard input of %s", (CNI_COMMAND) => {
  const env = { CNI_COMMAND };
  const right = { status: 0, stdout: CNI_COMMAND === "ADD" ? added : "", stderr: "" };

  test.each([
    ["closed", "exec $ifacer <&-", 6, "standard input is empty"],
    ["/dev/null", "exec $ifacer </dev/null", 6, "standard input is empty"],
    ["a folder", "exec $ifacer </", 5, "can't read standard input: EISDIR"],
    ["only writable", "exec $ifacer 0>/dev/null", 5, "can't read standard input: EBADF"],
    ["closed, as is all else but standard output", "exec $ifacer <&- 2>&-", 6, "standard input is empty"],
  ])("%s", async (_, script, code, message) => {
    const { status, stdout, stderr } = await runScript(script, { env });
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ code, msg: expect.stringContaining(message) });
  });

  test("that comes a byte at a time", async () => {
    const script = `{ for part in '{"cniVersion":' '"1.0.0","na' 'me":"net","interfaces"' ':["a"]}'; do printf %s "$part"; sleep 0.05; done; } | $ifacer`;
    expect(await runScript(script, { env })).toEqual(right);
  });

  test("a file, and a large one", async () => {
    using there = folder();
    writeFileSync(`${there.path}/config`, `${idle.slice(0, -1)},"more":"${"x".repeat(3_000_000)}"}`);
    expect(await runScript("exec $ifacer <$there/config", { env: { ...env, there: there.path } })).toEqual(right);
  });

  test("a large one by a pipe", async () => {
    const stdin = `${idle.slice(0, -1)},"more":"${"x".repeat(3_000_000)}"}`;
    expect(await runScript("cat | $ifacer", { env, stdin })).toEqual(right);
  });

  test("that is a non-blocking pipe with nothing in it yet", async () => {
    const child = Bun.spawn([executable], { env: { ...forADD, ...env }, stdin: "pipe", stdout: "pipe" });
    await Bun.sleep(100);
    child.stdin.write(idle);
    await child.stdin.end();
    expect([await child.stdout.text(), await child.exited]).toEqual([right.stdout, 0]);
  });
});

describe("standard input", () => {
  test.each(["ADD", "DEL", "STATUS", "FOO"])(
    "a folder, %s without its variables: those are what is told of",
    async (command) => {
      const { status, stdout, stderr } = await run(["/bin/sh", "-c", `CNI_COMMAND=${command} exec ${executable} </`]);
      expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
      expect(JSON.parse(stdout).code).toBe(command === "FOO" ? 5 : 4);
    },
  );

  test("is not read for VERSION, nor without a command", async () => {
    const child = Bun.spawn([executable], { env: { CNI_COMMAND: "VERSION" }, stdin: "pipe", stdout: "pipe" });
    expect(JSON.parse(await child.stdout.text())).toMatchObject({ cniVersion: "1.1.0" });
    const about = Bun.spawn([executable], { env: {}, stdin: "pipe", stderr: "pipe" });
    expect(await about.stderr.text()).toContain("CNI protocol versions supported: 0.1.0, 0.2.0");
    expect([await child.exited, await about.exited]).toEqual([0, 0]);
  });
});

describe("standard output", () => {
  test.each([
    ["nobody reads it", "{ $ifacer; echo $? >&2; } | true", "1\n"],
    ["nobody reads an error", "{ $ifacer </dev/null; echo $? >&2; } | true", "1\n"],
    ["a full disk", "$ifacer >/dev/full; echo $? >&2", "1\n"],
    ["closed", "$ifacer >&-; echo $? >&2", "1\n"],
    ["closed, at VERSION", "CNI_COMMAND=VERSION $ifacer >&-; echo $? >&2", "1\n"],
    ["closed, at a verb without an answer", "CNI_COMMAND=DEL $ifacer >&-; echo $? >&2", "0\n"],
    ["/dev/null", "$ifacer >/dev/null; echo $? >&2", "0\n"],
    ["/dev/null, open both ways", "$ifacer 1<>/dev/null; echo $? >&2", "0\n"],
  ])("%s: no crash, the exit status tells", async (_, script, stderr) => {
    expect(await runScript(script)).toEqual({ status: 0, stdout: "", stderr });
  });

  test("1 MB into a pipe that is read slowly comes out whole", async () => {
    const ips = Array.from({ length: 20_000 }, (_, i) => ({ address: `10.${i >> 8}.${i & 255}.1/24`, interface: i }));
    const prevResult = { cniVersion: "1.0.0", ips, x: "y".repeat(200_000) };
    const stdin = JSON.stringify({ cniVersion: "1.0.0", name: "net", interfaces: ["ens192"], prevResult });
    const slowly =
      "$ifacer | { while dd bs=65536 count=1 iflag=fullblock 2>/dev/null | grep -a .; do sleep 0.02; done; }";
    const { stdout } = await runScript(slowly, { stdin });
    const answer = stdout.replaceAll("\n", "");
    expect(answer.length).toBeGreaterThan(1_000_000);
    expect(JSON.parse(answer)).toEqual(prevResult);
  });

  test("1 MB of which only the beginning is read", async () => {
    const prevResult = { cniVersion: "1.0.0", x: "y".repeat(1_000_000) };
    const stdin = JSON.stringify({ cniVersion: "1.0.0", name: "net", interfaces: ["ens192"], prevResult });
    const { stdout, stderr } = await runScript("{ $ifacer; echo $? >&2; } | head -c 100", { stdin });
    expect([stdout.length, stderr]).toEqual([100, "1\n"]);
  });
});

describe("standard error", () => {
  test.each([
    ["closed", "exec $ifacer 2>&-"],
    ["a full disk", "exec $ifacer 2>/dev/full"],
    ["nobody reads it", "{ $ifacer 2>&1 1>&3 | true; } 3>&1"],
  ])("%s: the answer is the same", async (_, script) => {
    expect(await runScript(script)).toEqual({ status: 0, stdout: added, stderr: "" });
    const failed = await runScript(script, { stdin: looking });
    expect(JSON.parse(failed.stdout)).toMatchObject({ code: 100 });
  });

  test("a full disk does not make a change fail that was made", async () => {
    const { stdout } = await runScript(`exec unshare --net sh -c '${withNIC} exec $ifacer 2>/dev/full'`, {
      stdin: changing,
    });
    expect(stdout).toMatch(changed);
  });

  test("the about text, where nobody can read it", async () => {
    expect(await run(["/bin/sh", "-c", `${executable} 2>/dev/full`])).toMatchObject({ status: 0 });
  });
});

describe("the command line's standard error", () => {
  test.each([
    ["full", "2>/dev/full"],
    ["closed", "2>&-"],
    ["a pipe that nobody reads", "2>&1 >/dev/null | true"],
  ])("%s: wrong usage is told by the exit status all the same", async (_, redirection) => {
    const script = `{ ${executable} foo; echo $? >$there/status; } ${redirection}`;
    using there = folder();
    await runScript(script, { env: { CNI_COMMAND: "", there: there.path } });
    expect(readFileSync(`${there.path}/status`, "utf8")).toBe("2\n");
  });
});
