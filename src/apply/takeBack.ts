import { type IpSite, runIp } from "../host/ip.ts";
import type { Desired } from "../model.ts";
import { listOwnNames, type Snapshot, snapshotNow, snapshotOf } from "../observe/snapshot.ts";
import { isSafeLine } from "./lines.ts";
import { lookAt } from "./site.ts";
import { planUndo, type Undoing } from "./undo.ts";

/** What came of taking back. */
export interface TakenBack {
  /** Whether anything had to be. */
  readonly began: boolean;
  /** The `ip` lines that should have done it and did not; empty: all is as it was, but for what is kept. */
  readonly left: readonly string[];
  /** The names of links that stay, because somebody stands on them by now. */
  readonly kept: readonly string[];
  /** What stays lost, in words, because somebody put something else in its place meanwhile. */
  readonly moved: readonly string[];
}

/** How often is tried: some things are lost only while undoing, a route of several ways with the last of its NICs for example. */
const rounds = 3;

/** A run of `ip` takes 1.5 ms. */
const mostAlone = 1000;

/** Makes a place again what it was `before`. Throws code 102 or 103 where `ip` can't look at it. */
export async function takeBack(desired: Desired, before: Snapshot, site: IpSite): Promise<TakenBack> {
  const own = listOwnNames(desired);
  const look = async () =>
    desired.path
      ? snapshotOf(desired, await lookAt(site, desired, "links"))
      : snapshotNow(before, { isConcerned: ({ name }) => own.includes(name), site });
  const now = await look();
  const rebuild = before.remade && (await import("./rebuild.ts")).planRebuild;
  let earlier = "";
  // What was taken apart comes first, the rest follows once that is what it was; or once that gets no further, as it may need the rest:
  // a NIC that is to leave a bond before it has its MTU again.
  const planOn = (seen: Snapshot): Undoing => {
    const undoing = planUndo(desired, { before, now: seen });
    const lines = rebuild?.({ before, now: seen }) ?? [];
    if (lines.length === 0) return undoing;
    const isStuck = lines.join("\n") === earlier;
    earlier = lines.join("\n");
    return { ...undoing, lines: isStuck ? [...undoing.lines, ...lines] : lines };
  };
  const first = planOn(now);
  const most = rebuild ? 2 * rounds : rounds;
  // What a Pod owns nobody else stands on.
  if (first.deleted.length === 0 || desired.place === "pod" || desired.path)
    return carryBack(first, async () => planOn(await look()), { site, rounds: most });
  const { guard } = await import("./guard.ts");
  const { busy, end } = await guard(first.deleted, site);
  const planNow = (seen: Snapshot): Undoing => planOn(withStrangers(seen, busy));
  try {
    return await carryBack(planNow(now), async () => planNow(await look()), { site, rounds: most });
  } finally {
    await end();
  }
}

/** The place as it is where somebody unseen stands on links of these names. */
function withStrangers(now: Snapshot, busy: ReadonlySet<string>): Snapshot {
  const found = now.links.filter(({ name }) => busy.has(name)).map(({ index }) => [index, 1] as const);
  return { ...now, strangers: new Map([...now.strangers, ...found]) };
}

async function carryBack(
  undoing: Undoing,
  planNow: () => Promise<Undoing>,
  { site, rounds }: { site: IpSite; rounds: number },
): Promise<TakenBack> {
  let { lines, kept, moved } = undoing;
  const began = lines.length > 0;
  for (let round = 1; round <= rounds && lines.length > 0; round++) {
    const safe = lines.filter(isSafeLine);
    // A line that `ip` can't read makes it leave the batch, so that what is left then gets an `ip` each, as far as time allows.
    const batches = round === 1 ? [safe] : [...safe.slice(0, mostAlone).map((line) => [line]), safe.slice(mostAlone)];
    for (const batch of batches) if (batch.length > 0) await runIp(["-force", "-batch", "-"], batch, site);
    ({ lines, kept, moved } = await planNow());
  }
  return { began, left: lines, kept, moved };
}
