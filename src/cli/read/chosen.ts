import { chooseAsSeen, chooseWithLock, type Selection } from "../../apply/chooseNics.ts";
import type { Choosing } from "../../apply/locked.ts";
import { readConfig } from "../../config/read.ts";
import { withInterfaces } from "../../config/select.ts";
import type { Problem } from "../../model.ts";
import { type Choice, describeTooFew, isEnough, listNames } from "../../plan/choose.ts";
import { loadPolicy } from "../../policy/load.ts";
import type { Judgement } from "./judge.ts";

/** What was chosen on this node for an entry. */
export interface ChosenHere {
  readonly choice: Choice;
  /** Why that is too few, as one sentence; `undefined`: it is enough. */
  readonly tooFew: string | undefined;
  /** Chooses anew for who changes something. */
  readonly choose: Choosing;
}

/** An entry as this node understands it. */
export interface JudgementHere extends Judgement {
  /** `undefined`: the entry lists its interfaces, or is not valid. */
  readonly chosen?: ChosenHere | undefined;
}

/**
 * An entry that chooses its NICs, with the ones that are chosen on this node as it is now; any other as it is. Where too few are
 * chosen, it is about no NIC.
 *
 * Throws code 102 or 103 where the node can't be looked at, 106 where its policy can't be read.
 */
export async function chooseHere(judgement: Judgement): Promise<JudgementHere> {
  const { select, desired, warnings } = judgement;
  if (select === undefined || desired === undefined) return judgement;
  const selection: Selection = { ...select, policy: loadPolicy() };
  const choice = await chooseAsSeen(selection);
  const chosen = { choice, tooFew: undefined, choose: chooseWithLock(selection) };
  const { rules, isNamedAlike } = select.entry;
  if (!isEnough(rules, choice)) {
    const bond = desired.bond && { ...desired.bond, slaves: [] };
    const example = { ...desired, interfaces: [], bond, vlans: isNamedAlike ? desired.vlans : [] };
    return { ...judgement, desired: example, chosen: { ...chosen, tooFew: describeTooFew(rules, choice).message } };
  }
  const reading = readConfig(withInterfaces(select.body, listNames(choice)));
  const all = [...warnings, ...reading.warnings, ...findUntold(choice)];
  const known = new Map(all.map((warning) => [`${warning.path} ${warning.message}`, warning]));
  return { ...judgement, desired: reading.desired, problems: reading.problems, warnings: [...known.values()], chosen };
}

/** NICs that ADD would set up and wait for, where it has anything to change. */
function findUntold({ verdicts }: Choice): Problem[] {
  const names = verdicts.filter(({ pending }) => pending).map(({ candidate }) => candidate.link.name);
  if (names.length === 0) return [];
  const message = `of ${names.join(", ")} only the link is missing: an ADD that has to change something sets up what is down and waits for links, this is what is seen now`;
  return [{ path: "select", message }];
}
