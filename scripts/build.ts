/**
 * build.ts [ENTRY OUTPUT [TARGET RUNTIME]]: builds dist/ifacer, the one executable, from src/main.ts, or another entry. For
 * another platform it takes that platform's name for Bun (`bun-linux-arm64`) and the path of a Bun for it.
 *
 * Settings that are not for size or speed:
 * - `--no-install` and no autoload: the executable runs as root wherever a runtime starts it, so it must neither read
 *   `.env`, `bunfig.toml`, `tsconfig.json` or `package.json` from there nor fail where that folder can't be reached.
 * - The variables by which Bun's runtime is told to run, load or debug something else, or to write files, are renamed to what
 *   no variable can be called: who may set the environment of a runtime must not get the Bun command line, a preload or a
 *   debugger in root's.
 * - `IFACER_VERSION` and `IFACER_COMMIT` are constants in the code, so that nothing at run time decides what it says.
 *
 * `jitPolicy` is for speed (docs/performance.md): some milliseconds never win back what compiling to machine code takes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { bundling } from "./bundle.ts";

const [entry = "src/main.ts", outfile = "dist/ifacer", target, runtime] = Bun.argv.slice(2);
const root = `${import.meta.dir}/..`;

/** The commit the sources are at, with `-dirty` if they were changed since; "unknown" where git can't tell. */
function readCommit(): string {
  if (Bun.which("git") === null) return "unknown";
  const git = Bun.spawnSync(["git", "describe", "--always", "--dirty"], { cwd: root, stderr: "ignore" });
  return git.success ? git.stdout.toString().trim() : "unknown";
}

await Bun.build({
  entrypoints: [entry],
  ...bundling,
  define: { IFACER_VERSION: JSON.stringify(packageJson.version), IFACER_COMMIT: JSON.stringify(readCommit()) },
  compile: {
    outfile,
    ...(target && { target: target as Bun.Build.CompileTarget }),
    ...(runtime && { executablePath: runtime }),
    jitPolicy: 1000,
    execArgv: ["--no-install"],
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
});

closeBackDoors(outfile, [
  "BUN_BE_BUN",
  "BUN_OPTIONS",
  "BUN_INSPECT",
  "BUN_INSPECT_CONNECT_TO",
  "BUN_INSPECT_PRELOAD",
  "BUN_BYTECODE_DIGEST_OUT",
  "BUN_BYTECODE_ORDER_OUT",
  "BUN_BYTECODE_ORDER_NAMES_OUT",
]);

/**
 * Makes the executable deaf to environment variables of Bun's: bun has no option for that, and the executable can only look
 * at its environment when it is too late. Each name stands in it once as a C string, whose first byte becomes `=`.
 */
function closeBackDoors(path: string, variables: readonly string[]): void {
  const image = readFileSync(path);
  for (const variable of variables) {
    const text = `\0${variable}\0`;
    const place = image.indexOf(text);
    if (place < 0 || image.indexOf(text, place + 1) >= 0) {
      throw new Error(`this Bun does not hold the name ${variable} once: see how it reads that variable`);
    }
    image.write("=", place + 1);
  }
  writeFileSync(path, image);
}
