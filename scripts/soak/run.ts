/**
 * `make soak`: the tests that hunt by chance, at a volume that takes an hour at most, and their figures. SOAK=0.01 does a hundredth.
 *
 * Kills, many at once and each option in each mode on a real kernel; the fuzzed calls beside them on this machine.
 */
const part = process.env["SOAK"] ?? "1";
if (!(Number(part) > 0)) throw new Error(`SOAK is the part of the full volume, such as 0.01 or 1, not ${part}`);

const bun = process.execPath;
const runs: Record<string, string[]> = {
  "fuzzed calls": [bun, "test", "test/hostile/executable.test.ts"],
  "on a real kernel": [
    "env",
    // An hour, and what booting it takes and files that have no turn (test/volume.ts).
    "MICROVM_SECONDS=4200",
    "MICROVM_MEMORY=5G",
    "scripts/on-kernel.sh",
    "env",
    `SOAK=${part}`,
    bun,
    "test",
    "--parallel=3",
    "test/kernel/killed.test.ts",
    "test/kernel/atOnce.test.ts",
    "test/kernel/life/killed.test.ts",
    "test/kernel/life/race.test.ts",
    "test/kernel/pool/many.test.ts",
    "./scripts/soak/optionsInModes.test.ts",
  ],
};

async function run(name: string, argv: string[]): Promise<boolean> {
  const begin = performance.now();
  const child = Bun.spawn(argv, {
    cwd: `${import.meta.dir}/../..`,
    env: { ...process.env, SOAK: part },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const minutes = ((performance.now() - begin) / 60_000).toFixed(1);
  process.stdout.write(`--- ${name}, ${minutes} min\n${stdout}${stderr}\n`);
  return status === 0;
}

const passed = await Promise.all(Object.entries(runs).map(([name, argv]) => run(name, argv)));
process.exitCode = passed.every(Boolean) ? 0 : 1;
