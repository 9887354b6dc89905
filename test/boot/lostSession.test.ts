/** `ifacer apply --try` from a session that systemd ends with all its processes, as it does a login's with KillUserProcesses. */
import { expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { executable } from "../kernel/harness.ts";
import { image } from "./machine.ts";

const old = {
  cniVersion: "1.0.0",
  name: "a",
  type: "ifacer",
  interfaces: ["enp0s4", "enp0s5"],
  bond: { name: "bond0", mode: 1 },
  vlanID: 200,
  vlan: { name: "mgmt" },
};
const wanted = { ...old, bond: { name: "bond0", mode: 2 }, vlanID: 201 };

const script = `
say() { echo "== $1"; shift; "$@" 2>&1; }
ifacer apply --yes -f /root/old.json >/dev/null
ip address add 192.0.2.1/24 dev mgmt
# The session's own shell waits for more, as an operator would.
systemd-run --quiet --unit=session sh -c 'ifacer apply --replace --try 40 --yes -f /root/new.json; touch /root/applied; sleep 600'
for i in $(seq 300); do [ -e /root/applied ] && break; sleep 0.2; done
pid=$(pgrep -f -- --keeper)
say keeper cat /proc/$pid/cgroup
systemctl stop session
say during ip -d link show dev mgmt
while [ -e /proc/$pid ]; do sleep 0.5; done
say after ip -d link show dev mgmt
say address ip address show dev mgmt
for i in $(seq 50); do journalctl -o cat -t ifacer | grep -q nobody && break; sleep 0.2; done
say journal journalctl --no-pager -o cat -t ifacer
`;

test("the session is ended with all its processes, and all is taken back in time", async () => {
  using node = await image();
  mkdirSync(`${node.root}/usr/local/bin`, { recursive: true });
  copyFileSync(executable, `${node.root}/usr/local/bin/ifacer`);
  chmodSync(`${node.root}/usr/local/bin/ifacer`, 0o755);
  node.write("/root/old.json", JSON.stringify(old));
  node.write("/root/new.json", JSON.stringify(wanted));

  const { stdout } = await node.boot(script);
  const parts = stdout
    .split("== ")
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1).trim()]);
  expect(Object.fromEntries(parts)).toMatchObject({
    keeper: expect.stringMatching(/\/system\.slice\/run-.*\.scope$/),
    during: expect.stringContaining("id 201"),
    after: expect.stringContaining("id 200"),
    address: expect.stringContaining("192.0.2.1/24"),
    journal: expect.stringContaining("apply --try: nobody confirmed it within 40 s, all was taken back"),
  });
});
