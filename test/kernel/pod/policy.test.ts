import { expect, test } from "bun:test";
import { type Answer, executable } from "../harness.ts";
import { nodeWith } from "../node.ts";
import { add, environmentOf, fakeIpam, lookAtBoth, type Place, tell } from "./pod.ts";

/** Calls a verb on a node that has this policy: in a mount namespace with an /etc of its own. */
async function callUnder({ node, pod }: Place, policy: object, verb: string, entry: object, env = {}): Promise<Answer> {
  const script = `mount -t tmpfs tmpfs /etc && mkdir /etc/ifacer && printf %s "$POLICY" >/etc/ifacer/policy.json && exec "$0"`;
  const { status, stdout, stderr } = await node.run(["unshare", "--mount", "sh", "-c", script, executable], {
    env: {
      ...environmentOf(pod, env),
      POLICY: JSON.stringify(policy),
      CNI_COMMAND: verb,
      CNI_CONTAINERID: "pod1",
    },
    stdin: JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "ifacer", linkInContainer: true, ...entry }),
  });
  return { status, stdout, stderr, json: stdout === "" ? undefined : JSON.parse(stdout) };
}

test("what the policy says of links in Pods, and what it does not", async () => {
  await using node = await nodeWith();
  await using pod = await nodeWith("eth0", "eth1");
  using fake = fakeIpam();
  const place = { node, pod };
  const before = await lookAtBoth(place);
  const entry = { vlanID: 3, ipam: { type: "fake" } };
  const forbidden: [policy: object, words: string][] = [
    [{ vlanIDs: "100-199" }, "forbids VLAN 3, it allows 100-199"],
    [{ linkInContainer: false }, "forbids linkInContainer: leave the entry out"],
    [
      { ipamTypes: ["host-local", "static"] },
      "forbids the IPAM plugin fake, it allows host-local, static: use another",
    ],
    [{ ipamTypes: [] }, "forbids the IPAM plugin fake, it allows none"],
    [{ ipamTypes: "static" }, "nothing is allowed until"],
  ];
  for (const [policy, words] of forbidden) {
    const { status, json } = await callUnder(place, policy, "ADD", entry, fake.env);
    expect([status, json.code, json.msg]).toEqual([1, 106, expect.stringContaining(words)]);
  }
  const inUse = { interfaces: ["eth0", "eth1"], bond: { mode: 1 }, allowInUse: true };
  const { json } = await callUnder(place, { allowInUse: false }, "ADD", inUse, { CNI_IFNAME: "net2" });
  expect([json.code, json.msg]).toEqual([106, expect.stringContaining("forbids allowInUse")]);
  expect([await lookAtBoth(place), fake.takeCalls()]).toEqual([before, []]);

  // Rules about the node's links only.
  const others = { interfaces: { allow: ["ens*"], deny: ["eth0"] }, bond: false, vlanIDs: "1-4", ipamTypes: ["fake"] };
  const env = {
    ...fake.env,
    CNI_IFNAME: "net2",
    SAY_ADD: '{"cniVersion":"1.0.0","ips":[{"address":"192.0.2.10/24"}]}',
  };
  const bond = { ...entry, interfaces: ["eth0", "eth1"], bond: { mode: 1 } };
  expect(await callUnder(place, others, "ADD", bond, env)).toMatchObject({ status: 0, stderr: "" });
  expect(fake.takeCalls()).toEqual(["ADD net2.3"]);

  // A policy that came later: nothing is started that it forbids, but what it allows is, so that no address is lost.
  const verbs = ["CHECK", "DEL", "GC", "STATUS"];
  for (const verb of verbs) {
    const { stderr } = await callUnder(place, { ipamTypes: ["static"] }, verb, bond, env);
    const words =
      verb === "DEL" ? "policy forbids the IPAM plugin fake, which is not asked to free the address of net2.3" : "";
    expect(stderr).toContain(words);
  }
  expect([fake.takeCalls(), await tell(pod)]).toEqual([[], ["eth0 down dummy", "eth1 down dummy"]]);
  const later = { vlanIDs: "100-199", linkInContainer: false, allowInUse: false };
  expect(await callUnder(place, later, "DEL", { ...bond, allowInUse: true }, env)).toMatchObject({ status: 0 });
  expect(fake.takeCalls()).toEqual(["DEL net2.3"]);

  // With one that can't be read, what was given before is freed, so that the Pod can be taken down; nothing else is started.
  await add(place, { master: "eth0", vlanID: 3 }, { CNI_IFNAME: "net2" });
  const own = { ...entry, master: "eth0" };
  for (const verb of ["CHECK", "STATUS"]) await callUnder(place, { ipamTypes: "static" }, verb, own, env);
  expect(fake.takeCalls()).toEqual([]);
  const ended = await callUnder(place, { ipamTypes: "static" }, "DEL", own, env);
  expect([ended.status, ended.stdout, fake.takeCalls()]).toEqual([0, "", ["DEL net2"]]);
  expect(await tell(pod)).toEqual(["eth0 up dummy", "eth1 down dummy"]);
}, 240_000);
