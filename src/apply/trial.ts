import { identifyNamespace } from "../host/netns.ts";
import { endTrial, readTrialFile, removeTrialFile, writeTrialFile } from "../host/trialFile.ts";
import { snapshotNow } from "../observe/snapshot.ts";
import { showCommand } from "../plan/shell.ts";
import { describeMoved } from "./failure.ts";
import { formatJournal, type Journal } from "./journal.ts";
import { isAbout, readJournal } from "./readJournal.ts";
import { takeBack } from "./takeBack.ts";

/** What is done for now and may be taken back. */
export interface Trial {
  /** Keeps what the node is like before a config is applied; of one config the last word counts. Throws code 5. */
  readonly keep: (journal: Journal) => Promise<void>;
  /** Takes all of it back, the last things first. Where something is left, so is the file. */
  readonly undo: () => Promise<Undone>;
}

export interface Undone {
  /** A line for each thing to tell. */
  readonly notes: readonly string[];
  readonly isComplete: boolean;
}

/** Begins a trial. The lock has to be held all the time, with nothing left to settle. Throws code 5 where it can't be written. */
export function beginTrial({ lock }: { lock: number }): Trial {
  const journals: Journal[] = [];
  writeTrialFile("");
  return {
    keep: async (journal) => {
      if (journals.at(-1)?.desired === journal.desired) journals.pop();
      journals.push(journal);
      const here = await identifyNamespace();
      writeTrialFile(journals.map((one) => `${formatJournal(one, here)}\n`).join(""));
    },
    undo: async () => {
      const undone = await undoAll(journals, { lock });
      if (undone.isComplete) removeTrialFile();
      return undone;
    },
  };
}

/** In seconds: the longest trial, and twice as much for somebody to come by. What was there longer others have built on. */
const oldest = 1800;

/**
 * Takes back what was tried, not confirmed, and left by who was to do that and was killed. The lock has to be held. It is tried once.
 *
 * Returns a line for each thing to tell. Throws code 102 or 103 where `ip` can't look, code 5 where the file can't be removed.
 */
export async function settleTrial({ lock }: { lock: number }): Promise<readonly string[]> {
  endTrial();
  const found = readTrialFile();
  // It was confirmed just now.
  if (found === undefined) return [];
  const { file, age } = found;
  if ("fault" in file) {
    removeTrialFile();
    return [`what 'ifacer apply --try' did stays, as what is written about it is not to be trusted: ${file.fault}`];
  }
  if (age > oldest) {
    removeTrialFile();
    return ["what 'ifacer apply --try' did long ago and nobody confirmed stays, see 'ifacer plan -f net.yaml'"];
  }
  const here = await identifyNamespace();
  const lines = new TextDecoder().decode(file.bytes).split("\n");
  const journals: Journal[] = [];
  for (const line of lines.filter((text) => text !== "")) {
    const read = readJournal(new TextEncoder().encode(line), here);
    if (read === "stale") continue;
    if ("fault" in read) {
      removeTrialFile();
      return [`what 'ifacer apply --try' did stays, as what is written about it can't be read: ${read.fault}`];
    }
    const { journal, certain } = read;
    const nobody = { isConcerned: () => false, site: { lock } };
    if (certain || isAbout(journal.before, await snapshotNow(journal.before, nobody))) journals.push(journal);
  }
  const { notes } = await undoAll(journals, { lock });
  removeTrialFile();
  const done = journals.length > 0 ? ["took back what 'ifacer apply --try' had done, which nobody confirmed"] : [];
  return [...done, ...notes];
}

async function undoAll(journals: readonly Journal[], { lock }: { lock: number }): Promise<Undone> {
  const notes: string[] = [];
  let isComplete = true;
  for (const { desired, before } of journals.toReversed()) {
    const { left, kept, moved } = await takeBack(desired, before, { lock });
    if (kept.length > 0) notes.push(`kept ${kept.join(", ")}, as something stands on it by now`);
    if (moved.length > 0) notes.push(describeMoved(moved));
    if (left.length > 0) notes.push(`could not take back all of it, run: ${left.map(showCommand).join("; ")}`);
    isComplete &&= left.length === 0;
  }
  return { notes, isComplete };
}
