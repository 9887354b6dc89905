import { expect, test } from "bun:test";
import { writeLines } from "../../src/apply/lines.ts";
import { planUndo } from "../../src/apply/undo.ts";
import type { Current } from "../../src/model.ts";
import { plan } from "../../src/plan/plan.ts";
import { caseNames, readDesired, readText, see, showPlan } from "../plan/cases.ts";
import { snapshotOf } from "../snapshot.ts";
import { setUp } from "./adding.ts";
import { link } from "./node.ts";
import { lookAt, makeNode } from "./record.ts";

/** What undoing has to bring back of a link; counters, carrier and what the driver works out by itself are left out. */
function essence(links: ReturnType<typeof see>["links"]): unknown {
  return links.map(({ name, altNames, up, mtu, mac, master, driverData }) => {
    const { ad_info, active_slave, ...options } = driverData;
    return { name, altNames, up, mtu, mac, master, options };
  });
}

test.each(caseNames)(
  "%s: this kernel gives the recorded plan, which leaves nothing to do and can be undone",
  async (name) => {
    await using ns = await makeNode(name);
    const desired = readDesired(name);
    const before = see(await lookAt(ns, desired));
    const { changes, conflicts } = plan(desired, before);
    expect(showPlan(plan(desired, before))).toBe(readText(name, "plan.txt"));
    if (conflicts.length > 0 || changes.length === 0) return;

    await setUp(ns, changes.flatMap(writeLines));
    const now = see(await lookAt(ns, desired));
    const rest = plan(desired, now);
    expect([rest.changes, rest.conflicts]).toEqual([[], []]);
    for (const change of changes) {
      if (change.type === "addVlan") expect(await link(ns, change.name)).toMatchObject({ ifalias: "ifacer" });
    }

    const undoLines = (after: Current) =>
      planUndo(desired, { before: snapshotOf(before), now: snapshotOf(after) }).lines;
    let after = now;
    // In two rounds, as ADD does it: an empty bond loses its MAC with its last slave.
    for (const _ of [1, 2]) {
      await setUp(ns, undoLines(after));
      after = see(await lookAt(ns, desired));
    }
    expect(undoLines(after)).toEqual([]);
    expect(essence(after.links)).toEqual(essence(before.links));
    expect(after.vlans).toEqual(before.vlans);
  },
);
