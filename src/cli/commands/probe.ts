import { showingLife, withLock } from "../../host/lock.ts";
import { ask } from "../../wire/ask.ts";
import type { Question } from "../../wire/question.ts";
import { type Options, UsageError } from "../arguments.ts";
import { listAddresses, type NodeAddress } from "../read/addresses.ts";
import { chooseHere } from "../read/chosen.ts";
import { findEntries } from "../read/entries.ts";
import { readFiles } from "../read/files.ts";
import { describeProblem, judge } from "../read/judge.ts";
import { isStacked, listNodeLinks, type NodeLink } from "../read/nodeLinks.ts";
import { readAddresses, readNumber, readVlanIDs } from "../read/values.ts";
import { type Whom, type Wish, type Wishes, wishOfConfig, wishOnLink } from "../read/wishes.ts";
import {
  describeVerdict,
  header,
  isGood,
  type Judged,
  summarizeScan,
  toJSON,
  toRow,
  type Verdict,
} from "../show/answers.ts";
import { type Around, indexLinks } from "../show/around.ts";
import { startTable } from "../show/live.ts";
import { type Report, versioned } from "../show/report.ts";
import { line, type Screen } from "../show/screen.ts";
import { refuseToShadow } from "../show/shadowed.ts";
import { judgeDirectly } from "./probeDirect.ts";
import { hearSwitches } from "./probeLLDP.ts";

/** The most VLANs that are made at once. */
const mostVlans = 100;

/** In seconds: VLANs are made under the lock, for which an ADD waits 30 s. */
const longestUnderLock = 10;

/** `ifacer probe`: who answers on the wire. */
export async function probe(options: Options, screen: Screen): Promise<Report> {
  const timeout = readNumber(options, "--timeout", { from: 0.1, to: 30, otherwise: 3 });
  const whom = readWhom(options);
  const quiet = options.value("--output") === "json";
  const { links } = await listNodeLinks();
  const { wishes, problems } = spareVlansOfPods(await findWishes(options, whom, links), links);
  if (timeout > longestUnderLock && wishes.some(({ question }) => needsLock(question))) {
    throw new UsageError(
      `--timeout is "${timeout}", allowed is at most ${longestUnderLock} where VLANs are made to ask in, as every ADD on this node waits meanwhile`,
    );
  }
  const held = await listAddresses(whom.free.length > 0 ? links.filter(isStacked) : []);
  const named = links.filter(({ name, altNames, namespace }) =>
    options.values("--dev").some((dev) => namespace === undefined && (name === dev || altNames.includes(dev))),
  );
  const heard = options.has("--lldp") ? hearSwitches([...named, ...wishes.map(({ link }) => link)], links) : undefined;

  const results = await askAll(wishes, { links, held, timeout, screen, quiet });
  const switches = await heard;
  const scan = whom.vlanIDs && results.length > 0 ? summarizeScan(results) : undefined;
  const good = problems.length === 0 && (scan ? scan.good : results.every(isGood));
  const words = scan ? scan.lines : results.flatMap((result) => describeVerdict(result, { all: results, timeout }));
  return {
    status: good ? 0 : 1,
    text: [...words, ...problems.map((problem) => line(0, problem, "red")), ...(switches?.lines ?? [])],
    json: versioned({
      good,
      timeout,
      answers: results.map((result) => toJSON(result, { all: results, timeout })),
      problems,
      ...(switches ? { switches: switches.json } : {}),
    }),
  };
}

function needsLock({ source }: Question): boolean {
  return source.kind === "vlan";
}

function readWhom(options: Options): Whom {
  const vlans = options.value("--vlans");
  const whom = {
    addresses: readAddresses(options, "--address"),
    free: readAddresses(options, "--free"),
    vlanIDs: vlans === undefined ? undefined : readVlanIDs(vlans, mostVlans),
  };
  if (options.has("--dev") && options.has("--file"))
    throw new UsageError("--dev and -f are two ways: give one of them");
  if (options.has("--dev") && whom.addresses.length + whom.free.length === 0 && !options.has("--lldp")) {
    throw new UsageError("there is nobody to ask for: give --address, --free or --lldp");
  }
  return whom;
}

async function findWishes(options: Options, whom: Whom, links: readonly NodeLink[]): Promise<Wishes> {
  const found = options.has("--dev")
    ? options.values("--dev").map((name) => wishOnLink(name, whom, links))
    : await wishOfFiles(options, whom, links);
  return { wishes: found.flatMap(({ wishes }) => wishes), problems: found.flatMap(({ problems }) => problems) };
}

