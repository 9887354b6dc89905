import { asksForAnything } from "../config/desired.ts";
import { runIp } from "../host/ip.ts";
import { ageOfJournal, journalPath, readJournalFile, removeJournalFile } from "../host/journal.ts";
import { isTried } from "../host/trialFile.ts";
import { observe } from "../observe/observe.ts";
import { snapshotNow } from "../observe/snapshot.ts";
import { plan } from "../plan/plan.ts";
import { showCommand } from "../plan/shell.ts";
import { describeMoved } from "./failure.ts";
import type { Journal } from "./journal.ts";
import { writeLines } from "./lines.ts";
import { takeBack } from "./takeBack.ts";

/** What became of an earlier ADD that did not come to its end. */
export interface Recovered {
  /** A line for each thing to tell. */
  readonly notes: readonly string[];
  /** It made links that stay, as somebody stands on them, and nobody has answered whom its `probe` asked. */
  readonly unanswered?: Journal;
}

/** In seconds: runtimes try again at once. What was there so long others may have built on, or made anew. */
const oldest = 600;

const longAgo = "an earlier ADD did not come to its end, long ago: what it left stays, see 'ifacer plan -f net.yaml'";

/**
 * Finishes or takes back what an ADD began that was killed, or that could not undo it. The lock has to be held.
 *
 * What is complete stays, as Pods may stand on it, but where nobody has answered the config's `probe`. All else is made what it was before; the caller goes on from there with
 * its own config, which may be the same. It is tried once: what can't be taken back is told, and the journal ends. What was done by
 * `apply --try` and not confirmed is taken back then.
 *
 * Throws code 102 or 103 where `ip` can't look, code 5 where the journal can't be removed.
 */
export async function recover({ lock }: { lock: number }): Promise<Recovered> {
  const { notes, ...rest } = await recoverJournal({ lock });
  if (!isTried()) return { notes, ...rest };
  const { settleTrial } = await import("./trial.ts");
  return { notes: [...notes, ...(await settleTrial({ lock }))], ...rest };
}

async function recoverJournal({ lock }: { lock: number }): Promise<Recovered> {
  const file = readJournalFile();
  // Almost always. What a journal needs is loaded only where there is one.
  if (file === undefined) return { notes: [] };
  const { isAbout, readJournal } = await import("./readJournal.ts");
  const { identifyNamespace } = await import("../host/netns.ts");
  const read = "fault" in file ? file : readJournal(file.bytes, await identifyNamespace());
  if (read === "stale") {
    removeJournalFile();
    return { notes: [] };
  }
  if ("fault" in read) {
    removeJournalFile();
    return { notes: [`removed the journal ${journalPath()} of an earlier ADD without acting on it: ${read.fault}`] };
  }
  const { journal, certain, ...facts } = read;
  const isOld = ageOfJournal() > oldest;
  // What was lost while links were replaced nobody else puts back.
  if (isOld && !journal.before.remade) {
    removeJournalFile();
    return { notes: [longAgo] };
  }
  const here =
    certain || isAbout(journal.before, await snapshotNow(journal.before, { isConcerned: () => false, site: { lock } }));
  const settled = here ? await settle(journal, { lock, isOld, ...facts }) : { notes: [] };
  removeJournalFile();
  return settled;
}

async function settle(
  journal: Journal,
  { lock, isOld, unwritten, unanswered }: { lock: number; isOld: boolean; unwritten: number; unanswered: boolean },
): Promise<Recovered> {
  const { desired, before } = journal;
  const now = await observe(desired, { depth: "links" });
  const { changes, conflicts, drift } = plan(desired, now);
  // NICs that were set up to be looked at are about no link, and are never complete.
  if (asksForAnything(desired) && changes.length + conflicts.length === 0 && !unanswered) {
    if (desired.removeUnused) await (await import("./made.ts")).rememberMade(desired, { before, now });
    // What comes last: a plan does not miss it, as the driver forgets it with the next failover.
    const { bond } = desired;
    const late = (bond?.settings ?? []).filter(({ name }) =>
      drift.some(({ link, what }) => name === "active_slave" && what === name && link === bond?.name),
    );
    if (before.remade) {
      const { putBack } = await import("./putBack.ts");
      return { notes: await putBack(desired, before, { lock }) };
    }
    if (bond === undefined || late.length === 0) return { notes: [] };
    await runIp(["-batch", "-"], writeLines({ type: "setBondOptions", name: bond.name, settings: late }), { lock });
    return { notes: [`finished what an ADD that was killed had begun: ${bond.name}`] };
  }
  if (isOld) return { notes: [longAgo] };
  const { began, left, kept, moved } = await takeBack(desired, before, { lock });
  const notes = [
    ...(began ? ["took back what an earlier ADD had begun and not ended"] : []),
    ...(kept.length > 0 ? [`kept ${kept.join(", ")} of it, as something stands on it by now`] : []),
    ...(began && unwritten > 0
      ? [`${unwritten} addresses, routes or the like it could not tell of are not put back`]
      : []),
    ...(moved.length > 0 ? [describeMoved(moved)] : []),
    ...(left.length > 0 ? [`could not take back all of it, run: ${left.map(showCommand).join("; ")}`] : []),
  ];
  return { notes, ...(unanswered && kept.length > 0 && { unanswered: journal }) };
}
