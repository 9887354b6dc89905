import { expect, test } from "bun:test";
import { bondOptionWords, currentBondValue, parseBondOptions } from "../../src/config/bondOptions.ts";
import { type BondOption, bondOptions } from "../../src/config/bondTable.ts";
import type { ValueRule } from "../../src/config/values.ts";
import { type BondMode, bondModes } from "../../src/model.ts";

const release = Bun.spawnSync(["uname", "-r"]).stdout.toString();
const help = Bun.spawnSync(["ip", "link", "help", "bond"]);
const knownToIp = help.stderr.toString() + help.stdout.toString();

/** The rows that this kernel and this `ip` have; use_carrier has only one value left from Linux 6.18 on. */
const rows = bondOptions.filter(
  (row) =>
    (row.sinceKernel === undefined || isSince(row.sinceKernel)) &&
    new RegExp(`[ |]${row.ipName ?? row.name}[ |]`).test(knownToIp) &&
    !(row.name === "use_carrier" && isSince("6.18")),
);

function isSince(version: string): boolean {
  return Bun.semver.order(toSemver(release), toSemver(version)) >= 0;
}

function toSemver(version: string): string {
  const [major, minor = "0"] = version.split(".");
  return `${major}.${Number.parseInt(minor, 10)}.0`;
}

interface Trial {
  readonly about: string;
  /** `ip` lines. A word `t` stands for the trial's own bond, `a` and `b` for its NICs. */
  readonly lines: readonly string[];
}

interface Outcome {
  /** Whether `ip` and the kernel took all lines. */
  readonly ok: boolean;
  /** `info_data` of the bond as it was in the end. */
  readonly info: Readonly<Record<string, unknown>>;
}

/**
 * Makes every trial with names of its own, in a network namespace that vanishes with the process. Some mistakes make `ip`
 * leave the batch: a line that always prints stands before each trial, so that it shows which one it was.
 */
function tryAll(trials: readonly Trial[]): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  while (outcomes.length < trials.length) {
    const more = tryFrom(trials, outcomes.length);
    if (more.length === 0) throw new Error("ip could not be run in a network namespace");
    outcomes.push(...more);
  }
  return outcomes;
}

function tryFrom(trials: readonly Trial[], first: number): readonly Outcome[] {
  const owners: number[] = [];
  const input = trials.slice(first).flatMap(({ lines }, index) => {
    const all = ["link show dev lo", ...lines, "link show dev t"].map((line) => own(line, index));
    owners.push(...all.map(() => index));
    return all;
  });
  const ip = Bun.spawnSync(["unshare", "--net", "ip", "-d", "-j", "-force", "-batch", "-"], {
    stdin: Buffer.from(`${input.join("\n")}\n`),
  });
  const printed = ip.stdout
    .toString()
    .split("\n")
    .filter((line) => line.startsWith("["));
  const shown = printed.map((line) => JSON.parse(line)[0]);
  const begun = shown.filter((link) => link.ifname === "lo").length;
  const failed = new Set(
    [...ip.stderr.toString().matchAll(/Command failed -:(\d+)/g)].map(([, n]) => owners[Number(n) - 1]),
  );
  const links = new Map(shown.map((link) => [link.ifname, link]));
  return Array.from({ length: begun }, (_, index) => {
    const info = links.get(`t${index}`)?.linkinfo.info_data;
    return { ok: info !== undefined && !failed.has(index), info: info ?? {} };
  });
}

function own(line: string, index: number): string {
  return line
    .split(" ")
    .map((word) => (/^[abt]$/.test(word) ? word + index : word))
    .join(" ");
}

const nics = ["link add name a type dummy", "link add name b type dummy"];
const enslave = ["a", "b"].flatMap((nic) => [`link set dev ${nic} master t`, `link set dev ${nic} up`]);
const up = "link set dev t up";

function add(mode: BondMode, words: readonly string[]): string {
  return ["link add name t type bond mode", mode, ...words].join(" ");
}

