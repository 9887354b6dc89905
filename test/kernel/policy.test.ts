import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { lookAround, setUp } from "./adding.ts";
import { type Answer, executable, type Namespace } from "./harness.ts";
import { link, nodeWith } from "./node.ts";

const vlan = { interfaces: ["ens192"], vlanID: 100 };
const bond = { interfaces: ["ens192", "ens160"], bond: { name: "bond0", mode: 1 } };

/** How the policy's file comes to be, on top of its text: shell words that are run after the file was written. */
interface Policy {
  readonly text: string;
  readonly shell?: string;
}

/** Calls a verb on a node that has this policy: in a mount namespace with an /etc of its own. */
async function callUnder(ns: Namespace, policy: Policy, verb: string, config: object): Promise<Answer> {
  const script = `mount -t tmpfs tmpfs /etc && mkdir /etc/ifacer && cd /etc/ifacer && printf %s "$POLICY" >policy.json && ${policy.shell ?? ":"} && exec "$0"`;
  const { status, stdout, stderr } = await ns.run(["unshare", "--mount", "sh", "-c", script, executable], {
    env: {
      POLICY: policy.text,
      CNI_COMMAND: verb,
      CNI_CONTAINERID: "pod1",
      CNI_NETNS: "/run/netns/none",
      CNI_IFNAME: "net1",
      CNI_PATH: "/usr/lib/cni",
    },
    stdin: JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "ifacer", ...config }),
  });
  return { status, stdout, stderr, json: stdout === "" ? undefined : JSON.parse(stdout) };
}

async function forbid(ns: Namespace, policy: Policy, config: object): Promise<string> {
  const before = await lookAround(ns);
  const { status, stderr, json } = await callUnder(ns, policy, "ADD", config);
  expect([status, stderr, json.code, json.msg]).toEqual([1, "", 106, json.msg]);
  expect(await lookAround(ns)).toBe(before);
  return `${json.msg}\n${json.details ?? ""}`;
}

const example =
  '{"interfaces":{"allow":["ens*"],"deny":["eth?","mgmt*"]},"vlanIDs":"100-199,300","bond":false,"allowInUse":false}';

describe("what the policy forbids no config gets, and nothing is touched", () => {
  let ns: Namespace;
  beforeAll(async () => {
    ns = await nodeWith("ens192", "ens160", "mgmt0", "eth7");
    await setUp(ns, [
      "link property add dev mgmt0 altname ens9",
      "link add name up1 type bond",
      "link set dev eth7 down",
      "link set dev eth7 master up1",
      "link add link mgmt0 name ensv type vlan id 5",
    ]);
  });
  afterAll(() => ns[Symbol.asyncDispose]());

  test.each<[string, object, string]>([
    [example, { ...vlan, vlanID: 200 }, "forbids VLAN 200, it allows 100-199,300: set another vlanID"],
    [example, { ...vlan, interfaces: ["ens9"] }, "forbids the interface ens9, it denies mgmt*"],
    [example, { ...vlan, interfaces: ["up1"] }, "forbids the interface up1, it allows only ens*: use another"],
    [
      example,
      { ...vlan, interfaces: ["ensv"] },
      "forbids mgmt0, which lies below what the config names, it denies mgmt*",
    ],
    [
      '{"interfaces":{"deny":["eth7"]}}',
      { ...vlan, interfaces: ["up1"] },
      "forbids eth7, which belongs to up1, it denies eth7",
    ],
    [
      '{"interfaces":{"allow":["ens*"]}}',
      { ...bond, bond: { name: "up1" } },
      "forbids eth7, which belongs to up1, it allows only ens*",
    ],
    ['{"interfaces":{"deny":["bond*"]}}', bond, "forbids the name bond0, it denies bond*"],
  ])("%s for %j", async (text, config, words) => {
    const message = await forbid(ns, { text }, config);
    expect(message).toContain("the node's policy /etc/ifacer/policy.json ");
    expect(message).toContain(words);
  });

  test("all of it is told at once, and what it does not forbid is made", async () => {
    const all = await forbid(ns, { text: example }, { ...bond, vlanID: 9, allowInUse: true });
    for (const words of ["forbids bonds", "forbids VLAN 9", "forbids allowInUse"]) expect(all).toContain(words);
    expect(await callUnder(ns, { text: example }, "ADD", vlan)).toMatchObject({ status: 0 });
    expect(await link(ns, "ens192.100")).toMatchObject({ link: "ens192" });
  });
});

describe("a policy that can't be relied on", () => {
  let ns: Namespace;
  beforeAll(async () => {
    ns = await nodeWith("ens192", "ens160");
  });
  afterAll(() => ns[Symbol.asyncDispose]());

  test.each<[Policy, string]>([
    [
      { text: "{" },
      "/etc/ifacer/policy.json is not valid JSON: expected a name in double quotes, got the end at line 1",
    ],
    [{ text: '{"vlanIDs":"5-4"}' }, 'vlanIDs: got "5-4", allowed VLAN ids from 1 to 4094 and ranges of them'],
    [{ text: "{}", shell: "chown 1000 policy.json" }, "policy.json belongs to the user with id 1000: run 'chown root:"],
    [
      { text: "{}", shell: "chmod 664 policy.json" },
      "policy.json can be written by others than root, its mode is 0664: run 'chmod go-w",
    ],
    [{ text: "{}", shell: "chmod 777 ." }, "/etc/ifacer can be written by others than root, its mode is 0777"],
    [
      { text: "{}", shell: "mv policy.json x && ln -s x policy.json" },
      "policy.json is a symbolic link: put the file itself there",
    ],
    [{ text: "{}", shell: "rm policy.json && mkfifo policy.json" }, "policy.json is not a file"],
    [
      { text: "{}", shell: "rm policy.json && ln -s /nowhere policy.json" },
      "policy.json is a symbolic link: put the file itself there",
    ],
    [{ text: "{}", shell: "rm -r /etc/ifacer && ln -s /nowhere /etc/ifacer" }, "/etc/ifacer is a symbolic link"],
    [
      { text: "{}", shell: "mv /etc/ifacer /etc/x && rm /etc/x/* && ln -s x /etc/ifacer" },
      "/etc/ifacer is a symbolic link",
    ],
    [{ text: "{}", shell: "rm -r /etc/ifacer && touch /etc/ifacer" }, "policy.json can't be opened: ENOTDIR"],
  ])("forbids everything, in words: %j", async (policy, words) => {
    const message = await forbid(ns, policy, vlan);
    expect(message).toContain("nothing is allowed until the node's policy ");
    expect(message).toContain("/etc/ifacer");
    expect(message).toContain(words);
  });

  test("also where there would be nothing to do; but the Pods and the node that are there stay", async () => {
    expect(await forbid(ns, { text: "{" }, { interfaces: ["ens192"] })).toContain("nothing is allowed");
    for (const verb of ["STATUS", "DEL", "GC"]) {
      expect(await callUnder(ns, { text: "{" }, verb, vlan)).toMatchObject({ status: 0, stdout: "" });
    }
    expect(await callUnder(ns, { text: "{}" }, "ADD", vlan)).toMatchObject({ status: 0 });
    expect(await callUnder(ns, { text: "{" }, "CHECK", vlan)).toMatchObject({ status: 0, stdout: "" });
  });
});
