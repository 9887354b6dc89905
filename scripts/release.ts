/**
 * Builds dist/release/: the executable for each kind of Linux node, and SHA256SUMS over them for `sha256sum -c`. The
 * runtime of another platform is npm's package of it, in the version of the Bun that builds; it is kept in .cache/. On
 * its own platform it makes the very bytes of dist/ifacer.
 */
import { mkdirSync, renameSync, rmSync } from "node:fs";

/** Kubernetes' name of an architecture, Bun's name of the target, and the package that holds Bun for it. */
const platforms = [
  { name: "amd64", target: "bun-linux-x64", package: "@oven/bun-linux-x64" },
  { name: "arm64", target: "bun-linux-arm64", package: "@oven/bun-linux-aarch64" },
] as const;

const root = `${import.meta.dir}/..`;
const folder = "dist/release";

/** The path of the Bun in npm's package; fetched at the first call. npm checks what it fetched against the registry's sums. */
async function findRuntime({ target, package: name }: (typeof platforms)[number]): Promise<string> {
  if (target === `bun-${process.platform}-${process.arch}`) return process.execPath;
  const kept = `.cache/runtimes/${name.replace("/", "-")}-${Bun.version}`;
  if (await Bun.file(`${root}/${kept}/bun`).exists()) return `${kept}/bun`;
  process.stderr.write(`release: fetching ${name}@${Bun.version}\n`);
  const part = `${kept}.part`;
  rmSync(`${root}/${part}`, { recursive: true, force: true });
  mkdirSync(`${root}/${part}`, { recursive: true });
  run(["npm", "pack", "--silent", "--pack-destination", part, `${name}@${Bun.version}`]);
  for (const archive of new Bun.Glob("*.tgz").scanSync(`${root}/${part}`)) {
    run(["tar", "-xzf", `${part}/${archive}`, "-C", part, "--strip-components=2", "package/bin/bun"]);
    rmSync(`${root}/${part}/${archive}`);
  }
  renameSync(`${root}/${part}`, `${root}/${kept}`);
  return `${kept}/bun`;
}

function run(argv: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(argv, { cwd: root, stdout: "ignore", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`'${argv.join(" ")}' failed: ${stderr.toString().trim()}`);
}

async function sum(path: string): Promise<string> {
  const bytes = await Bun.file(`${root}/${path}`).arrayBuffer();
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

mkdirSync(`${root}/${folder}`, { recursive: true });
const sums: string[] = [];
for (const platform of platforms) {
  const file = `ifacer-linux-${platform.name}`;
  const runtime = await findRuntime(platform);
  // The name that it is built under is in it.
  run([process.execPath, "scripts/build.ts", "src/main.ts", `${folder}/ifacer`, platform.target, runtime]);
  renameSync(`${root}/${folder}/ifacer`, `${root}/${folder}/${file}`);
  sums.push(`${await sum(`${folder}/${file}`)}  ${file}\n`);
}
await Bun.write(`${root}/${folder}/SHA256SUMS`, sums.join(""));
process.stdout.write(sums.join(""));
