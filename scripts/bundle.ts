/**
 * How the sources become one program; used by build.ts and by the tests that watch over what is loaded. Measured in
 * docs/performance.md:
 * - `bytecode`: nothing is parsed at start.
 * - `splitting`: what `import()` names is a file of its own within the executable, loaded where it is called.
 */
export const bundling = {
  target: "bun",
  format: "esm",
  minify: true,
  bytecode: true,
  splitting: true,
} as const;
