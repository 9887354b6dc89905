import { type BondMode, bondModes, type Problem, type Setting } from "../model.ts";
import { type BondOption, bondOptions } from "./bondTable.ts";
import { parseOptions, readJsonValue, rowOf } from "./options.ts";

export { bondOptions };

/** What a bond's options are judged by. */
export interface BondContext {
  readonly mode: BondMode;
  /** The slaves, as the config names them. */
  readonly interfaces: readonly string[];
  /** Where the text stands in the config. */
  readonly path: string;
}

export interface BondReading {
  /** In the order of the table, each value in its canonical form, `miimon` included where ifacer sets it. */
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Options of the driver that are set elsewhere, or not by ifacer. */
const misplaced: Readonly<Record<string, string>> = {
  mode: "set bond.mode",
  slaves: "list them in interfaces",
  max_bonds: "it is a parameter of the kernel module",
  tx_queues: "it is a parameter of the kernel module",
  prio: "it belongs to a single slave, which ifacer does not set",
  queue_id: "it belongs to a single slave, which ifacer does not set",
  actor_port_prio: "it belongs to a single slave, which ifacer does not set",
};

/** Links are looked at this often, in ms, where the config names no monitor: without one, modes 0 to 3 never fail over. */
const defaultMiimon = "100";

/**
 * Reads `bond.options`, `k=v;k=v`. Problems are what the driver would refuse and what the options demand of each other;
 * warnings are what it takes but that does nothing, or not what it says.
 */
export function parseBondOptions(text: string, context: BondContext): BondReading {
  const parsed = parseOptions(text, bondOptions, { ...context, misplaced });
  const values = new Map(parsed.settings.map(({ name, value }) => [name, value]));
  const findings: Findings = { problems: [], warnings: [] };
  chooseMonitor(values, parsed.faulty, findings);
  for (const row of bondOptions) {
    const value = values.get(row.name);
    if (value === undefined) continue;
    if (!worksInMode(row, context.mode, findings)) continue;
    checkNeeds(row, { value, values, faulty: parsed.faulty }, findings);
    values.set(row.name, round(row, { value, values }, findings));
  }
  warnOfTargets(values, context.mode, parsed.faulty, findings);
  warnOfLinks(values, context, findings);
  if (values.has("active_slave") && (values.get("updelay") ?? "0") !== "0") {
    findings.warnings.push(
      "active_slave is refused by the driver while updelay runs, which is when it is set: use primary",
    );
  }
  const place = (message: string): Problem => ({ path: context.path, message });
  return {
    settings: bondOptions.flatMap(({ name }) => {
      const value = values.get(name);
      return value === undefined ? [] : [{ name, value }];
    }),
    problems: [...parsed.problems, ...findings.problems.map(place)],
    warnings: findings.warnings.map(place),
  };
}

/** The words that set a bond option on an `ip link add|set ... type bond` line. */
export function bondOptionWords({ name, value }: Setting): readonly string[] {
  return [rowOf(bondOptions, name).ipName ?? name, value];
}

/**
 * What an existing bond has for an option, comparable with a `Setting`'s value, out of `linkinfo.info_data` of
 * `ip -d -j link`; `undefined` where it has none or `ip` does not tell. Slaves are named by their own names, not altnames.
 */
export function currentBondValue(infoData: Readonly<Record<string, unknown>>, name: string): string | undefined {
  return readJsonValue(rowOf(bondOptions, name), infoData);
}

/** Whether the option names a slave. `ip` tells of such a one only while that NIC is a slave. */
export function namesSlave(name: string): boolean {
  return rowOf(bondOptions, name).rule.kind === "interface";
}

/** Whether the driver takes the option only for a bond whose slaves are there and up. */
export function isSetAfterEnslaving(name: string): boolean {
  return rowOf(bondOptions, name).set === "enslaved";
}

interface Findings {
  readonly problems: string[];
  readonly warnings: string[];
}

type Values = Map<string, string>;

function isOn(values: Values, name: "miimon" | "arp_interval"): boolean {
  return (values.get(name) ?? "0") !== "0";
}

function chooseMonitor(values: Values, faulty: ReadonlySet<string>, { problems, warnings }: Findings): void {
  if (faulty.has("miimon") || faulty.has("arp_interval")) return;
  if (isOn(values, "miimon") && isOn(values, "arp_interval")) {
    problems.push("miimon and arp_interval exclude each other: give one of them, or set the other to 0");
  }
  if (isOn(values, "arp_interval")) return;
  if (!values.has("miimon")) values.set("miimon", defaultMiimon);
  else if (!isOn(values, "miimon")) {
    warnings.push("miimon=0 without arp_interval: nothing watches the links, the bond never fails over");
  }
}

/** Whether there is a point in looking further at the option. */
function worksInMode(row: BondOption, mode: BondMode, { problems, warnings }: Findings): boolean {
  if (row.modes === undefined || row.modes.only.includes(mode)) return true;
  const modes = row.modes.only.map(describeMode).join(", ");
  if (row.modes.elsewhere === "no-effect") {
    warnings.push(`${row.name} does nothing in mode ${describeMode(mode)}, only in ${modes}`);
  } else {
    problems.push(`${row.name} does not work in mode ${describeMode(mode)}, only in ${modes}`);
  }
  return false;
}

function describeMode(mode: BondMode): string {
  return `${bondModes.indexOf(mode)} (${mode})`;
}

interface Given {
  readonly value: string;
  readonly values: Values;
}

function checkNeeds(
  row: BondOption,
  { value, values, faulty }: Given & { faulty: ReadonlySet<string> },
  { problems, warnings }: Findings,
): void {
  if (row.needs === undefined || row.needs.unless === value) return;
  const { option, otherwise } = row.needs;
  if (isOn(values, option) || faulty.has(option)) return;
  if (otherwise === "no-effect") warnings.push(`${row.name} does nothing without ${option}`);
  else problems.push(`${row.name} needs ${option}, which is ${values.has(option) ? "0" : "not given"}`);
}

function round(row: BondOption, { value, values }: Given, { warnings }: Findings): string {
  const step = Number((row.multipleOf && values.get(row.multipleOf)) ?? 0);
  const rounded = String(step === 0 ? value : Number(value) - (Number(value) % step));
  if (rounded !== value) {
    warnings.push(`${row.name}=${value} is no multiple of ${row.multipleOf}=${step}, the driver makes it ${rounded}`);
  }
  return rounded;
}

function warnOfTargets(values: Values, mode: BondMode, faulty: ReadonlySet<string>, { warnings }: Findings): void {
  const targets = ["arp_ip_target", "ns_ip6_target"];
  if (!isOn(values, "arp_interval") || targets.some((name) => values.has(name) || faulty.has(name))) return;
  if (rowOf(bondOptions, "arp_interval").modes?.only.includes(mode)) {
    warnings.push("arp_interval without arp_ip_target or ns_ip6_target asks nobody: link failures go unnoticed");
  }
}

function warnOfLinks(values: Values, { mode, interfaces }: BondContext, { warnings }: Findings): void {
  const least = Number(values.get("min_links") ?? 0);
  if (mode === "802.3ad" && least > interfaces.length) {
    warnings.push(`min_links=${least} with ${interfaces.length} interfaces: the bond never has carrier`);
  }
}
