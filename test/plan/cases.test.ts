import { expect, test } from "bun:test";
import { planUndo } from "../../src/apply/undo.ts";
import { plan } from "../../src/plan/plan.ts";
import { snapshotOf } from "../snapshot.ts";
import { caseNames, readDesired, readRecorded, readText, see, showPlan } from "./cases.ts";

test.each(caseNames)("%s is planned as recorded", (name) => {
  expect(showPlan(plan(readDesired(name), see(readRecorded(name))))).toBe(readText(name, "plan.txt"));
});

test.each(caseNames)("%s: where nothing was done there is nothing to undo", (name) => {
  const now = snapshotOf(see(readRecorded(name)));
  expect(planUndo(readDesired(name), { before: now, now })).toMatchObject({ lines: [], kept: [] });
});

test("there are enough of them, with changes, conflicts and drift", () => {
  const plans = caseNames.map((name) => readText(name, "plan.txt"));
  expect(plans.length).toBeGreaterThan(14);
  for (const title of [/^changes$/m, /^conflicts$/m, /^drift$/m, /^nothing$/m]) {
    expect(plans.filter((text) => title.test(text)).length).toBeGreaterThan(0);
  }
});
