/**
 * Writes the tables of options in docs/configuration.md anew, from the tables in the code. A test tells when that is due.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type BondOption, bondOptions } from "../src/config/bondTable.ts";
import { bondOptionDocs, vlanOptionDocs } from "../src/config/optionDocs.ts";
import type { Option } from "../src/config/options.ts";
import { describeRule } from "../src/config/values.ts";
import { vlanOptions } from "../src/config/vlanOptions.ts";
import { bondModes } from "../src/model.ts";

export const documentPath = `${import.meta.dir}/../docs/configuration.md`;

const tables: Readonly<Record<string, () => string>> = {
  "bond options": () =>
    writeTable(
      ["Option", "Values", "Default", "Modes", "What it does"],
      bondOptions.map((row) => [
        writeName(row),
        describeRule(row.rule),
        code(row.default),
        writeModes(row),
        describe(row),
      ]),
    ),
  "bond modes": () =>
    writeTable(
      ["Number", "Name"],
      bondModes.map((mode, number) => [String(number), code(mode)]),
    ),
  "VLAN options": () =>
    writeTable(
      ["Option", "Values", "Default", "What it does"],
      vlanOptions.map((row) => [
        writeName(row),
        describeRule(row.rule),
        code(row.default),
        docOf(row.name, vlanOptionDocs),
      ]),
    ),
};

/** The document with its generated parts as they have to be: what stands between `<!-- table: NAME -->` and `<!-- end -->`. */
export function writeTables(document: string): string {
  return document.replace(
    /(<!-- table: (.+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const write = tables[name];
      if (write === undefined) throw new Error(`there is no table called ${name}`);
      return `${begin}\n${write()}\n${end}`;
    },
  );
}

function writeTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("");
}

function code(text: string | undefined): string {
  return text === undefined ? "none" : `\`${text}\``;
}

function writeName({ name, aliases = [] }: Option): string {
  return [code(name), ...aliases.map((alias) => `also ${code(alias)}`)].join(", ");
}

function docOf(name: string, docs: Readonly<Record<string, string>>): string {
  const doc = docs[name];
  if (doc === undefined) throw new Error(`${name} has no sentence in src/config/optionDocs.ts`);
  return doc;
}

function writeModes({ modes }: BondOption): string {
  return modes === undefined ? "all" : modes.only.map((mode) => bondModes.indexOf(mode)).join(", ");
}

function describe({ name, modes, needs, multipleOf, set, sinceKernel }: BondOption): string {
  const sentences = [docOf(name, bondOptionDocs)];
  if (modes?.elsewhere === "no-effect") sentences.push("In other modes it does nothing: a warning.");
  if (needs?.otherwise === "no-effect") sentences.push(`Without ${code(needs.option)} it does nothing: a warning.`);
  else if (needs) sentences.push(`Needs ${code(needs.option)}.`);
  if (multipleOf) sentences.push(`Rounded down to a multiple of ${code(multipleOf)}.`);
  if (set === "enslaved")
    sentences.push("Set when the bond has its slaves; where the driver refuses it, the bond stays as it is.");
  if (sinceKernel) sentences.push(`Since Linux ${sinceKernel}.`);
  return sentences.join(" ");
}

if (import.meta.main) writeFileSync(documentPath, writeTables(readFileSync(documentPath, "utf8")));
