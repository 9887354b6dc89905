import { ageOfJournal, isJournalThere, journalPath } from "../../host/journal.ts";
import { lookAtLock } from "../../host/lockState.ts";

/**
 * That an ADD did not come to its end, and what becomes of what it began; `undefined`: none is known of. As long as the lock is
 * held one is at work.
 */
export function describeLeftJournal(): string | undefined {
  try {
    if (!isJournalThere() || lookAtLock().state === "held") return undefined;
    const age = Math.round(ageOfJournal());
    return `an ADD did not come to its end ${age} s ago, which ${journalPath()} tells of: the next ADD that changes something takes back what it began`;
  } catch {
    // An ADD has just ended it.
    return undefined;
  }
}
