import { type Alike, bucket, compareSizes, isTold } from "./alike.ts";
import { groupFailures, type Reason } from "./failures.ts";
import type { Fault, Gathered, NodeAnswers, UnusedLines } from "./gather.ts";
import { compareNames } from "./names.ts";
import { findOddities, type Oddity } from "./odd.ts";

export type Group = Alike &
  (
    | { readonly outcome: "inPlace" }
    | { readonly outcome: "changes"; readonly changes: readonly string[] }
    | { readonly outcome: "fails"; readonly reasons: readonly Reason[] }
    | { readonly outcome: "silent"; readonly reasons: readonly Silence[] }
    /** They told their state, and no node was asked for a plan. */
    | { readonly outcome: "notAsked" }
  );

/** Why a node did not answer what others did. */
export interface Silence extends Alike {
  readonly message: string;
  /** `undefined`: it did not come to an error of ifacer's. */
  readonly code: number | undefined;
}

/** A difference from the config. */
export interface Difference extends Alike {
  readonly message: string;
}

export interface Summary {
  /** How many nodes there are. */
  readonly nodes: number;
  /** The largest first. */
  readonly groups: readonly Group[];
  readonly drift: readonly Difference[];
  readonly odd: readonly Oddity[];
  /** How many facts about links of single nodes were too many to be compared. */
  readonly lostFacts: number;
  /** What is wrong with links. */
  readonly problems: readonly Difference[];
  readonly unused: ReadonlyMap<Fault, UnusedLines>;
  readonly repeated: readonly string[];
  /** Nodes that answered and were not expected to. */
  readonly unexpected: readonly string[];
}

/**
 * Sorts what the nodes answered.
 *
 * @param expected the nodes that there should be; `undefined`: whoever answered
 */
export function summarize(gathered: Gathered, { expected }: { expected: ReadonlySet<string> | undefined }): Summary {
  const nodes = [...gathered.nodes].toSorted(([one], [other]) => compareNames(one, other));
  const told = nodes.flatMap(([name, { status }]) => (isTold(status) ? [[name, status] as const] : []));
  return {
    nodes: nodes.length,
    groups: groupByOutcome(nodes),
    drift: collect(nodes, ({ plan }) => (isTold(plan) ? plan.drift : [])),
    odd: findOddities(told),
    lostFacts: gathered.lostFacts,
    problems: collect(nodes, ({ status }) => (isTold(status) ? status.problems : [])),
    unused: gathered.unused,
    repeated: [...gathered.repeated].toSorted(compareNames),
    unexpected: expected
      ? nodes
          .filter(hasAnswered)
          .map(([name]) => name)
          .filter((name) => !expected.has(name))
      : [],
  };
}

/** Whether a node would fail or did not say. Lines that may have been a node's answer count, those of others don't. */
export function isGood({ nodes, groups, unused }: Summary): boolean {
  const bad = groups.some(({ outcome }) => outcome === "fails" || outcome === "silent");
  return nodes > 0 && !bad && [...unused.keys()].every((fault) => fault === "foreign");
}

type Named = readonly [name: string, answers: NodeAnswers];

function hasAnswered([, { plan, status }]: Named): boolean {
  return plan !== undefined || status !== undefined;
}

function groupByOutcome(nodes: readonly Named[]): Group[] {
  const asked = {
    plan: nodes.some(([, { plan }]) => plan !== undefined),
    status: nodes.some(([, { status }]) => status !== undefined),
  };
  const fails = nodes.filter(([, { plan }]) => isTold(plan) && plan.failures.length > 0);
  const failing = new Set(fails.map(([name]) => name));
  const silences = new Map<string, Silence>();
  const others: [string, readonly string[] | undefined][] = [];
  for (const [name, answers] of nodes) {
    if (failing.has(name)) continue;
    const silence = findSilence(answers, asked);
    if (silence) silences.set(name, { ...silence, nodes: [name] });
    else others.push([name, isTold(answers.plan) ? answers.plan.changes : undefined]);
  }
  const groups: Group[] = bucket(others).map(({ value, nodes }) => {
    if (value === undefined) return { outcome: "notAsked", nodes };
    return value.length === 0 ? { outcome: "inPlace", nodes } : { outcome: "changes", nodes, changes: value };
  });
  if (fails.length > 0) groups.push({ outcome: "fails", nodes: [...failing], reasons: groupFailures(fails) });
  if (silences.size > 0)
    groups.push({ outcome: "silent", nodes: [...silences.keys()], reasons: groupSilences(silences) });
  return groups.toSorted(compareSizes);
}

/** Why a node lacks an answer that others gave. */
function findSilence(
  { plan, status, instead }: NodeAnswers,
  asked: { readonly plan: boolean; readonly status: boolean },
): Omit<Silence, "nodes"> | undefined {
  for (const told of [plan, status]) if (told && "error" in told) return told.error;
  const missing = [
    ...(plan === undefined && (asked.plan || !asked.status) ? ["plan"] : []),
    ...(status === undefined && asked.status ? ["status"] : []),
  ];
  if (missing.length === 0) return undefined;
  const what = plan === undefined && status === undefined ? "no line" : `no line of ${missing.join(" and ")}`;
  return { message: instead === undefined ? what : `${what}, but ${JSON.stringify(instead)}`, code: undefined };
}

function groupSilences(silences: ReadonlyMap<string, Silence>): Silence[] {
  const pairs = [...silences].map(([name, { message, code }]) => [name, { message, code }] as const);
  return bucket(pairs).map(({ value, nodes }) => ({ ...value, nodes }));
}

function collect(nodes: readonly Named[], list: (answers: NodeAnswers) => readonly string[]): Difference[] {
  const pairs = nodes.flatMap(([name, answers]) => list(answers).map((message) => [name, message] as const));
  return bucket(pairs).map(({ value, nodes }) => ({ message: value, nodes }));
}