function words(row: BondOption, value: string): readonly string[] {
  return bondOptionWords({ name: row.name, value });
}

/** What has to be set with the option for it to be taken. */
function company(row: BondOption): readonly string[] {
  return row.needs === undefined ? [] : [row.needs.option, "1"];
}

function modesOf(row: BondOption): readonly BondMode[] {
  return row.modes?.only ?? bondModes;
}

/** Allowed values: all words, both limits of a range. */
function samples(rule: ValueRule): readonly string[] {
  switch (rule.kind) {
    case "number":
      return [String(rule.min), String(rule.max)];
    case "choice":
      // Newer kernels' words are not everywhere.
      return rule.words.filter((word) => word !== "actor_port_prio");
    case "switch":
      return [rule.off, rule.on];
    case "addresses":
      return rule.family === "IPv4"
        ? ["192.0.2.1", Array.from({ length: rule.most }, (_, i) => `192.0.2.${i + 1}`).join(",")]
        : ["2001:db8::1", Array.from({ length: rule.most }, (_, i) => `2001:db8::${i + 1}`).join(",")];
    case "mac":
      return ["02:00:00:00:00:01", "00:00:00:00:00:00"];
    case "interface":
      return ["b"];
    case "priorities":
      return [];
  }
}

/** Values next to the allowed ones. */
function strangers(rule: ValueRule): readonly string[] {
  switch (rule.kind) {
    case "number":
      return [String(rule.max + 1), ...(rule.min > 0 ? [String(rule.min - 1)] : [])];
    case "choice":
      return [String(rule.words.length)];
    case "switch":
      return ["2"];
    case "addresses":
      return rule.family === "IPv4"
        ? ["0.0.0.0", "255.255.255.255", "192.0.2.1,192.0.2.1"]
        : ["::", "::1", "ff02::1", "2001:db8::1,2001:db8::1"];
    case "mac":
      return ["01:00:00:00:00:01"];
    case "interface":
      return ["nonsense"];
    case "priorities":
      return [];
  }
}

/** The trials that did not end as wanted. */
function findSurprises(trials: readonly (Trial & { readonly ok: boolean })[]): readonly string[] {
  const outcomes = tryAll(trials);
  return trials.flatMap(({ about, ok }, index) => (outcomes[index]?.ok === ok ? [] : [about]));
}

test("this kernel and this ip have most of the table", () => {
  expect(rows.length).toBeGreaterThan(25);
});

test("every option is set and read back in every mode that it works in", () => {
  const trials = rows.flatMap((row) =>
    modesOf(row).flatMap((mode) =>
      samples(row.rule).map((value) => ({
        about: `${row.name}=${value} in ${mode}`,
        lines: set(row, mode, value),
        row,
        value,
      })),
    ),
  );
  const wrong = tryAll(trials).flatMap(({ ok, info }, index) => {
    const { about = "", row, value } = trials[index] ?? {};
    const got = row && currentBondValue(info, row.name);
    const wanted = row?.rule.kind === "interface" ? /^b\d+$/.test(got ?? "") : got === value;
    return ok && wanted ? [] : [`${about}: ${got}`];
  });
  expect(wrong).toEqual([]);
});

/** The lines that make a bond with the option, its slaves there and up where the option is about them. */
function set(row: BondOption, mode: BondMode, value: string): readonly string[] {
  const late = ["link set dev t type bond", ...words(row, value)].join(" ");
  if (row.set === "enslaved") return [...nics, add(mode, ["miimon", "100"]), up, ...enslave, late];
  const made = add(mode, [...company(row), ...words(row, value)]);
  return row.rule.kind === "interface" ? [...nics, made, up, ...enslave] : [made];
}

