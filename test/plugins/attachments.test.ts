import { expect, test } from "bun:test";
import { decodeJson, encodeJson, JsonObject } from "../../src/json.ts";
import { withLinkNames } from "../../src/plugins/attachments.ts";

function name(text: string): string {
  const body = decodeJson(Buffer.from(text), "the config");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  return encodeJson(
    withLinkNames(body, (ifName) => (ifName === "lo" ? [] : ifName === "same" ? ["same"] : [`${ifName}.3`])),
  );
}

test.each([
  [
    '{"a":1,"cni.dev/valid-attachments":[{"containerID":"p","ifname":"eth0"}],"cni.dev/attachments":[{"containerID":"p","ifname":"eth0"}]}',
    '{"a":1,"cni.dev/valid-attachments":[{"containerID":"p","ifname":"eth0"},{"containerID":"p","ifname":"eth0.3"}],"cni.dev/attachments":[{"containerID":"p","ifname":"eth0"},{"containerID":"p","ifname":"eth0.3"}]}',
  ],
  [
    '{"cni.dev/attachments":[{"IfName":"net1","x":1.0},{"ifname":"lo"},{"ifname":"same"},{"ifname":5},{},null,"x"]}',
    '{"cni.dev/attachments":[{"IfName":"net1","x":1.0},{"x":1.0,"ifname":"net1.3"},{"ifname":"lo"},{"ifname":"same"},{"ifname":5},{},null,"x"]}',
  ],
  [
    '{"cni.dev/attachments":null,"cni.dev/valid-attachments":{}}',
    '{"cni.dev/attachments":null,"cni.dev/valid-attachments":{}}',
  ],
  ['{"attachments":[{"ifname":"eth0"}]}', '{"attachments":[{"ifname":"eth0"}]}'],
  ["{}", "{}"],
])("%s", (text, named) => {
  expect(name(text)).toBe(named);
});
