import { expect, test } from "bun:test";
import { decodeJson } from "../../src/json.ts";
import { readPeers } from "../../src/reach/peers.ts";
import { readReply, readRequest, writeReply, writeRequest } from "../../src/reach/protocol.ts";
import { readRow } from "../../src/reach/test.ts";

test.each([
  ["ifacer-reach/1 test 2\n", { type: "test", seconds: 2 }],
  ["ifacer-reach/1 test 0.25\nmore", { type: "test", seconds: 0.25 }],
  ["ifacer-reach/1 matrix 10\n", { type: "matrix", seconds: 10 }],
  ["ifacer-reach/1 matrix 11\n", undefined],
  ["ifacer-reach/1 test 61\n", undefined],
  ["ifacer-reach/1 test -1\n", undefined],
  ["ifacer-reach/1 test 1e3\n", undefined],
  ["ifacer-reach/2 test 1\n", undefined],
  ["ifacer-re", "incomplete"],
  ["", "incomplete"],
  ["GET", undefined],
  [`ifacer-reach/1 ${"x".repeat(60)}`, undefined],
] as const)("the request %p is %p", (text, expected) => {
  expect(readRequest(text)).toEqual(expected as ReturnType<typeof readRequest>);
});

test("what is written is read", () => {
  for (const request of [{ type: "test", seconds: 2.5 } as const, { type: "matrix", seconds: 0 } as const]) {
    expect(readRequest(writeRequest(request))).toEqual(request);
  }
  for (const reply of [{ type: "ok" } as const, { type: "done", bytes: 12, milliseconds: 3 } as const]) {
    expect(readReply(writeReply(reply).trimEnd())).toEqual(reply);
  }
  expect(readReply("HTTP/1.1 400 Bad Request")).toBeUndefined();
});

test.each([
  ['[{"name":"a"}]', "a has no list of addresses"],
  ['[{"name":"a","addresses":["nowhere"]}]', 'a has the address "nowhere", which is none'],
  ['[{"name":"a","addresses":["192.0.2.1%net1"]}]', 'a has the address "192.0.2.1%net1", which is none'],
  ['[{"addresses":[]}]', "a peer has no name"],
  ['"a"', "must be a list of {name, addresses}, or Pods"],
])("the peers %s are refused", (text, message) => {
  expect(() => readPeers(decodeJson(Buffer.from(text), "peers.json"))).toThrow(message);
});

test.each(["", "null", "[]", '{"to":1}', '{"to":"b","addresses":{}}'])(
  "what a listener sends as %p is no row",
  (json) => {
    expect(readRow(json, "a")).toBeUndefined();
  },
);

test("of a row that a listener sends only facts are taken", () => {
  const json = '{"from":"x","to":"b","addresses":[{"address":"192.0.2.1","connected":1,"bitsPerSecond":"much"},null]}';
  const none = { interface: null, connected: false, bitsPerSecond: null, reason: null };
  expect(readRow(json, "a")).toEqual({
    from: "a",
    to: "b",
    addresses: [
      { address: "192.0.2.1", ...none },
      { address: "undefined", ...none },
    ],
    reason: null,
  });
});
