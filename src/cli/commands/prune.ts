import { isatty } from "node:tty";
import { type Assessed, assessUnused, type Choice, removeUnused } from "../../apply/unused.ts";
import { CniError, Code } from "../../error.ts";
import { hasNetAdmin } from "../../host/proc.ts";
import { readLine, writeAll } from "../../host/stdioSync.ts";
import { toItsEnd } from "../../host/toItsEnd.ts";
import { listOwnNames } from "../../observe/snapshot.ts";
import { type Options, UsageError } from "../arguments.ts";
import { findEntries } from "../read/entries.ts";
import { readFiles } from "../read/files.ts";
import { judge } from "../read/judge.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Line, line, render, type Screen } from "../show/screen.ts";

/** `ifacer prune`: shows which links of ifacer's nobody uses, asks, and removes them by the rules of DEL. */
export async function prune(options: Options, screen: Screen): Promise<Report> {
  const yes = options.has("--yes");
  if (!yes && !isatty(0) && options.value("--output") !== "json") {
    throw new UsageError("standard input is no terminal that could be asked: say --yes, or look with -o json");
  }
  const names = options.has("--file") ? readNames(options.values("--file")) : undefined;
  const isNamed: Choice = ({ name, altNames }) =>
    names === undefined || [name, ...altNames].some((one) => names.has(one));
  const assessed = await assessUnused(isNamed);
  const free = assessed.filter(({ reasons }) => reasons.length === 0);
  const shown = [
    ...assessed.map(showAssessed),
    ...(assessed.length === 0 ? [line(0, "there is no link of ifacer's on this node that was asked about")] : []),
  ];
  const links = assessed.map(({ link, made, reasons }) => ({
    link: link.name,
    noted: made !== undefined,
    unused: reasons.length === 0,
    reasons,
  }));
  const report = (said: string, text: readonly Line[], ending: Partial<Ending> = {}): Report => {
    const { status = 0, removed = [], kept = [] } = ending;
    const told = [...removed.map((fact) => line(0, fact, "green")), ...kept.map((fact) => line(0, fact, "red"))];
    return { status, text: [...text, ...told, line(0, said)], json: versioned({ links, removed, kept }) };
  };
  if (free.length === 0) return report("nothing is to be removed", shown);
  if (!yes) {
    if (!isatty(0)) return report("nothing was removed", shown);
    writeAll(2, render(shown, screen));
    writeAll(2, "Remove what is unused? Only 'yes' is taken for a yes: ");
    if (readLine().trim().toLowerCase() !== "yes") return report("nothing was removed", [], { status: 1 });
  }
  if (!(await hasNetAdmin())) {
    throw new CniError(Code.noPermission, "ifacer may not change the network: run it as root with CAP_NET_ADMIN");
  }
  const chosen = new Set(free.map(({ link }) => link.index));
  const ending = await toItsEnd(() => removeUnused(({ index }) => chosen.has(index)));
  const failed = ending.kept.length > 0;
  return report(failed ? "not all was removed" : "done", yes ? shown : [], { status: failed ? 1 : 0, ...ending });
}

interface Ending {
  readonly status: 0 | 1;
  readonly removed: readonly string[];
  readonly kept: readonly string[];
}

function showAssessed({ link, made, reasons }: Assessed): Line {
  if (reasons.length > 0) return line(0, `${link.name} stays: ${reasons.join(", ")}`);
  const evidence = made
    ? "nobody uses it"
    : "nothing was found that uses it; it was made without removeUnused, so that no Pod has noted to use it";
  return line(0, `${link.name}: ${evidence}`, "yellow");
}

/** The links that configs make on the node. Throws code 7 where one is not valid. */
function readNames(paths: readonly string[]): ReadonlySet<string> {
  const { entries, problems } = findEntries(readFiles(paths));
  const names = new Set<string>();
  const [problem] = problems;
  if (problem) throw new CniError(Code.invalidConfig, `${problem.path}: ${problem.message}`);
  for (const { path, desired } of entries.map(judge)) {
    if (desired === undefined) {
      throw new CniError(Code.invalidConfig, `${path} is not valid: 'ifacer validate' says what is wrong with it`);
    }
    if (desired.place === "node") for (const name of listOwnNames(desired)) names.add(name);
  }
  return names;
}
