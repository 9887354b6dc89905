import { type Answer, type PlanAnswer, readAnswer, readNode, type Told } from "./answer.ts";
import type { StatusAnswer } from "./facts.ts";
import { keepFacts } from "./keep.ts";
import { readLogLine } from "./line.ts";

/** A line of the input. */
export interface InputLine {
  /** From 1. */
  readonly number: number;
  /** What stands there, or, where that is too long to be read, how it begins. */
  readonly text: string;
  readonly tooLong: boolean;
}

/** In bytes: what a node with ten thousand links has to say. */
export const longestLine = 4 * 1024 * 1024;

/** Where lines come from. */
export interface Source {
  /** What messages call it. */
  readonly name: string;
  /** The node that all of its lines are from; `undefined`: they say it themselves. */
  readonly node: string | undefined;
}

/** Why a line is of no use. */
export type Fault = "broken" | "tooLong" | "nameless" | "foreign";

export interface UnusedLines {
  readonly count: number;
  /** Where the first of them stands, and how it begins. */
  readonly first: { readonly source: string; readonly number: number; readonly text: string };
}

/** All that was said by and about a node. */
export interface NodeAnswers {
  readonly plan: Told<PlanAnswer> | undefined;
  readonly status: Told<StatusAnswer> | undefined;
  /** How the first line begins that it printed instead of an answer. */
  readonly instead: string | undefined;
}

export interface Gathered {
  /** By the node's name; `pod NAME` where only the Pod is known. */
  readonly nodes: ReadonlyMap<string, NodeAnswers>;
  readonly unused: ReadonlyMap<Fault, UnusedLines>;
  /** Nodes that said the same more than once; the last answer counts, or one by which ADD would fail. */
  readonly repeated: ReadonlySet<string>;
  /** How many facts about links were left out of what is compared: they are too many. */
  readonly lostFacts: number;
}

/** Puts answers together, line by line, and keeps of each only what nodes are compared by. */
export class Gathering {
  readonly #nodes = new Map<string, NodeAnswers>();
  readonly #pods = new Map<string, { node: string | undefined; instead: string | undefined }>();
  readonly #unused = new Map<Fault, UnusedLines>();
  readonly #repeated = new Set<string>();
  /** Most nodes answer alike: what is alike is kept once. */
  readonly #known = new Map<string, Told<PlanAnswer> | Told<StatusAnswer>>();
  readonly #facts = keepFacts();

  /** Notes that a node is there, whatever it says. */
  expect(node: string): void {
    if (!this.#nodes.has(node)) this.#nodes.set(node, nothing);
  }

  add(line: InputLine, source: Source): void {
    const { pod, text } = readLogLine(line.text);
    if (pod !== undefined && !this.#pods.has(pod)) this.#pods.set(copy(pod), { node: undefined, instead: undefined });
    if (text === "") return;
    const document = line.tooLong ? undefined : parse(text);
    const answer = document === undefined ? undefined : readAnswer(document.value);
    if (answer === undefined) {
      this.#note(line.tooLong ? "tooLong" : text.startsWith("{") && !document ? "broken" : "foreign", line, source);
      this.#blame(text, { pod, node: source.node ?? readNode(document?.value) });
      return;
    }
    const node = source.node ?? answer.node ?? (pod === undefined ? undefined : describePod(pod));
    if (node === undefined) {
      this.#note("nameless", line, source);
      return;
    }
    const known = pod === undefined ? undefined : this.#pods.get(pod);
    if (known) known.node = node;
    this.#keep(node, answer);
  }

  finish(): Gathered {
    for (const [pod, { node = describePod(pod), instead }] of this.#pods) {
      const answers = this.#nodes.get(node) ?? nothing;
      this.#nodes.set(node, { ...answers, instead: answers.instead ?? instead });
    }
    return { nodes: this.#nodes, unused: this.#unused, repeated: this.#repeated, lostFacts: this.#facts.countLost() };
  }

  #keep(node: string, { plan, status }: Answer): void {
    const before = this.#nodes.get(node) ?? nothing;
    if ((plan && before.plan) || (status && before.status)) this.#repeated.add(node);
    this.#nodes.set(node, {
      plan: plan && !(isFailing(before.plan) && !isFailing(plan)) ? this.#once(plan) : before.plan,
      status: status ? this.#once(status) : before.status,
      instead: before.instead,
    });
  }

  #once<T extends Told<PlanAnswer> | Told<StatusAnswer>>(value: T): T {
    // A digest: where each node has something of its own, the texts themselves would take most of the memory.
    const key = new Bun.CryptoHasher("sha256").update(JSON.stringify(value)).digest("base64");
    const known = this.#known.get(key);
    if (known !== undefined) {
      if ("facts" in known) this.#facts.share(known);
      return known as T;
    }
    const kept = "facts" in value ? this.#facts.keep(value) : value;
    this.#known.set(key, kept);
    return kept as T;
  }

  #note(fault: Fault, { number, text }: InputLine, source: Source): void {
    const before = this.#unused.get(fault);
    const first = before?.first ?? { source: source.name, number, text: begin(text) };
    this.#unused.set(fault, { count: (before?.count ?? 0) + 1, first });
  }

  /** A node that says something else instead of an answer should be known by that. */
  #blame(text: string, { pod, node }: { pod: string | undefined; node: string | undefined }): void {
    const instead = begin(text);
    if (node !== undefined) {
      const before = this.#nodes.get(node) ?? nothing;
      this.#nodes.set(node, { ...before, instead: before.instead ?? instead });
    } else if (pod !== undefined) {
      const known = this.#pods.get(pod);
      if (known) known.instead ??= instead;
    }
  }
}

function isFailing(plan: Told<PlanAnswer> | undefined): boolean {
  return plan !== undefined && "failures" in plan && plan.failures.length > 0;
}

const nothing: NodeAnswers = { plan: undefined, status: undefined, instead: undefined };

function describePod(pod: string): string {
  return `pod ${pod}`;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const shown = 80;

function begin(text: string): string {
  return text.length > shown ? `${copy(text.slice(0, shown))}...` : copy(text);
}

/** A part of a string keeps all of it in memory; a copy does not. */
function copy(text: string): string {
  return Buffer.from(text).toString();
}
