import { runIp } from "../host/ip.ts";
import type { Desired, DesiredProbe } from "../model.ts";
import { parseLine, strings } from "../observe/json.ts";
import { ask } from "../wire/ask.ts";
import { nameSource, type Question } from "../wire/question.ts";
import { describeSilence } from "../wire/silence.ts";

/** What asking the wire brought out. */
export interface Probed {
  /** A sentence for each address that did not answer. */
  readonly silences: readonly string[];
  /** What could not be asked: in doubt, nobody is to blame. */
  readonly notes: readonly string[];
}

/**
 * Asks each address of the config's `probe` on each topmost link, the VLANs or else the bond, all at once. It is done once for a
 * node and not for each Pod: only where something was made or raised.
 */
export async function probe(desired: Desired, { addresses, timeout }: DesiredProbe): Promise<Probed> {
  const questions = listTopmost(desired).flatMap((name): Question[] =>
    addresses.map((address) => ({ source: { kind: "link", name }, address })),
  );
  try {
    const answers = await ask(questions, { timeout });
    const vlanID = desired.vlans[0]?.id;
    const dark = answers.some(({ outcome }) => outcome.type === "silent") ? await findDark(listTopmost(desired)) : [];
    const silences: string[] = [];
    const notes: string[] = [];
    for (const { question, outcome } of answers) {
      const { source, address } = question;
      if (outcome.type === "unasked") notes.push(`${address} could not be asked for: ${outcome.reason}`);
      if (outcome.type !== "silent") continue;
      const othersAnswer = answers.some(
        (other) => other.outcome.type === "answered" && isSameLink(other.question, question),
      );
      const carrier = !dark.includes(nameSource(source));
      silences.push(describeSilence({ source, address, timeout, vlanID, by: outcome.by, carrier, othersAnswer }));
    }
    return { silences, notes };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { silences: [], notes: [`the wire could not be asked: ${reason}`] };
  }
}

/** Of these links the ones without a carrier. */
async function findDark(names: readonly string[]): Promise<readonly unknown[]> {
  const lines = names.map((name) => `link show dev ${name}`);
  const { stdout } = await runIp(["-json", "-force", "-batch", "-"], lines);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("["))
    .flatMap(parseLine)
    .filter(({ flags }) => !strings(flags).includes("LOWER_UP"))
    .map(({ ifname }) => ifname);
}

function listTopmost({ bond, vlans }: Desired): readonly string[] {
  if (vlans.length > 0) return vlans.map(({ name, shortName }) => shortName ?? name);
  return bond ? [bond.name] : [];
}

function isSameLink(one: Question, other: Question): boolean {
  return one.source.kind === "link" && other.source.kind === "link" && one.source.name === other.source.name;
}
