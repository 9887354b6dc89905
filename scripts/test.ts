/**
 * Runs the named parts of the tests (types, lint, unit, release, kernel, hardware, services, runtime, boot, image; all of them without
 * arguments) one after the other, shows what they say, and ends with one line that sums them up: `N passed, N failed[, N skipped]`.
 * The types and the lint count as one test each. Exits with 1 if anything failed or if a part ran no test.
 */

type Counts = { passed: number; failed: number; skipped: number };

/** What is said at the end of what failed, as the whole output is long: the part and the test. */
const failures: string[] = [];

/** The folders of tests that are parts of their own. */
const apart = ["release", "kernel", "hardware", "services", "runtime", "boot", "image"];

/** Each part's command. The microVM is slow, hence its time limit (milliseconds a test), and has two processors. */
const parts: Record<string, string[]> = {
  types: ["node_modules/.bin/tsc", "-p", "."],
  lint: ["node_modules/.bin/biome", "ci", "--error-on-warnings"],
  unit: [process.execPath, "test", ...apart.flatMap((folder) => ["--path-ignore-patterns", `test/${folder}/**`])],
  release: [process.execPath, "test", "test/release"],
  kernel: [
    "env",
    "MICROVM_SECONDS=4000",
    "MICROVM_MEMORY=5G",
    "scripts/on-kernel.sh",
    process.execPath,
    "test",
    "--parallel=3",
    "--timeout",
    "240000",
    "test/kernel",
  ],
  // Its tests start the microVM themselves, as often as they have to boot it.
  hardware: [process.execPath, "test", "--timeout", "600000", "test/hardware"],
  services: withPrograms("services", { folder: "test/services", nics: 3 }),
  runtime: withPrograms("containers", { folder: "test/runtime", nics: 2 }),
  // So do these.
  boot: [process.execPath, "test", "--timeout", "1200000", "test/boot"],
  image: withPrograms("containers", { folder: "test/image", nics: 0 }),
};

/**
 * The command for tests beside programs that take over the machine they run on, those of `.cache/debian/NAME`: always in
 * the microVM, which is theirs alone, and one after the other.
 */
function withPrograms(name: string, { folder, nics }: { folder: string; nics: number }): string[] {
  const settings = [`MICROVM_LAYER=.cache/debian/${name}`, `MICROVM_NICS=${nics}`, "MICROVM_SECONDS=2400"];
  return ["env", ...settings, "scripts/microvm.sh", process.execPath, "test", "--timeout", "1200000", folder];
}

/**
 * The numbers in the summary that `bun test` ends with. Its JUnit report would not do: it leaves out files that could
 * not be loaded. Tests marked as todo count as skipped; no summary is no test.
 */
function readSummary(output: string): Counts {
  const lines = output.split("\n");
  const summary = lines.slice(lines.findLastIndex((line) => /^ \d+ pass$/.test(line)));
  const count = (word: string) =>
    Number(summary.find((line) => line.endsWith(` ${word}`))?.match(/^ (\d+) /)?.[1] ?? 0);
  return { passed: count("pass"), failed: count("fail"), skipped: count("skip") + count("todo") };
}

/** Runs one part, its output passing through. A part that fails without a failed test, or tests nothing, failed once. */
async function runPart(name: string, argv: string[]): Promise<Counts> {
  process.stderr.write(`\n--- ${name}\n`);
  const child = Bun.spawn(argv, { cwd: `${import.meta.dir}/..`, stdin: "ignore", stdout: "inherit", stderr: "pipe" });
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stderr) {
    process.stderr.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const status = await child.exited;
  const counts = argv.includes("test") ? readSummary(output) : { passed: status === 0 ? 1 : 0, failed: 0, skipped: 0 };
  const failed = output.split("\n").filter((line) => line.startsWith("(fail) "));
  failures.push(...failed.map((line) => `${name}: ${line}`));
  if (counts.failed > 0 || (status === 0 && counts.passed > 0)) return counts;
  failures.push(status === 0 ? `${name}: no test ran` : `${name}: exit status ${status}`);
  return { ...counts, failed: 1 };
}

const names = Bun.argv.length > 2 ? Bun.argv.slice(2) : Object.keys(parts);
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const name of names) {
  const argv = parts[name];
  if (argv === undefined) throw new Error(`no part is called ${name}: there are ${Object.keys(parts).join(", ")}`);
  const counts = await runPart(name, argv);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
if (failures.length > 0) process.stdout.write(`\nfailed:\n${failures.join("\n")}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
