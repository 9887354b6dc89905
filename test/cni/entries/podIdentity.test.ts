import { expect, test } from "bun:test";
import { findOtherPod } from "../../../src/cni/entries/podIdentity.ts";
import { decodeJson, JsonObject } from "../../../src/json.ts";
import { link } from "../../link.ts";
import { place } from "../../plan/inPod.ts";

const netns = "/proc/4711/ns/net";
const [mac, other] = ["0a:00:00:00:00:01", "0a:00:00:00:00:02"];
const told = (...interfaces: object[]) => ({ cniVersion: "1.0.0", interfaces });
const eth0 = { name: "eth0", mac: other, sandbox: netns };

test.each<[what: string, path: string, prevResult: object | undefined, isOther: boolean]>([
  ["no result", netns, undefined, false],
  ["the same MAC", netns, told({ ...eth0, mac: mac.toUpperCase() }), false],
  ["another MAC", netns, told(eth0), true],
  ["another MAC by a path with a name of its own", "/run/netns/pod", told(eth0), false],
  ["another MAC of the node's link", netns, told({ name: "eth0", mac: other }), false],
  ["an interface that is not there", netns, told({ ...eth0, name: "net1" }), false],
  ["one that is the same, one that is not", netns, told(eth0, { ...eth0, name: "eth1", mac }), false],
  ["a broken result", netns, { cniVersion: "9.9", interfaces: 5 }, false],
])("%s", (_, path, prevResult, isOther) => {
  const result = prevResult && decodeJson(Buffer.from(JSON.stringify(prevResult)), "the result");
  const seen = place([link(2, "eth0", { mac }), link(3, "eth1", { mac })]);
  const about = { prevResult: result instanceof JsonObject ? result : undefined, seen };
  const words = `CNI_NETNS ${netns} leads to another Pod by now, the process id is used again: its eth0 has the MAC ${mac}, that of the result has ${other}`;
  expect(findOtherPod(path, about)).toBe(isOther ? words : undefined);
});
