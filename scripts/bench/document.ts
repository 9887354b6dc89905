/**
 * Puts the figures of dist/bench.json into docs/performance.md, between its two marks, and draws them as
 * docs/performance.svg. To be run after `make bench` on a quiet machine, when the figures are worth keeping.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Bench {
  readonly machine: {
    readonly cpu: string;
    readonly processors: number;
    readonly kernel: string;
    readonly runs: number;
  };
  readonly results: readonly { name: string; links: number; wall: number; cpu: number; peak: number; status: number }[];
  readonly promises: readonly { promise: string; value: number; limit: number }[];
}

const root = join(import.meta.dir, "../..");
const bench: Bench = JSON.parse(readFileSync(join(root, "dist/bench.json"), "utf8"));

const document = join(root, "docs/performance.md");
const text = readFileSync(document, "utf8");
const [before, after] = [text.split("<!-- figures -->")[0], text.split("<!-- end of figures -->")[1]];
if (before === undefined || after === undefined) throw new Error("docs/performance.md has no marks for the figures");
writeFileSync(document, `${before}<!-- figures -->\n${writeFigures()}<!-- end of figures -->${after}`);
writeFileSync(join(root, "docs/performance.svg"), draw());

function writeFigures(): string {
  const { machine, results, promises } = bench;
  const rows = results.map(({ name, links, wall, cpu, peak }) => {
    return `| ${name} | ${links} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${peak.toFixed(1)} |`;
  });
  const kept = promises.map(({ promise, value, limit }) => {
    return `| ${promise} | ${value.toFixed(2)} | ${limit} | ${value <= limit ? "yes" : "**no**"} |`;
  });
  return `
Medians of ${machine.runs} runs in turn; ${machine.processors} x ${machine.cpu}, Linux ${machine.kernel}.

| | links | wall ms | cpu ms | peak MiB |
|---|---:|---:|---:|---:|
${rows.join("\n")}

| | found | at most | kept |
|---|---:|---:|---|
${kept.join("\n")}

`;
}

/** Bars of wall time with the most links that were measured; what can't be undercut is grey. */
function draw(): string {
  const most = Math.max(...bench.results.map(({ links }) => links));
  const bars = bench.results.filter(({ links }) => links === most);
  const [left, width, step] = [190, 430, 26];
  const longest = Math.max(...bars.map(({ wall }) => wall));
  const lines = bars.map(({ name, wall }, index) => {
    const [y, length] = [44 + index * step, (wall / longest) * width];
    const color = /^(empty|ip )/.test(name) ? "#9aa3ad" : "#2f6fab";
    return `  <text x="${left - 8}" y="${y + 13}" text-anchor="end">${name}</text>
  <rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="18" fill="${color}"/>
  <text x="${(left + length + 6).toFixed(1)}" y="${y + 13}">${wall.toFixed(1)}</text>`;
  });
  const height = 54 + bars.length * step;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 ${height}" font-family="sans-serif" font-size="13" fill="#333">
  <title>Wall time of calls of the plugin, in milliseconds, with 10 and with 5000 links</title>
  <rect width="680" height="${height}" fill="#fff"/>
  <text x="${left}" y="26" font-weight="bold">Wall time of a whole call among ${most} links, ms (median)</text>
${lines.join("\n")}
</svg>
`;
}
