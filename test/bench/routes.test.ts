/** What a look at a node with many routes costs beside `ip`: in proportion to them. */
import { expect, test } from "bun:test";
import { parseIpOutput } from "../../src/observe/parse.ts";
import { watchForEnd } from "../../src/observe/questions.ts";

const lines = ["address show dev a", "route show table all", "link show dev lo"];

/** As `ip` writes it, the routes through `nic`. */
function write(routes: number, nic: string): string {
  const list = Array.from({ length: routes }, (_, index) => {
    const dst = [198, 18 + (index >> 16), (index >> 8) & 255, index & 255].join(".");
    return `{"type":"unicast","dst":"${dst}","gateway":"192.0.2.2","dev":"${nic}","table":"main","protocol":"bgp","scope":"global","flags":[]}`;
  });
  const address = '[{"ifindex":2,"ifname":"a","flags":[],"mtu":1500,"addr_info":[]}]';
  return `${address}\n[${list.join(",")}]\n[{"ifindex":1,"ifname":"lo","flags":[],"mtu":65536}]\n`;
}

test.each([
  ["b", 0],
  ["a", 100_000],
])("100,000 routes through %s, of which %d matter, are received and read within 3 s of the processor", (nic, count) => {
  const text = write(100_000, nic);
  const start = process.cpuUsage();
  const isEnd = watchForEnd(lines);
  const size = 16_384;
  const ends: number[] = [];
  for (let from = 0; from < text.length; from += size) if (isEnd(text.slice(from, from + size))) ends.push(from);
  expect(ends).toEqual([text.length - (text.length % size)]);
  expect(parseIpOutput(text).routes.get("a") ?? []).toHaveLength(count);
  const { user, system } = process.cpuUsage(start);
  expect(user + system).toBeLessThan(3_000_000);
});
