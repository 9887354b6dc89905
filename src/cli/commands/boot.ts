import { existsSync } from "node:fs";
import { basename } from "node:path";
import { CniError, Code } from "../../error.ts";
import { putLink, removeOurs } from "../../host/link.ts";
import { putTextFile } from "../../host/newFile.ts";
import type { Desired } from "../../model.ts";
import { UsageError } from "../arguments.ts";
import { findEntries } from "../read/entries.ts";
import { type File, readFiles } from "../read/files.ts";
import { describeProblem, judge } from "../read/judge.ts";
import { listNodeLinks } from "../read/nodeLinks.ts";
import { type Report, versioned } from "../show/report.ts";
import { command, type Line, line } from "../show/screen.ts";
import { bootPaths, writeBootUnit } from "./bootUnit.ts";
import { mark } from "./dropIn.ts";

/** What a unit is written for. */
export interface Boot {
  readonly files: readonly string[];
  /** The folder of the executable that the unit runs, as it is called on the system that boots. */
  readonly folder: string;
  /** The folder that stands for `/`, without a slash at its end; empty: this system's own. */
  readonly root: string;
}

/**
 * Puts the configs and the unit that applies them at boot into place. Nothing is written where one of the configs is not valid.
 *
 * Throws a UsageError, and code 5 where a file can't be written.
 */
export async function installBoot({ files, folder, root }: Boot): Promise<Report & { readonly text: readonly Line[] }> {
  if (files.length === 0 || files.includes("-")) {
    throw new UsageError("--boot needs files that have names: say with -f which configs are to be applied");
  }
  const read = readFiles(files);
  const desired = judgeAll(read);
  if ("problems" in desired) return refuse(desired.problems);
  const executable = findExecutable({ folder, root });
  const { text, leftOut } = writeBootUnit({ mark, executable, nics: await findNics(desired.listed, { root }) });
  const configs = nameApart(read).map(({ name, bytes }) => {
    const path = `${root}${bootPaths.networks}/${name}`;
    // The operator's own, whatever is in it: a file of the same name is the one before.
    return { path, changed: putTextFile(path, new TextDecoder().decode(bytes), { mark: "", root }) };
  });
  const unit = `${root}${bootPaths.unit}`;
  const changed = putTextFile(unit, text, { mark, root });
  const enabled = putLink(`${root}${bootPaths.link}`, bootPaths.target, { root });
  return {
    status: 0,
    text: [
      ...configs.map((config) => tellPut(config)),
      tellPut({ path: unit, changed: changed || enabled }),
      ...tellNext(root),
    ],
    json: versioned({ configs, unit, changed: changed || enabled || configs.some((config) => config.changed) }),
    notes: leftOut.map(
      (name) => `systemd can't wait for ${name}, which is an altname: list the NIC by its own name where it comes late`,
    ),
  };
}

/** Takes the unit away. The configs stay. Throws code 5 where that can't be done, or the unit is not ifacer's. */
export function removeBoot({ root }: { root: string }): Report {
  const unit = `${root}${bootPaths.unit}`;
  const link = removeOurs(`${root}${bootPaths.link}`, { target: bootPaths.target }, { root });
  const changed = removeOurs(unit, { mark }, { root }) || link;
  return {
    status: 0,
    text: [
      line(0, changed ? `${unit} is removed` : `there is no ${unit}, nothing was done`),
      line(0, `the configs in ${root}${bootPaths.networks} stay, and what is there of their links`),
      ...(changed ? askForReload(root) : []),
    ],
    json: versioned({ unit, changed }),
  };
}

/** The configs of the node that list their NICs, others choose them by rule when it is up; or what is wrong with any of the configs. */
function judgeAll(files: readonly File[]): { listed: readonly Desired[] } | { problems: readonly string[] } {
  const { entries, problems } = findEntries(files);
  const judgements = entries.map(judge);
  const faulty = judgements.filter(({ desired }) => desired === undefined);
  const faults = [
    ...problems.map(describeProblem),
    ...faulty.map(({ path }) => `${path}: not valid, see 'ifacer validate'`),
  ];
  if (faults.length > 0) return { problems: faults };
  const onNode = judgements.filter(({ inPods }) => !inPods);
  if (onNode.length === 0) {
    return { problems: ["the configs make no links on the node: those in Pods are made with their Pod"] };
  }
  return { listed: onNode.flatMap(({ desired, select }) => (desired && !select ? [desired] : [])) };
}

function refuse(problems: readonly string[]): Report & { readonly text: readonly Line[] } {
  return {
    status: 1,
    text: [],
    json: versioned({ problems: problems.map((message) => ({ path: "", message })) }),
    notes: problems,
  };
}

/** What can be an argument of `ExecStart=` as it is: no space, quote, `%`, `$` or backslash. */
const plainPath = /^\/[\w./@+:-]*$/;

function findExecutable({ folder, root }: Pick<Boot, "folder" | "root">): string {
  const path = `${folder.replace(/\/+$/, "")}/ifacer`;
  if (!plainPath.test(path)) {
    throw new UsageError(
      `--to is ${JSON.stringify(folder)}, allowed with --boot is an absolute path of plain characters`,
    );
  }
  if (existsSync(`${root}${path}`)) return path;
  throw new CniError(Code.io, `there is no ${root}${path} for the unit to run: say with --to where ifacer is to be`);
}

/** The NICs by their own names, as far as this node tells which NIC has an altname. Nobody knows that of an image. */
async function findNics(desired: readonly Desired[], { root }: { root: string }): Promise<string[]> {
  const names = [...new Set(desired.flatMap(({ interfaces }) => interfaces))];
  if (root !== "") return names;
  const { links } = await listNodeLinks();
  const here = links.filter(({ namespace }) => namespace === undefined);
  const own = names.map((name) => here.find(({ altNames }) => altNames.includes(name))?.name ?? name);
  return [...new Set(own)];
}

/** The files by the names that they get in one folder, which a later boot reads only if they end like configs do. */
function nameApart(files: readonly File[]): File[] {
  const named = files.map(({ name, bytes }) => {
    const base = basename(name);
    return { name: /\.(json|ya?ml|conf|conflist)$/.test(base) ? base : `${base}.json`, bytes };
  });
  const twice = named.find(({ name }, index) => named.findIndex((other) => other.name === name) !== index);
  if (twice)
    throw new UsageError(`two of the files would be called ${twice.name} in ${bootPaths.networks}: rename one`);
  const hidden = named.find(({ name }) => name.startsWith("."));
  if (hidden) throw new UsageError(`a file called ${hidden.name} would not be read at boot: rename it`);
  return named;
}

function tellPut({ path, changed }: { path: string; changed: boolean }): Line {
  return line(0, changed ? `${path} is installed` : `${path} is the same already, nothing was done`);
}

function tellNext(root: string): Line[] {
  if (root !== "") return [line(0, "it counts from the first boot of that system on")];
  return [
    line(0, "the links are there after each boot from now on, before the kubelet starts; to have them now:"),
    command(1, "systemctl daemon-reload"),
    command(1, "systemctl start ifacer"),
  ];
}

function askForReload(root: string): Line[] {
  return root === "" ? [line(0, "next, so that it is forgotten:"), command(1, "systemctl daemon-reload")] : [];
}
