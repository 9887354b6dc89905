/**
 * The golden folders test/cases/plan/NAME: a config, a node as a real kernel showed it, and the plan for the two.
 * A new case is a folder with `setup.txt` (the `ip` lines that make the node) and `config.json`; scripts/record.ts adds the rest.
 */
import { readdirSync, readFileSync } from "node:fs";
import { writeLines } from "../../src/apply/lines.ts";
import { readConfig, requireDesired } from "../../src/config/read.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";
import type { Current, Desired, Plan } from "../../src/model.ts";
import { assemble } from "../../src/observe/assemble.ts";
import { tellWhoIsShared } from "../../src/observe/listeners.ts";
import { parseIpOutput } from "../../src/observe/parse.ts";
import { parseVlanConfig } from "../../src/observe/vlanConfig.ts";

/** What was recorded of a node, as `ip` and the kernel wrote it. */
export interface Recorded {
  /** What `ip -details -json -force -batch -` answered. */
  readonly "links.jsonl": string;
  /** /proc/net/vlan/config. */
  readonly "vlans.txt": string;
  /** /proc/net/dev_mcast. */
  readonly "multicast.txt": string;
  /** /proc/net/igmp and /proc/net/igmp6. */
  readonly "igmp.txt": string;
  readonly "igmp6.txt": string;
}

export const folder = `${import.meta.dir}/../cases/plan`;

export const caseNames: readonly string[] = readdirSync(folder).sort();

export function readText(name: string, file: keyof Recorded | "setup.txt" | "plan.txt" | "config.json"): string {
  return readFileSync(`${folder}/${name}/${file}`, "utf8");
}

export function readDesired(name: string): Desired {
  const body = decodeJson(Buffer.from(readText(name, "config.json")), name);
  if (!(body instanceof JsonObject)) throw new TypeError(`${name}/config.json is no object`);
  return requireDesired(readConfig(body)).desired;
}

export function readSetup(name: string): readonly string[] {
  return readText(name, "setup.txt")
    .split("\n")
    .filter((line) => line !== "");
}

export function readRecorded(name: string): Recorded {
  return {
    "links.jsonl": readText(name, "links.jsonl"),
    "vlans.txt": readText(name, "vlans.txt"),
    "multicast.txt": readText(name, "multicast.txt"),
    "igmp.txt": readText(name, "igmp.txt"),
    "igmp6.txt": readText(name, "igmp6.txt"),
  };
}

/** What ifacer sees in what was recorded. */
export function see(recorded: Recorded): Current {
  const shown = parseIpOutput(recorded["links.jsonl"]);
  const listeners = {
    ethernet: recorded["multicast.txt"],
    ipv4: recorded["igmp.txt"],
    ipv6: recorded["igmp6.txt"],
  };
  return assemble(shown, {
    vlans: parseVlanConfig(recorded["vlans.txt"]),
    isShared: tellWhoIsShared(listeners, shown.links),
  });
}

/** The plan as plan.txt has it. */
export function showPlan({ changes, conflicts, drift }: Plan): string {
  const lines = [
    ...section(
      "changes",
      changes.flatMap(writeLines).map((line) => `ip ${line}`),
    ),
    ...section(
      "conflicts",
      conflicts.map(({ reason, link, message }) => `${link} (${reason}): ${message}`),
    ),
    ...section(
      "drift",
      drift.map(({ link, what, current, desired }) => `${link}: ${what} is ${current}, wanted ${desired}`),
    ),
  ];
  return lines.length === 0 ? "nothing\n" : `${lines.join("\n")}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}
