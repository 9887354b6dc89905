import { noLinks } from "../config/noLinks.ts";
import { runIp } from "../host/ip.ts";
import { removeJournalFile } from "../host/journal.ts";
import { noteOnLock, readNoteOnLock } from "../host/lock.ts";
import { readVlanConfig } from "../host/proc.ts";
import type { Desired, Link } from "../model.ts";
import { observe } from "../observe/observe.ts";
import { snapshotBefore } from "../observe/snapshot.ts";
import { parseVlanConfig } from "../observe/vlanConfig.ts";
import type { Choice } from "../plan/choose.ts";
import { writeJournal } from "./journal.ts";
import { writeLines } from "./lines.ts";
import type { ChoosingSite, Chosen } from "./locked.ts";
import { takeBack } from "./takeBack.ts";

/** How long a NIC that was set up may take until it has link, in milliseconds: copper needs 2 to 4 s to agree on a speed. */
const patience = 5000;
const pause = 100;

/** How it is chosen. */
interface Way {
  /** Chooses among the NICs as they are. */
  readonly look: () => Promise<Choice>;
  /** What a choice asks of the host. Throws where it is not good enough. */
  readonly desire: (choice: Choice) => Desired;
}

/**
 * Chooses, for who is about to change something. NICs of which only the link is missing are set up, and waited
 * for; those that are not chosen then are set down again. The journal tells of them as long as they are up, so that who comes
 * after a kill sets them down.
 *
 * Throws what `look` and `desire` throw, code 102 (no `ip`), 103 (`ip` can't look) or 5 (the journal can't be written).
 */
export async function chooseWithLink({ look, desire }: Way, { lock, had, isInPlace }: ChoosingSite): Promise<Chosen> {
  const first = await look();
  const down = listPending(first).filter(({ up }) => !up);
  const now = attempt(() => desire(first));
  if ("value" in now && (down.length === 0 || (await isInPlace(now.value)))) {
    return { desired: now.value, raised: undefined };
  }
  // Where many wait in turn, one has waited for the links for all of them.
  if ("fault" in now && (down.length === 0 || (had === "after others" && wasInVain(down, lock)))) throw now.fault;
  const asked = desireNothingOf(down.map(({ name }) => name));
  const before = await snapshotBefore(asked, await observe(asked, { depth: "use" }), { lock });
  await writeJournal({ desired: asked, before });
  const lines = down.flatMap(({ name }) => writeLines({ type: "raise", name }));
  await runIp(["-force", "-batch", "-"], lines, { lock });
  const choice = await waitForLinks(look);
  noteOnLock(lock, [Date.now(), ...listPending(choice).map(({ name }) => name)].join(" "));
  const outcome = attempt(() => desire(choice));
  const kept = new Set("value" in outcome ? choice.chosen.map(({ link }) => link.index) : []);
  const setDown = async (links: readonly Link[]) => {
    const used = new Set(await listParents(links));
    return takeBack(asked, { ...before, links: links.filter(({ index }) => !used.has(index)) }, { lock });
  };
  const { left } = await setDown(before.links.filter(({ index }) => !kept.has(index)));
  const raised = before.links.filter(({ index }) => kept.has(index));
  if (raised.length === 0 && left.length === 0) removeJournalFile();
  if ("fault" in outcome) throw outcome.fault;
  if (raised.length === 0) return { desired: outcome.value, raised: undefined };
  const release = async () => {
    if ((await setDown(raised)).left.length === 0) removeJournalFile();
  };
  return { desired: outcome.value, raised: { before: { ...before, links: raised }, release } };
}

/** Whether somebody has waited for the links of all of these in vain since this call began. */
function wasInVain(down: readonly Link[], lock: number): boolean {
  const [ended, ...inVain] = readNoteOnLock(lock).split(" ");
  return Number(ended) > performance.timeOrigin && down.every(({ name }) => inVain.includes(name));
}

function attempt<T>(work: () => T): { readonly value: T } | { readonly fault: unknown } {
  try {
    return { value: work() };
  } catch (fault) {
    return { fault };
  }
}

/** Looks until no link that would change the choice is missing any more, or the time is over. */
async function waitForLinks(look: () => Promise<Choice>): Promise<Choice> {
  const end = performance.now() + patience;
  for (;;) {
    const choice = await look();
    if (listPending(choice).length === 0 || performance.now() > end) return choice;
    await Bun.sleep(pause);
  }
}

function listPending({ verdicts }: Choice): readonly Link[] {
  return verdicts.filter(({ pending }) => pending).map(({ candidate }) => candidate.link);
}

/** Those of the links that somebody has made a VLAN on by now. */
async function listParents(links: readonly Link[]): Promise<readonly number[]> {
  const parents = new Set(parseVlanConfig(await readVlanConfig()).map(({ parent }) => parent));
  return links.filter(({ name }) => parents.has(name)).map(({ index }) => index);
}

/** What asks for no link, and is about these NICs. */
function desireNothingOf(interfaces: readonly string[]): Desired {
  return { ...noLinks, place: "node", interfaces };
}
