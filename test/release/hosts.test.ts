/** What docs/hosts.md says of the hosts that can run the released executables, each as a fact. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { forADD, idle, looking, run } from "../surroundings/start.ts";

// QEMU makes a program a hundred times slower, and a busy machine makes it slower still.
setDefaultTimeout(60_000);

const folder = join(import.meta.dir, "../../dist/release");
const amd64 = join(folder, "ifacer-linux-amd64");
const arm64 = join(folder, "ifacer-linux-arm64");

/** Where Debian puts the C library of the other architecture. */
const arm64Root = "/usr/aarch64-linux-gnu";

test("the sums are those of the files", async () => {
  const { status, stdout } = await run(["sha256sum", "--check", "SHA256SUMS"], { cwd: folder });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "ifacer-linux-amd64: OK\nifacer-linux-arm64: OK\n" });
});

test("on its own platform the released executable is the one that the tests ran", async () => {
  const built = await Bun.file(join(folder, "../ifacer")).bytes();
  expect(Buffer.compare(built, await Bun.file(process.arch === "x64" ? amd64 : arm64).bytes())).toBe(0);
});

describe.each([
  ["amd64", amd64, ["ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0"]],
  ["arm64", arm64, ["ld-linux-aarch64.so.1", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0"]],
])("%s", (_, executable, libraries) => {
  test("needs no library but those of the GNU C library", async () => {
    const { stdout } = await run(["readelf", "--dynamic", "--wide", executable]);
    expect(matches(stdout, /\(NEEDED\).*\[(.*)\]/g).toSorted()).toEqual(libraries);
  });

  test("needs no GNU C library younger than 2.17", async () => {
    const { stdout } = await run(["readelf", "--dyn-syms", "--wide", executable]);
    const wanted = matches(stdout, / UND \S+@(\S+)/g);
    expect(wanted).toContain("GLIBC_2.17");
    expect(wanted.filter((version) => !/^GLIBC_2\.(\d|1[0-7])(\.\d+)?$/.test(version))).toEqual([]);
  });
});

const version = { env: { CNI_COMMAND: "VERSION" } };
const versionAnswer = { status: 0, stdout: expect.stringMatching(/^\{"cniVersion":"1\.1\.0",/) };
const add = { env: forADD, stdin: looking };
const addAnswer = { status: 1, stdout: expect.stringContaining('"code":100,"msg":"the interface nosuchnic') };

describe("the arm64 executable under QEMU", () => {
  test.each([
    ["VERSION", [], version, versionAnswer],
    ["DEL", [], { env: { ...forADD, CNI_COMMAND: "DEL" }, stdin: idle }, { status: 0, stdout: "" }],
    ["an ADD that asks 'ip'", [], add, addAnswer],
    ["the command line", ["version"], { env: {} }, { status: 0, stdout: expect.stringContaining("ifacer 0.1.0") }],
  ])("%s", async (_, words, call, answer) => {
    expect(await run(["qemu-aarch64", "-L", arm64Root, arm64, ...words], call)).toMatchObject(answer);
  });
});

describe("processors", () => {
  test.each([
    ["x86-64 of 2008 (SSE4.2, no AVX)", ["qemu-x86_64", "-cpu", "Nehalem", amd64]],
    ["x86-64 of 2013 (AVX2)", ["qemu-x86_64", "-cpu", "Haswell", amd64]],
    ["ARMv8.0", ["qemu-aarch64", "-L", arm64Root, "-cpu", "cortex-a53", arm64]],
  ])("%s", async (_, argv) => {
    expect(await run(argv, version)).toMatchObject(versionAnswer);
    expect(await run(argv, add)).toMatchObject(addAnswer);
  });

  test("an x86-64 without SSE4.2 is too old", async () => {
    expect((await run(["qemu-x86_64", "-cpu", "core2duo", amd64], version)).stderr).toContain("Illegal instruction");
  });
});

/** System calls that a kernel younger than the named one brought, as far as anything here may call them. */
const youngerThan = {
  "5.10": ["epoll_pwait2", "process_madvise", "process_mrelease", "landlock_create_ruleset", "futex_waitv"],
  "5.4": ["close_range", "openat2", "faccessat2", "pidfd_getfd", "clone3"],
  "4.18": ["pidfd_open", "pidfd_send_signal", "io_uring_setup", "rseq"],
  "3.10": ["statx", "copy_file_range", "preadv2", "pwritev2", "memfd_create", "getrandom", "renameat2", "execveat"],
};

describe("kernels: what a system call is answered that they don't have", () => {
  test.each([
    ["5.10", ["5.10"]],
    ["5.4", ["5.10", "5.4"]],
    ["4.18", ["5.10", "5.4", "4.18"]],
    ["3.10", ["5.10", "5.4", "4.18", "3.10"]],
  ] as const)("as on %s", async (_, ages) => {
    const calls = ages.flatMap((age) => youngerThan[age]).join(",");
    const old = ["strace", "-f", "-qq", "-o", "/dev/null", `--trace=${calls}`, `--inject=${calls}:error=ENOSYS`];
    expect(await run([...old, amd64], version)).toMatchObject(versionAnswer);
    expect(await run([...old, amd64], add)).toMatchObject(addAnswer);
    expect(await run([...old, amd64, "version"])).toMatchObject({ status: 0 });
  });
});

/** All that the first group of the pattern found, each once. */
function matches(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, found]) => found ?? ""))];
}
