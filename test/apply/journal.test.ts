import { describe, expect, test } from "bun:test";
import { formatJournal } from "../../src/apply/journal.ts";
import { readJournal } from "../../src/apply/readJournal.ts";
import { readConfig } from "../../src/config/read.ts";
import { decodeJson, type JsonObject } from "../../src/json.ts";
import type { Link } from "../../src/model.ts";
import { type Entry, readEntries } from "../../src/observe/entries.ts";
import { link } from "../link.ts";

const here = { bootID: "b", inode: 1, cookie: "7" };

function desire(more = "") {
  const text = `{"interfaces":["d1","d2"],"bond":{"options":"arp_ip_target=192.0.2.1;arp_interval=100"},"vlanID":5${more}}`;
  const { desired } = readConfig(decodeJson(new TextEncoder().encode(text), "the config") as JsonObject);
  if (desired === undefined) throw new Error("not valid");
  return desired;
}

function reread(links: readonly Link[], entries: readonly Entry[], desired = desire()) {
  const text = formatJournal({ desired, before: { links, entries, strangers: new Map() } }, here);
  const read = readJournal(new TextEncoder().encode(text), here);
  if (read === "stale" || "fault" in read) throw new Error(JSON.stringify(read));
  return read;
}

const indexes = new Map([["d1", 2]]);

describe("what is written of a journal can be read", () => {
  test.each<[string, readonly Link[], string, number]>([
    ["a route that has run out", [link(2, "d1")], "unicast 2001:db8::/64 dev d1 expires -3sec", 0],
    [
      "a route with a way through a link with a hostile name",
      [link(2, "d1")],
      "unicast 192.0.2.0/24 nexthop dev d1 nexthop dev -all",
      1,
    ],
    ["a name that a line can't have", [link(2, "d1")], "unicast 192.0.2.0/24 nexthop dev d1 nexthop dev a#b", 1],
    [
      "a group that is longer than any word",
      [link(2, "d1")],
      `id 1 dev d1\nid 10 group ${Array(20_000).fill("1,255").join("/")}`,
      1,
    ],
    ["a tunnel among the interfaces", [link(2, "d1", { kind: "ip6tnl", mac: "2001:db8::1" })], "", 0],
    ["one of IPv4", [link(2, "d1", { kind: "ipip", mac: "0.0.0.0" })], "", 0],
    ["a MAC that is none", [link(2, "d1", { mac: "x y" })], "", 0],
  ])("%s", (_, links, text, unwritten) => {
    const entries = readEntries(`${text}\n`, indexes);
    const read = reread(links, entries);
    expect(read.unwritten).toBe(unwritten);
    expect(read.journal.before.entries).toHaveLength(entries.length - unwritten);
    expect(read.journal.before.links.map(({ name }) => name)).toEqual(["d1"]);
  });

  test("what was to be taken apart", () => {
    const before = { links: [], entries: [], strangers: new Map(), remade: [4, 5] };
    const read = readJournal(new TextEncoder().encode(formatJournal({ desired: desire(), before }, here)), here);
    expect(read).toMatchObject({ journal: { before: { remade: [4, 5] } } });
  });

  test("whether somebody is still to be asked", () => {
    expect(reread([], []).unanswered).toBe(false);
    expect(reread([], [], desire(',"probe":{"addresses":["192.0.2.1"]}')).unanswered).toBe(true);
  });
});
