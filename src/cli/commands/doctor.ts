import { checkNode } from "../../cni/entries/nodeStatus.ts";
import { CniError } from "../../error.ts";
import { putTextFile } from "../../host/newFile.ts";
import { isRunning, type NetworkService } from "../../host/services.ts";
import type { Desired } from "../../model.ts";
import { listNames } from "../../plan/choose.ts";
import { quoteForShell } from "../../plan/shell.ts";
import type { PoolEntry } from "../../pool/entry.ts";
import { type Options, UsageError } from "../arguments.ts";
import { chooseHere, type JudgementHere } from "../read/chosen.ts";
import { findEntries } from "../read/entries.ts";
import { readFiles } from "../read/files.ts";
import { describeProblem, type Judgement, judge } from "../read/judge.ts";
import { listNodeLinks } from "../read/nodeLinks.ts";
import { listLinksOfConfigs, listLinksOfNode } from "../read/ownLinks.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Colour, command, type Line, line } from "../show/screen.ts";
import { planNow } from "./assess.ts";
import { dropIns, mark, showName, writeDropIn } from "./dropIn.ts";
import { examineNode, type Finding } from "./examine.ts";
import { examineIpam } from "./examineIpam.ts";
import { planPool } from "./poolPlan.ts";

/** `ifacer doctor`: what on this node would stop ifacer, and the remedies; or a drop-in that keeps others off its links. */
export async function examine(options: Options): Promise<Report> {
  const judgements = options.has("--file") ? await judgeFiles(options) : undefined;
  if (options.has("--root") && !options.has("--install"))
    throw new UsageError("--root is where --install puts a drop-in: give both or neither");
  const services = (["NetworkManager", "systemd-networkd"] as const).filter((service) =>
    options.has(dropIns[service].option),
  );
  const [service] = services;
  if (services.length > 1)
    throw new UsageError("--network-manager and --networkd are two files: ask for one at a time");
  if (options.value("--root") === "")
    throw new UsageError('--root is "", allowed is the root folder of another system');
  const root = options.value("--root")?.replace(/\/+$/, "") ?? "";
  const install = options.has("--install");
  if (service) return answerDropIn(service, judgements, { install, root });
  if (install) throw new UsageError("--install puts a drop-in into place: say --network-manager or --networkd with it");

  const findings = await examineNode(judgements);
  findings.push(...examineIpam(judgements ?? []));
  for (const judgement of judgements ?? []) findings.push(...(await examineConfig(judgement)));
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

async function judgeFiles(options: Options): Promise<JudgementHere[]> {
  const { entries, problems } = findEntries(readFiles(options.values("--file")));
  const unread = problems.map((problem) => ({
    path: describeProblem(problem),
    cniVersion: undefined,
    desired: undefined,
    problems,
    warnings: [],
  }));
  return [...(await Promise.all(entries.map((entry) => chooseIfPossible(judge(entry))))), ...unread];
}

/** What keeps the node from being looked at is told as why nothing is chosen. */
async function chooseIfPossible(judgement: Judgement): Promise<JudgementHere> {
  try {
    return await chooseHere(judgement);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const choose = () => Promise.reject(error);
    return { ...judgement, chosen: { choice: { chosen: [], verdicts: [] }, tooFew: error.message, choose } };
  }
}

interface Wanted {
  /** Whether the file is put into place, instead of printed. */
  readonly install: boolean;
  /** The folder that stands for `/`, of an image for example; without a slash at its end. */
  readonly root: string;
}

async function answerDropIn(
  service: NetworkService,
  judgements: readonly JudgementHere[] | undefined,
  { install, root }: Wanted,
): Promise<Report> {
  const faulty = judgements?.find(({ desired }) => desired === undefined);
  if (faulty) return refuse(`${faulty.path}: not valid, see 'ifacer validate'`);
  const unchosen = judgements?.find(({ select, chosen }) => select && (root !== "" || chosen?.tooFew !== undefined));
  if (unchosen) {
    return refuse(
      `${unchosen.path}: ${root === "" ? unchosen.chosen?.tooFew : "which NICs select takes is known on the node itself only: leave --root out, and run it there"}`,
    );
  }
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
  const { text, leftOut } = writeDropIn(service, names);
  const path = `${root}${dropIns[service].path}`;
  const written = names.filter((name) => !leftOut.includes(name));
  // A file for networkd that names no link might be taken for one about all of them.
  if (written.length === 0)
    return refuse(`${service} can't be told of a link with any of these names: ${leftOut.map(showName).join(", ")}`);
  const told = { path, links: written, leftOut, text };
  const notes = leftOut.map((name) => `${service} can't be told of a link called ${showName(name)}: it is left out`);
  if (!install) return { status: 0, text, json: versioned(told), notes };
  const changed = putTextFile(path, text, { mark, root });
  return {
    status: 0,
    text: [
      line(0, changed ? `${path} is installed` : `${path} is the same already, nothing was done`),
      ...tellNext(service, written, { root }),
    ],
    json: versioned({ ...told, changed }),
    notes,
  };
}

/** What is to be typed then, and how to see that it worked. */
function tellNext(service: NetworkService, names: readonly string[], { root }: { root: string }): Line[] {
  if (root !== "") return [line(0, "it counts from the first boot of that system on")];
  const { command: restart } = dropIns[service];
  if (!isRunning(service)) return [line(0, `${service} does not run here, it reads the file when it starts`)];
  const shown = names.map(quoteForShell);
  const ask = {
    NetworkManager: () => shown.map((name) => `nmcli -g GENERAL.NM-MANAGED device show ${name}`),
    "systemd-networkd": () => [`networkctl list ${shown.join(" ")}`],
  }[service]();
  const answer = service === "NetworkManager" ? "no" : "unmanaged";
  return [
    line(0, "next, so that it is read:"),
    command(1, restart),
    line(0, `then these say '${answer}' of each link that is there:`),
    ...ask.map((one) => command(1, one)),
  ];
}

function refuse(message: string): Report {
  return { status: 1, text: [], json: versioned({ problems: [{ path: "", message }] }), notes: [message] };
}

/** What ADD would say: what STATUS asks of the node, then the plan with the node's policy. */
async function examineConfig({ path, desired, chosen, pool }: JudgementHere): Promise<Finding[]> {
  if (desired === undefined) {
    return [{ what: path, state: "bad", message: "not valid", remedy: "'ifacer validate' says what is wrong" }];
  }
  if (chosen?.tooFew !== undefined) {
    const remedy = "'ifacer nics -f FILE' tells of each NIC why it is not chosen";
    return [{ what: path, state: "bad", message: chosen.tooFew, remedy }];
  }
  const obstacles = await findObstacles(desired, pool);
  const taken = chosen ? `, select takes ${listNames(chosen.choice).join(", ")}` : "";
  if (obstacles.length === 0) return [{ what: path, state: "good", message: `ADD can be tried here${taken}` }];
  return obstacles.map(({ message, remedy }) => ({ what: path, state: "bad", message, ...(remedy && { remedy }) }));
}

interface Obstacle {
  readonly message: string;
  readonly remedy?: string;
}

async function findObstacles(desired: Desired, pool: PoolEntry | undefined): Promise<Obstacle[]> {
  try {
    await checkNode(desired);
    if (desired.place === "pod") return [];
    const { conflicts } = pool ? (await planPool(pool)).plan : await planNow(desired);
    return conflicts.map(({ reason, message }) =>
      reason === "missing" ? { message, remedy: "'ifacer nics' lists what there is" } : { message },
    );
  } catch (error) {
    if (error instanceof CniError) return [{ message: error.message }];
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