test("values that the table does not allow are refused", () => {
  const trials = rows.flatMap((row) =>
    strangers(row.rule).map((value) => {
      const mode = modesOf(row)[0] ?? "balance-rr";
      return { about: `${row.name}=${value}`, lines: [add(mode, [...company(row), ...words(row, value)])], ok: false };
    }),
  );
  expect(findSurprises(trials)).toEqual([]);
});

test("in other modes an option is refused, or not, as the table says", () => {
  const trials = rows.flatMap((row) =>
    bondModes
      .filter((mode) => !modesOf(row).includes(mode))
      .map((mode) => ({
        about: `${row.name} in ${mode}`,
        lines: [...nics, add(mode, words(row, samples(row.rule)[0] ?? ""))],
        ok: row.modes?.elsewhere !== "driver-refuses",
      })),
  );
  expect(findSurprises(trials)).toEqual([]);
});

test("without the option that it needs an option is refused, or not, as the table says", () => {
  const trials = rows.flatMap((row) => {
    if (row.needs === undefined) return [];
    const { option, unless, otherwise } = row.needs;
    const other = option === "miimon" ? ["arp_interval", "100"] : ["miimon", "100"];
    const value = samples(row.rule).find((sample) => sample !== unless) ?? "";
    const lines = [add("active-backup", [...other, ...words(row, value)])];
    return [{ about: `${row.name} without ${option}`, lines, ok: otherwise !== "driver-refuses" }];
  });
  const both = add("active-backup", ["miimon", "100", "arp_interval", "100"]);
  expect(findSurprises([...trials, { about: "both monitors", lines: [both], ok: false }])).toEqual([]);
});

test("delays are rounded down to a multiple of miimon", () => {
  const delays = rows.filter((row) => row.multipleOf);
  const trials = delays.map((row) => ({
    about: row.name,
    lines: [add("active-backup", ["miimon", "100", ...words(row, "299")])],
  }));
  const read = tryAll(trials).map(({ info }, index) => currentBondValue(info, delays[index]?.name ?? ""));
  expect(read).toEqual(["200", "200", "200"]);
});

test("a bond without options has the defaults of the table", () => {
  const trials = bondModes.map((mode) => {
    const { settings } = parseBondOptions("", { mode, interfaces: [], path: "bond.options" });
    return { about: mode, lines: [add(mode, settings.flatMap(bondOptionWords))], mode };
  });
  const wrong = tryAll(trials).flatMap(({ info }, index) => {
    const mode = trials[index]?.mode ?? "balance-rr";
    return rows
      .filter((row) => modesOf(row).includes(mode) && currentBondValue(info, row.name) !== row.default)
      .map((row) => `${row.name} in ${mode}: ${currentBondValue(info, row.name)}`);
  });
  expect(wrong).toEqual([]);
});

test("an existing bond takes another value when the table says so", () => {
  const trials = rows.flatMap((row) => {
    const mode = modesOf(row).find((mode) => mode !== "balance-rr") ?? "balance-rr";
    const made = [...nics, add(mode, company(row))];
    const change = ["link set dev t type bond", ...words(row, samples(row.rule).at(-1) ?? "")].join(" ");
    const takes = { live: ["up", "down", "empty"], down: ["down", "empty"], empty: ["empty"] }[row.changeable];
    const ok = (state: string) => takes.includes(state) && !(row.set === "enslaved" && state === "empty");
    return [
      { about: `${row.name} while up`, lines: [...made, up, ...enslave, change], ok: ok("up") },
      { about: `${row.name} while down with slaves`, lines: [...made, ...enslave, change], ok: ok("down") },
      { about: `${row.name} while empty`, lines: [...made, change], ok: ok("empty") },
    ];
  });
  expect(findSurprises(trials)).toEqual([]);
});

test("what is set after enslaving is refused at creation", () => {
  const trials = rows
    .filter((row) => row.set === "enslaved")
    .map((row) => ({ about: row.name, lines: [...nics, add("active-backup", words(row, "a"))], ok: false }));
  expect(findSurprises(trials)).toEqual([]);
});
