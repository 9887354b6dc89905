import { checkInterfaces, checkNode } from "../../cni/entries/nodeStatus.ts";
import { CniError } from "../../error.ts";
import type { NetworkService } from "../../host/services.ts";
import type { Desired } from "../../model.ts";
import { observe } from "../../observe/observe.ts";
import { type Options, UsageError } from "../arguments.ts";
import { findEntries } from "../read/entries.ts";
import { readFiles } from "../read/files.ts";
import { describeProblem, type Judgement, judge } from "../read/judge.ts";
import { listNodeLinks } from "../read/nodeLinks.ts";
import { listLinksOfConfigs, listLinksOfNode } from "../read/ownLinks.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Colour, type Line, line } from "../show/screen.ts";
import { dropIns, writeDropIn } from "./dropIn.ts";
import { examineNode, type Finding } from "./examine.ts";
import { examineIpam } from "./examineIpam.ts";

/** `ifacer doctor`: what on this node would stop ifacer, and the remedies; or a drop-in that keeps others off its links. */
export async function examine(options: Options): Promise<Report> {
  const judgements = options.has("--file") ? judgeFiles(options) : undefined;
  const services = (["NetworkManager", "systemd-networkd"] as const).filter((service) =>
    options.has(dropIns[service].option),
  );
  const [service] = services;
  if (services.length > 1)
    throw new UsageError("--network-manager and --networkd are two files: ask for one at a time");
  if (service) return printDropIn(service, judgements);

  const findings = await examineNode(judgements);
  findings.push(...examineIpam(judgements ?? []));
  for (const judgement of judgements ?? []) findings.push(await examineConfig(judgement));
  const bad = findings.filter(({ state }) => state === "bad").length;
  return {
    status: bad > 0 ? 1 : 0,
    text: [
      ...findings.flatMap(showFinding),
      line(
        0,
        bad > 0 ? `${bad} ${bad === 1 ? "thing" : "things"} would stop ifacer here` : "nothing would stop ifacer here",
      ),
    ],
    json: versioned({ healthy: bad === 0, findings }),
  };
}

function judgeFiles(options: Options): Judgement[] {
  const { entries, problems } = findEntries(readFiles(options.values("--file")));
  const unread = problems.map((problem) => ({
    path: describeProblem(problem),
    desired: undefined,
    problems,
    warnings: [],
  }));
  return [...entries.map(judge), ...unread];
}

async function printDropIn(service: NetworkService, judgements: readonly Judgement[] | undefined): Promise<Report> {
  const faulty = judgements?.find(({ desired }) => desired === undefined);
  if (faulty) return refuse(`${faulty.path}: not valid, see 'ifacer validate'`);
  const { links } = await listNodeLinks();
  const desired = judgements?.flatMap((judgement) => judgement.desired ?? []) ?? [];
  const names = judgements ? listLinksOfConfigs(desired, links) : listLinksOfNode(links);
  if (names.length === 0) {
    return refuse(
      judgements
        ? "there is no link to keep anybody off: the configs make none"
        : "ifacer has made no link on this node yet: name the configs with -f",
    );
  }
  const text = writeDropIn(service, names);
  return { status: 0, text, json: versioned({ path: dropIns[service].path, links: names, text }) };
}

function refuse(message: string): Report {
  return { status: 1, text: [], json: versioned({ problems: [{ path: "", message }] }), notes: [message] };
}

/** What only the node tells about a config is what STATUS would say. */
async function examineConfig({ path, desired }: Judgement): Promise<Finding> {
  if (desired === undefined) {
    return { what: path, state: "bad", message: "not valid", remedy: "'ifacer validate' says what is wrong" };
  }
  const reason = await findObstacle(desired);
  if (reason === undefined) return { what: path, state: "good", message: "ADD can be tried here" };
  return { what: path, state: "bad", message: reason, remedy: "'ifacer nics' lists what there is" };
}

async function findObstacle(desired: Desired): Promise<string | undefined> {
  try {
    await checkNode(desired);
    if (desired.place === "node") checkInterfaces(desired, await observe(desired, { depth: "links" }));
    return undefined;
  } catch (error) {
    if (error instanceof CniError) return error.message;
    throw error;
  }
}

const colours: Readonly<Record<Finding["state"], Colour>> = { good: "green", doubtful: "yellow", bad: "red" };

function showFinding({ what, state, message, remedy }: Finding): Line[] {
  return [
    line(0, `${state.padEnd(8)} ${what}: ${message}`, colours[state]),
    ...(remedy ? [line(2, `remedy: ${remedy}`)] : []),
  ];
}