/** Without the questions that would need a VLAN which running Pods have on the same link: the kernel would give it their frames. */
export function spareVlansOfPods({ wishes, problems }: Wishes, links: readonly NodeLink[]): Wishes {
  const around = indexLinks(links);
  const refusals = new Map<Wish, string>();
  for (const wish of wishes) {
    const refusal = findRefusal(wish, around);
    if (refusal !== undefined) refusals.set(wish, refusal);
  }
  return {
    wishes: wishes.filter((wish) => !refusals.has(wish)),
    problems: [...problems, ...new Set(refusals.values())],
  };
}

function findRefusal({ question: { source }, link }: Wish, around: Around): string | undefined {
  return source.kind === "vlan" ? refuseToShadow(link, source, around) : undefined;
}

async function wishOfFiles(options: Options, whom: Whom, links: readonly NodeLink[]): Promise<Wishes[]> {
  const { entries, problems } = findEntries(readFiles(options.values("--file")));
  const judged = await Promise.all(entries.map(async (entry) => ({ entry, here: await chooseHere(judge(entry)) })));
  const wishes = judged.map(({ entry, here: { path, desired, chosen } }) => {
    if (chosen?.tooFew !== undefined) return { wishes: [], problems: [`${path}: ${chosen.tooFew}`] };
    if (desired === undefined) return { wishes: [], problems: [`${path}: not valid, 'ifacer validate' says why`] };
    return wishOfConfig(desired, entry.followers, whom, links);
  });
  return [...wishes, { wishes: [], problems: problems.map(describeProblem) }];
}

interface Asking {
  readonly links: readonly NodeLink[];
  /** Who has which address on this node. */
  readonly held: readonly NodeAddress[];
  readonly timeout: number;
  readonly screen: Screen;
  readonly quiet: boolean;
}

/** Asks for all that this node does not have itself, and shows it as the answers come. */
async function askAll(wishes: readonly Wish[], { links, held, timeout, screen, quiet }: Asking): Promise<Judged[]> {
  const judged: Judged[] = wishes.map((wish) => ({ wish, verdict: findHolder(wish, links, held) }));
  const table = startTable(header, judged.map(toRow), { screen, quiet: quiet || wishes.length === 0 });
  const settle = (index: number, verdict: Verdict | undefined): void => {
    const wish = wishes[index];
    if (wish === undefined || verdict === undefined) return;
    judged[index] = { wish, verdict };
    table.set(index, toRow(judged[index]), { done: true });
  };
  for (const [index, { verdict }] of judged.entries()) settle(index, verdict);
  const listQuestions = () => judged.filter(({ verdict }) => verdict === undefined).map(({ wish }) => wish.question);
  const work = () =>
    ask(listQuestions(), {
      timeout,
      onAnswer: ({ question, outcome }) => {
        // Where there was no answer, there may be one to the link itself.
        if (outcome.type === "answered")
          settle(
            wishes.findIndex((wish) => wish.question === question),
            outcome,
          );
      },
    });
  // A VLAN that is made for a question is in the way of an ADD that makes the same.
  const workLocked = async () => {
    for (const [index, refusal] of await refuseLate(judged)) settle(index, { type: "unasked", reason: refusal });
    return await work();
  };
  const answers = listQuestions().some(needsLock)
    ? await withLock((lock) => showingLife(lock, workLocked))
    : await work();
  const outcomes = new Map(answers.map(({ question, outcome }) => [question, outcome]));
  const open = judged.filter(({ verdict }) => verdict === undefined);
  const direct = await judgeDirectly(open, { outcomes, held, timeout });
  for (const [index, { wish, verdict }] of judged.entries()) {
    if (verdict === undefined) settle(index, direct.get(wish) ?? outcomes.get(wish.question));
  }
  return judged;
}

/** What must not be asked any more once the lock is had, for which others may have been waited: Pods have come meanwhile. */
async function refuseLate(judged: readonly Judged[]): Promise<(readonly [index: number, refusal: string])[]> {
  const around = indexLinks((await listNodeLinks()).links);
  return [...judged.entries()].flatMap(([index, { wish, verdict }]) => {
    const refusal = verdict === undefined ? findRefusal(wish, around) : undefined;
    return refusal === undefined ? [] : [[index, refusal] as const];
  });
}

/** Who on this node has the address: a macvlan can't ask the link below it, nor every kind of Pod's interface. */
function findHolder(
  { question, link, expects }: Wish,
  links: readonly NodeLink[],
  held: readonly NodeAddress[],
): Verdict | undefined {
  const same = held.filter(({ local }) => local === question.address);
  const own = same.find(
    ({ namespace, link: name }) => namespace === undefined && (expects === "silence" || name === link.name),
  );
  if (own) return { type: "held", holder: `this node, on ${own.link}` };
  const pod = same.find(({ namespace, link: name }) => {
    const holder = links.find((candidate) => candidate.namespace === namespace && candidate.name === name);
    return namespace !== undefined && question.source.kind === "link" && holder?.parentIndex === link.index;
  });
  return pod && { type: "held", holder: `a Pod of this node, namespace ${pod.namespace}` };
}
