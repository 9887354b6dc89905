import type { Fact, StatusAnswer } from "./facts.ts";

/** How many different facts are kept: of more, those that a single node tells are left out, as nothing can be compared with them. */
export const mostFacts = 50_000;

/** How many values of one property are told apart. */
const mostValues = 1000;

/** The value of all that were not told apart; see `isKnown`. */
const otherValue = "another value";

/** Whether the value of a fact is one that a node told, not all those beyond the first thousand together. */
export function isKnown({ value }: Fact): boolean {
  return value !== otherValue;
}

/** The facts of many nodes, each kept once, and no more of them than memory is meant for. */
export interface Facts {
  /** The same answer with the facts that are kept, which may become fewer. */
  keep(status: StatusAnswer): StatusAnswer;
  /** Notes that several nodes told an answer that `keep` returned. */
  share(status: StatusAnswer): void;
  /** How many were left out. */
  countLost(): number;
}

interface Kept extends StatusAnswer {
  facts: readonly Fact[];
}

/** What was told of a subject. */
interface Subject {
  /** The only answer that has it; `undefined`: several have. */
  teller: Kept | undefined;
  /** Of an only teller, all facts. */
  readonly told: Fact[];
  /** Of several, the facts with different values, by property. */
  byProperty: Map<string, Fact[]> | undefined;
}

/** @param most how many different facts are kept */
export function keepFacts(most = mostFacts): Facts {
  const subjects = new Map<string, Subject>();
  const shared = new Set<StatusAnswer>();
  let count = 0;
  let lost = 0;
  let full = false;

  const keepFact = (fact: Fact, teller: Kept): Fact | undefined => {
    const subject = subjects.get(fact.subject);
    if (subject === undefined) {
      if (full) return undefined;
      subjects.set(fact.subject, { teller, told: [fact], byProperty: undefined });
      count++;
      return fact;
    }
    if (subject.teller === teller) {
      subject.told.push(fact);
      count++;
      return fact;
    }
    subject.teller = undefined;
    subject.byProperty ??= new Map(subject.told.splice(0).map((own) => [own.property, [own]]));
    const values = subject.byProperty.get(fact.property) ?? [];
    subject.byProperty.set(fact.property, values);
    const known = values.find(({ value }) => value === fact.value);
    if (known) return known;
    const isOneTooMany = values.length >= (full ? 1 : mostValues);
    const further = isOneTooMany ? (values.find((one) => !isKnown(one)) ?? { ...fact, value: otherValue }) : fact;
    if (!values.includes(further)) {
      values.push(further);
      count++;
    }
    return further;
  };

  const leaveOut = (): void => {
    const tellers = new Set<Kept>();
    for (const [name, { teller, told }] of subjects) {
      if (teller === undefined || shared.has(teller)) continue;
      subjects.delete(name);
      count -= told.length;
      lost += told.length;
      tellers.add(teller);
    }
    for (const teller of tellers) teller.facts = teller.facts.filter(({ subject }) => subjects.has(subject));
    // It would be so again and again.
    full = count > most / 2;
  };

  return {
    keep(status) {
      const kept: Kept = { ...status, facts: [] };
      const facts = status.facts.flatMap((fact) => keepFact(fact, kept) ?? []);
      kept.facts = facts;
      lost += status.facts.length - facts.length;
      if (count > most && !full) leaveOut();
      return kept;
    },
    share: (status) => void shared.add(status),
    countLost: () => lost,
  };
}
