/** What a Pod's start waits for while it is loaded: the cause of most of a call's time, so that it can't grow unseen. */
import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join, relative } from "node:path";
import { bundling } from "../../scripts/bundle.ts";

const root = join(import.meta.dir, "../..");
const { metafile, outputs: artifacts } = await Bun.build({
  entrypoints: [join(root, "src/main.ts")],
  ...bundling,
  // Of the very same bundle as the executable's, but for the bytecode, which only grows with it.
  bytecode: false,
  define: { IFACER_VERSION: '"0.0.0"', IFACER_COMMIT: '"none"' },
  metafile: true,
});
if (metafile === undefined) throw new Error("bun tells nothing about the bundle");
const { outputs } = metafile;
const texts = new Map(
  await Promise.all(artifacts.map(async (file) => [join("/", file.path), await file.text()] as const)),
);

/** The files of the bundle that are loaded when a source is: its own, and all that it imports. */
function loadedWith(source: string): string[] {
  const start = Object.keys(outputs).find((name) => outputs[name]?.entryPoint?.endsWith(source));
  if (start === undefined) throw new Error(`${source} is not loaded on its own: what loads it has it in its own file`);
  const loaded = new Set([start]);
  for (const name of loaded) {
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      const found = Object.keys(outputs).find((other) => join("/", other) === join("/", path));
      if (kind === "import-statement" && found !== undefined) loaded.add(found);
    }
  }
  return [...loaded];
}

const stages = ["src/main.ts", "src/cni/run.ts", "src/cni/entries/nodeLinks.ts"];

/** What a verb loads: its stage and those before. `builtins`: modules of Bun's own. */
function loadedFor(stage: string): { sources: string[]; builtins: string[]; files: number; bytes: number } {
  const files = new Set(stages.slice(0, stages.indexOf(stage) + 1).flatMap(loadedWith));
  const sources = [...files].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
  return {
    sources: sources.map((path) => relative(root, join(process.cwd(), path))).toSorted(),
    builtins: [...files].flatMap((name) => {
      const text = texts.get(join("/", name)) ?? "";
      // The bundle's own files are named by `./`.
      return [...text.matchAll(/\bimport\b[^"]*?\bfrom ?"([^."][^"]*)"/g)].map(([, name]) => name ?? "");
    }),
    files: files.size,
    bytes: [...files].reduce((sum, name) => sum + (outputs[name]?.bytes ?? 0), 0),
  };
}

describe.each([
  ["VERSION", "src/main.ts", /^src\/(main|error|protocol\/versions|host\/stdio)\.ts$/, 3_000],
  [
    "DEL and GC",
    "src/cni/run.ts",
    /^src\/(main|error|json|cni\/\w+|protocol\/\w+|config\/names|host\/(stdio|file|proc|ip|programs)|observe\/start|policy\/path)\.ts$/,
    16_000,
  ],
  [
    "ADD, CHECK and STATUS",
    "src/cni/entries/nodeLinks.ts",
    /^src\/(main|error|json|model)\.ts$|^src\/(cni|cni\/entries|protocol|config|observe|plan|apply|host|policy)\/\w+\.ts$|^node_modules\/zod\/v4\/core\//,
    96_000,
  ],
])("%s", (_, stage, allowed, most) => {
  const { sources, builtins, bytes } = loadedFor(stage);

  test("nothing is loaded but what it needs", () => {
    expect(sources).toContain(stage);
    expect(sources.filter((path) => !allowed.test(path))).toEqual([]);
  });

  test(`that is less than ${most} bytes of minified source`, () => {
    expect(bytes).toBeLessThan(most);
  });

  test("no module of Bun's own, node:fs above all", () => {
    expect(builtins).toEqual([]);
  });
});

test("of zod, nothing for JSON Schema, other languages or code generation is loaded for a Pod", () => {
  const { sources } = loadedFor("src/cni/entries/nodeLinks.ts");
  expect(sources.filter((path) => /zod.*(json-schema|locales|compile|classic)/.test(path))).toEqual([]);
});

test("no more than 12 files of the bundle are loaded for a Pod, and what changes the host is not among them", () => {
  const { sources, files } = loadedFor("src/cni/entries/nodeLinks.ts");
  expect(files).toBeLessThanOrEqual(12);
  expect(sources.filter((path) => /(locked|lock|lines|undo|policy\/load)\.ts$/.test(path))).toEqual([]);
});

test("the executable is Bun and at most 6.25 MiB more", () => {
  const { size } = statSync(join(root, "dist/ifacer"));
  expect(size - statSync(process.execPath).size).toBeLessThan(6.25 * 1024 * 1024);
});

test("what only 'fleet' needs is loaded for no other command", () => {
  const sourcesOf = (stage: string) => loadedWith(stage).flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
  const own = /src\/(fleet\/\w+|host\/lines|cli\/\w+\/fleet\w*)\.ts$/;
  expect(sourcesOf("src/cli/commands/fleet.ts").filter((path) => own.test(path)).length).toBeGreaterThan(10);
  expect(sourcesOf("src/cli/run.ts").filter((path) => own.test(path))).toEqual([]);
});
