import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { executable } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { call, environmentOf, hostLocalIpam, hostLocalStore, refuse, succeed, tell } from "./pod.ts";

const realIp = Bun.which("ip", { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` }) ?? "ip";

/** An ip for PATH that looks as it should, and carries out the lines of a Pod's batch up to $STEP; there it ends as $END says. */
const failingIp = `#!/bin/bash
[[ $1 == -netns && $3 == -batch ]] || {
  [[ $END != fail-undo || $3 != -force ]] || exit 1
  exec ${realIp} "$@"
}
mapfile -t lines
for ((n = 0; n < \${#lines[@]}; n++)); do [[ \${lines[n]} != "$STEP"* ]] || break; done
((n == 0)) || printf '%s\\n' "\${lines[@]:0:n}" | ${realIp} "$@" || exit
((n < \${#lines[@]})) || exit 0
[[ $END != die-all ]] || kill -9 0
echo "Error: made to fail." >&2
exit 1
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync("/tmp/ifacer-ip-");
  writeFileSync(`${folder}/ip`, failingIp);
  chmodSync(`${folder}/ip`, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function failing(step: string, end: "fail" | "die-all" | "fail-undo") {
  return { PATH: `${folder}:${process.env["PATH"]}`, STEP: step, END: end, CNI_IFNAME: "net2" };
}

/** A bond of the Pod's interfaces with a VLAN on it, an address and a route: all kinds of changes. */
function entryOf(store: string) {
  const ipam = { ...hostLocalIpam(store), routes: [{ dst: "203.0.113.0/24" }] };
  return { interfaces: ["eth0", "eth1"], bond: { mode: 1 }, vlanID: 3, ipam };
}

/** The lines that its ADD gives to ip. */
const steps = [
  "link add name net2",
  "link set dev net2 alias",
  "link set dev eth0 down",
  "link set dev eth0 down master net2",
  "link set dev eth0 up",
  "link set dev eth1 down",
  "link set dev eth1 down master net2",
  "link set dev eth1 up",
  "link set dev net2 up",
  "link add link net2 name net2.3",
  "link set dev net2.3 alias",
  "link set dev net2.3 up",
  "address add 192.0.2.",
  "route add 203.0.113.0/24",
];

describe.each(steps)("an ip that fails at '%s'", (step) => {
  test("ADD fails, and Pod, node and the IPAM plugin's store are as before; after a kill there DEL leaves nothing", async () => {
    await using node = await nodeWith();
    await using pod = await nodeWith("eth0", "eth1");
    using store = hostLocalStore();
    const place = { node, pod };
    const entry = entryOf(store.folder);
    const words = await refuse(place, entry, 103, failing(step, "fail"));
    expect(words).toMatch(/: Error: made to fail\.; all was undone\n/);
    expect(store.list()).toEqual([]);

    const env = { ...environmentOf(pod, failing(step, "die-all")), CNI_COMMAND: "ADD", CNI_CONTAINERID: "pod1" };
    const config = { cniVersion: "1.0.0", name: "net", type: "ifacer", linkInContainer: true, ...entry };
    const { status } = await node.run(["setsid", "--wait", executable], { env, stdin: JSON.stringify(config) });
    expect(status).not.toBe(0);
    await succeed(place, "DEL", entry, { CNI_IFNAME: "net2" });
    expect(await tell(pod)).toEqual([
      expect.stringMatching(/^eth0 (up|down) dummy$/),
      expect.stringMatching(/^eth1 (up|down) dummy$/),
    ]);
    expect(store.list()).toEqual([]);
  }, 300_000);
});

test("where undoing fails too, the message says what is left, and DEL removes it", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0", "eth1");
  using store = hostLocalStore();
  const entry = entryOf(store.folder);
  const { status, json } = await call({ node, pod }, "ADD", entry, failing("route add", "fail-undo"));
  expect([status, json.code, json.msg]).toEqual([1, 103, expect.stringContaining("undoing failed too")]);
  expect(json.msg).toContain("link delete dev net2.3");
  expect([(await tell(pod)).length, store.list()]).toEqual([4, []]);
  await succeed({ node, pod }, "DEL", entry, { CNI_IFNAME: "net2" });
  expect((await tell(pod)).length).toBe(2);
}, 300_000);
