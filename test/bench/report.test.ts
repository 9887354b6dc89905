import { expect, test } from "bun:test";
import { judge, type Result } from "../../scripts/bench/report.ts";

function resultsAmong(...amounts: number[]): Result[] {
  const names = ["empty executable", "ip by hand", "VERSION", "DEL", "ADD, no such NIC", "STATUS, no such NIC"];
  return amounts.flatMap((links) => names.map((name) => ({ name, links, wall: 1, cpu: 1, peak: 1, status: 0 })));
}

test.each([
  [[10], ["ADD / (empty + ip) among 10 links"]],
  [
    [10, 1000],
    [
      "ADD / (empty + ip) among 10 links",
      "ADD / (empty + ip) among 1000 links",
      "1000 links / 10 links, the worst verb",
    ],
  ],
])("among %p links each promise is told once", (amounts, promises) => {
  const told = judge(resultsAmong(...amounts)).map(({ promise }) => promise);
  expect(told.filter((promise) => promise.includes("links"))).toEqual(promises);
});
