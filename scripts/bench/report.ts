/** How run.ts tells what it found. */
import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { basename, join } from "node:path";
import { noteCases } from "./notes.ts";

/** Medians of one case: milliseconds, milliseconds of processor time, MiB. */
export interface Result {
  readonly name: string;
  readonly links: number;
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number;
  readonly status: number;
}

/** The verbs of another plugin that are measured, and which of ours does the same: both end at a NIC that is not there. */
export const peerVerbs = { VERSION: "VERSION", DEL: "DEL", ADD: "ADD, no such NIC" };

/** An ADD that chooses its NICs, where the kernel can make what it finds in place. */
export const selectCase = "ADD, chosen NICs, in place";

/** For how many nodes `ifacer fleet` is promised to be quick. */
export const fleetNodes = 10_000;
export const fleetCase = `fleet, ${fleetNodes} nodes`;

const root = join(import.meta.dir, "../..");

/** What the project promises of the medians: `at most factor x the sum of the floors`, and of memory in MiB. */
export function judge(results: readonly Result[]) {
  const amounts = results.filter(({ name }) => name !== fleetCase).map(({ links }) => links);
  const fleet = results.find(({ name }) => name === fleetCase);
  const [fewest, most] = [Math.min(...amounts), Math.max(...amounts)];
  const at = (name: string, links: number) => results.find((result) => result.name === name && result.links === links);
  const wall = (name: string, links: number) => at(name, links)?.wall ?? Number.NaN;
  const floor = (links: number) => wall("empty executable", links) + wall("ip by hand", links);
  const verbs = ["VERSION", "DEL", "ADD, no such NIC", "STATUS, no such NIC"];
  return [
    { promise: "VERSION / empty", value: wall("VERSION", fewest) / wall("empty executable", fewest), limit: 1.25 },
    { promise: "DEL / empty", value: wall("DEL", fewest) / wall("empty executable", fewest), limit: 1.5 },
    ...[...new Set([fewest, most])].map((links) => ({
      promise: `ADD / (empty + ip) among ${links} links`,
      value: wall("ADD, no such NIC", links) / floor(links),
      limit: 1.6,
    })),
    ...(most === fewest
      ? []
      : [
          {
            promise: `${most} links / ${fewest} links, the worst verb`,
            value: Math.max(...verbs.map((name) => wall(name, most) / wall(name, fewest))),
            limit: 1.3,
          },
        ]),
    { promise: `${noteCases.del} / DEL`, value: wall(noteCases.del, most) / wall("DEL", most), limit: 1.5 },
    {
      promise: `${noteCases.add} / without the key`,
      value: wall(noteCases.add, most) / wall("ADD, no such NIC", most),
      limit: 1.15,
    },
    ...(most === fewest || at(selectCase, most) === undefined
      ? []
      : [
          {
            promise: `${most} links / ${fewest} links, ${selectCase}`,
            value: wall(selectCase, most) / wall(selectCase, fewest),
            limit: 1.3,
          },
        ]),
    { promise: "peak memory, MiB", value: Math.max(...verbs.map((name) => at(name, most)?.peak ?? 0)), limit: 45 },
    { promise: `${fleetCase}, s`, value: (fleet?.wall ?? Number.NaN) / 1000, limit: 3 },
    { promise: `${fleetCase}, peak memory, MiB`, value: fleet?.peak ?? Number.NaN, limit: 300 },
  ];
}

/** Prints the table and writes dist/bench.json. */
export function report(results: readonly Result[], { runs, peer }: { runs: number; peer: string | undefined }): void {
  const machine = { cpu: cpus()[0]?.model ?? "", processors: cpus().length, kernel: release(), runs };
  const promises = judge(results);
  writeFileSync(join(root, "dist/bench.json"), `${JSON.stringify({ machine, results, promises }, null, 2)}\n`);
  const wide = Math.max(...results.map(({ name }) => name.length));
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`medians of ${runs} runs in turn; ${machine.processors} x ${machine.cpu}, Linux ${machine.kernel}`);
  say(`${"".padEnd(wide)}  links  wall ms   cpu ms  peak MiB  x empty  status`);
  for (const { name, links, wall, cpu, peak, status } of results) {
    const base = results.find((result) => result.name === "empty executable" && result.links === links)?.wall;
    const numbers = [
      wall.toFixed(2),
      cpu.toFixed(2),
      peak.toFixed(1),
      base === undefined ? "-" : (wall / base).toFixed(2),
    ];
    const [first = "", second = "", third = "", fourth = ""] = numbers;
    say(
      `${name.padEnd(wide)}  ${String(links).padStart(5)}  ${first.padStart(7)}  ${second.padStart(7)}  ${third.padStart(8)}  ${fourth.padStart(7)}  ${status}`,
    );
  }
  if (peer !== undefined) {
    for (const links of new Set(results.map((row) => row.links))) {
      const wallOf = (name: string) =>
        results.find((row) => row.name === name && row.links === links)?.wall ?? Number.NaN;
      const ratios = Object.entries(peerVerbs).map(([verb, name]) => {
        return `${verb} ${(wallOf(name) / wallOf(`${basename(peer)} ${verb}`)).toFixed(2)}`;
      });
      say(`ifacer / ${basename(peer)} among ${links} links: ${ratios.join(", ")}`);
    }
  }
  for (const { promise, value, limit } of promises) {
    say(`${value <= limit ? "kept  " : "BROKEN"}  ${promise}: ${value.toFixed(2)}, at most ${limit}`);
  }
}
