/**
 * Builds dist/ifacer, the one executable, from src/main.ts (or another entry and output given as two arguments).
 *
 * Settings that are not for size or speed:
 * - `--no-install` and no autoload: the executable runs as root wherever a runtime starts it, so it must neither read
 *   `.env`, `bunfig.toml`, `tsconfig.json` or `package.json` from there nor fail where that folder can't be reached.
 * - `IFACER_VERSION` and `IFACER_COMMIT` are constants in the code, so that nothing at run time decides what it says.
 */
import packageJson from "../package.json" with { type: "json" };

const [entry = "src/main.ts", outfile = "dist/ifacer"] = Bun.argv.slice(2);
const root = `${import.meta.dir}/..`;

/** The commit the sources are at, with `-dirty` if they were changed since; "unknown" where git can't tell. */
function readCommit(): string {
  if (Bun.which("git") === null) return "unknown";
  const git = Bun.spawnSync(["git", "describe", "--always", "--dirty"], { cwd: root, stderr: "ignore" });
  return git.success ? git.stdout.toString().trim() : "unknown";
}

await Bun.build({
  entrypoints: [entry],
  target: "bun",
  minify: true,
  bytecode: true,
  define: { IFACER_VERSION: JSON.stringify(packageJson.version), IFACER_COMMIT: JSON.stringify(readCommit()) },
  compile: {
    outfile,
    execArgv: ["--no-install"],
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
});
