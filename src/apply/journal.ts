import { writeJournalFile } from "../host/journal.ts";
import { identifyNamespace, type NamespaceID } from "../host/netns.ts";
import type { Desired } from "../model.ts";
import type { Entry } from "../observe/entries.ts";
import type { Snapshot } from "../observe/snapshot.ts";

/** What has to outlive an ADD that changes something: whoever comes next can take back what it began. */
export interface Journal {
  readonly desired: Desired;
  readonly before: Snapshot;
}

/** Of the journal's form: another ifacer's is not read as one's own. */
export const journalVersion = 1;

/** Writes it, before the first change. Throws code 5 where it can't be written. */
export async function writeJournal(journal: Journal): Promise<void> {
  writeJournalFile(formatJournal(journal, await identifyNamespace()));
}

/** What a word of a line for `ip` may be that is read from a journal. */
export const journalWord = /^(?!-)[^\s#\\'"\p{Cc}\ufffd]{1,65536}$/u;

/** What a MAC may be: those of tunnels are IP addresses. */
export const journalMAC = /^[0-9a-f:.]{0,100}$/;

/**
 * The text of a journal, which `readJournal` takes in any case. An entry with a word that no line may have is left out and
 * counted: the ADD itself puts it back, only who comes after its death can't.
 */
export function formatJournal({ desired, before }: Journal, here: NamespaceID): string {
  const entries = before.entries.filter(isReadable);
  const links = before.links.map((link) => ({ ...link, mac: journalMAC.test(link.mac) ? link.mac : "" }));
  return JSON.stringify({
    version: journalVersion,
    ...here,
    desired,
    links,
    entries,
    remade: before.remade,
    unwritten: before.entries.length - entries.length,
    // Until the journal ends nobody has answered.
    unanswered: desired.probe !== undefined,
  });
}

function isReadable({ words }: Entry): boolean {
  return words.every((word) =>
    typeof word === "number" ? Number.isSafeInteger(word) && word >= 0 : journalWord.test(word),
  );
}
