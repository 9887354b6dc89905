import { writeJournalFile } from "../host/journal.ts";
import { identifyNamespace } from "../host/netns.ts";
import type { Desired } from "../model.ts";
import type { Snapshot } from "../observe/snapshot.ts";

/** What has to outlive an ADD that changes something: whoever comes next can take back what it began. */
export interface Journal {
  readonly desired: Desired;
  readonly before: Snapshot;
}

/** Of the journal's form: another ifacer's is not read as one's own. */
export const journalVersion = 1;

/** Writes it, before the first change. Throws code 5 where it can't be written. */
export async function writeJournal({ desired, before }: Journal): Promise<void> {
  const { links, entries } = before;
  writeJournalFile(
    JSON.stringify({ version: journalVersion, ...(await identifyNamespace()), desired, links, entries }),
  );
}
