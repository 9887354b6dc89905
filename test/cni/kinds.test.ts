import { expect, test } from "bun:test";
import { type EntryKind, findKind } from "../../src/cni/kinds.ts";
import { vethListKeys } from "../../src/config/nodePath.ts";
import { decodeJson, JsonObject, member } from "../../src/json.ts";

function parse(text: string): JsonObject {
  const body = decodeJson(Buffer.from(text), "the config");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  return body;
}

test.each([
  ["{}", "links of the node"],
  ['{"linkInContainer":false}', "links of the node"],
  ['{"linkInContainer":null}', "links of the node"],
  ['{"linkInContainer":true}', "links in the Pod"],
  ['{"LINKINCONTAINER":true}', "links in the Pod"],
  // What it is is for the entry's own rules.
  ['{"linkInContainer":"no"}', "links in the Pod"],
  ['{"linkInContainer":0}', "links in the Pod"],
  ['{"nodePath":{}}', "a way from the Pod to its node"],
  ['{"NodePath":null}', "links of the node"],
  ...vethListKeys.map((key) => [`{"${key}":[]}`, "a way from the Pod to its node"] as const),
  ['{"mac_prefix":"0a:1b"}', "a way from the Pod to its node"],
  ['{"migrate_route":1}', "links of the node"],
  ['{"select":{}}', "links on NICs that are chosen by rule"],
  ['{"Select":3,"linkInContainer":false}', "links on NICs that are chosen by rule"],
  ['{"select":null}', "links of the node"],
])("%s is about %s", (text, what) => {
  expect(findKind(parse(text)).what).toBe(what);
});

test("keys of two kinds are an error that names both", () => {
  const load = () => Promise.reject(new Error("nothing is loaded to tell a kind"));
  const kind = (what: string, key: string): EntryKind => ({
    what,
    place: "node",
    findKey: (body) => (member(body, key) === undefined ? undefined : key),
    load,
  });
  const kinds = [kind("apples", "tree"), kind("salt", "mine")];
  expect(findKind(parse('{"mine":1}'), kinds).what).toBe("salt");
  expect(() => findKind(parse('{"mine":1,"tree":2}'), kinds)).toThrow(
    "the config asks for two things at once, apples (tree) and salt (mine): make an entry of its own for each",
  );
});
