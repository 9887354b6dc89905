/** What the command line says of entries whose links are in the Pod, where that needs no node. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { examineIpam } from "../../../src/cli/commands/examineIpam.ts";
import { imagineVlans } from "../../../src/cli/commands/podPlan.ts";
import { findEntries } from "../../../src/cli/read/entries.ts";
import { type Judgement, judge } from "../../../src/cli/read/judge.ts";
import { listLinksOfConfigs } from "../../../src/cli/read/ownLinks.ts";
import { listLinks } from "../../../src/cli/show/inPods.ts";
import { findLink, type Link } from "../../../src/model.ts";
import { findShadows } from "../../../src/plan/shadow.ts";
import { link } from "../../link.ts";
import { ifacer } from "../executable.ts";

const vlan = { type: "ifacer", linkInContainer: true, vlanID: 3 };
const onNode = { type: "ifacer", interfaces: ["ens192"], vlanID: 100 };
const macvlan = { type: "macvlan", master: "ens192" };

function chain(...plugins: object[]) {
  return { cniVersion: "1.0.0", name: "net", plugins };
}

function judgeAll(config: object): Judgement[] {
  return findEntries([{ name: "net.json", bytes: Buffer.from(JSON.stringify(config)) }]).entries.map(judge);
}

describe("the names, with an example of CNI_IFNAME that fits the chain", () => {
  test.each([
    ["behind its plugin", [macvlan, vlan], "eth0", [["eth0.3"]]],
    ["behind its plugin, several", [macvlan, vlan, { ...vlan, vlanID: 4 }], "eth0", [["eth0.3"], ["eth0.4"]]],
    ["behind its plugin, whose interface it names", [macvlan, { ...vlan, master: "net1" }], "net1", [["net1.3"]]],
    ["a network of its own", [{ ...vlan, master: "eth0" }], "net1", [["net1"]]],
    ["a network of its own on the first one of Multus", [{ ...vlan, master: "net1" }], "net2", [["net2"]]],
    ["a network of its own behind a link of the node", [onNode, { ...vlan, master: "eth0" }], "net1", [["net1"]]],
    ["behind a network of its own", [{ ...vlan, master: "eth0" }, vlan], "net1", [["net1"], ["net1.3"]]],
    ["a bond", [{ ...vlan, interfaces: ["net1", "net2"], bond: {} }], "net3", [["net3", "net3.3"]]],
    ["a name of its own", [macvlan, { ...vlan, vlan: { name: "data" } }], "eth0", [["data"]]],
  ])("%s", (_, plugins, ifName, names) => {
    const found = judgeAll(chain(...plugins)).filter(({ inPods }) => inPods);
    expect(found.flatMap(({ problems, warnings }) => [...problems, ...warnings])).toEqual([]);
    expect(found.map(({ inPods }) => inPods?.ifName)).toEqual(found.map(() => ifName));
    expect(found.map(({ desired }) => desired && listLinks(desired))).toEqual(names);
  });
});

test("what makes the interface: the first plugin before the entry that is no link of the node", () => {
  const [, behind] = judgeAll(chain(onNode, { type: "tuning" }, vlan));
  expect(behind?.inPods?.main?.members).toContainEqual(["type", "tuning"]);
  expect(judgeAll(chain(onNode, vlan))[1]?.inPods?.main).toBeUndefined();
});

test("a VLAN that the chain itself makes on the node, below the Pod's macvlan, takes the frames of the Pod's", () => {
  const same = { ...onNode, vlanID: 3 };
  const [, behind] = judgeAll(chain(same, macvlan, vlan));
  const shadows = (nodeLinks: Link[]) => {
    if (behind?.desired === undefined || behind.inPods === undefined) throw new Error("not valid");
    const node = imagineVlans({ links: nodeLinks, vlans: [], uses: new Map() }, "ens192", behind.inPods);
    const nic = findLink(node, "ens192");
    const pod = link(2, "eth0", { kind: "macvlan", foreignParent: nic?.index });
    return findShadows(behind.desired, [{ link: pod, nic: nic?.index ?? 0 }], node).map(({ link }) => link);
  };
  expect(shadows([])).toEqual(["ens192.3"]);
  expect(shadows([link(5, "ens192")])).toEqual(["ens192.3"]);
  const there = link(6, "ens192.3", { kind: "vlan", parent: "ens192", vlan: { id: 3, protocol: "802.1Q" } });
  expect(shadows([link(5, "ens192"), there])).toEqual(["ens192.3"]);
  const other = judgeAll(chain({ ...same, interfaces: ["ens160"] }, macvlan, vlan))[1]?.inPods;
  expect(other && imagineVlans({ links: [], vlans: [], uses: new Map() }, "ens192", other).links).toEqual([]);
});

test("a macvlan behind an entry of the Pod is not told to stand on what that makes", () => {
  expect(judgeAll(chain({ ...vlan, master: "eth0" }, macvlan))[0]?.warnings).toEqual([]);
});

describe("ifacer validate", () => {
  const ipam = { type: "static", addresses: [{ address: "192.0.2.10/24" }] };
  const good = chain(
    macvlan,
    { ...vlan, ipam, duplicateVlanID: "allow" },
    { ...vlan, interfaces: ["net1", "net2"], bond: { name: "bond0" } },
  );
  const bad = chain(
    macvlan,
    { ...vlan, linkInContainer: "true" },
    { ...vlan, master: "eth0", interfaces: ["eth0"] },
    { ...vlan, vlanID: 0 },
    { ...vlan, interfaces: ["net1", "net2"], ipam },
  );

  test.each([
    ["what is valid", good, 0],
    ["what is not", bad, 1],
  ])("tells %s, in words and as JSON", async (_, config, expected) => {
    const stdin = JSON.stringify(config);
    const { status, stdout } = await ifacer(["validate"], { stdin });
    const json = await ifacer(["validate", "-o", "json"], { stdin });
    expect([status, json.status]).toEqual([expected, expected]);
    expect(stdout).toMatchSnapshot();
    expect(JSON.parse(json.stdout).entries).toMatchSnapshot();
  });
});

test("links in the Pod are nobody's to keep off on the node", () => {
  const desired = judgeAll(chain(onNode, macvlan, vlan)).flatMap(({ desired }) => desired ?? []);
  expect(listLinksOfConfigs(desired, [])).toEqual(["ens192.100"]);
});

describe("the IPAM plugins that doctor looks for", () => {
  const withIpam = (type: string) => ({ ...vlan, ipam: { type } });
  const judgements = judgeAll(chain(macvlan, vlan, withIpam("here"), withIpam("here"), withIpam("gone")));

  test("each once, in the folders of CNI_PATH", () => {
    const folder = mkdtempSync(`${tmpdir()}/ifacer-ipam-`);
    const before = process.env["CNI_PATH"];
    try {
      writeFileSync(`${folder}/here`, "", { mode: 0o755 });
      process.env["CNI_PATH"] = `/nowhere:${folder}`;
      expect(examineIpam(judgements)).toEqual([
        { what: "IPAM plugin here", state: "good", message: `${folder}/here` },
        {
          what: "IPAM plugin gone",
          state: "bad",
          message: `the IPAM plugin gone is in no folder of CNI_PATH (/nowhere, ${folder}): put it there`,
          remedy: expect.stringContaining("CNI_PATH=FOLDER:FOLDER"),
        },
      ]);
    } finally {
      if (before === undefined) delete process.env["CNI_PATH"];
      else process.env["CNI_PATH"] = before;
      rmSync(folder, { recursive: true });
    }
  });

  test("without CNI_PATH in the usual ones", async () => {
    const folder = mkdtempSync(`${tmpdir()}/ifacer-ipam-`);
    writeFileSync(`${folder}/net.json`, JSON.stringify(chain(macvlan, withIpam("gone"))));
    const { stdout } = await ifacer(["doctor", "-f", `${folder}/net.json`]);
    rmSync(folder, { recursive: true });
    expect(stdout).toContain(
      "bad      IPAM plugin gone: the IPAM plugin gone is in no folder of CNI_PATH (/opt/cni/bin, /usr/lib/cni, /usr/libexec/cni): put it there\n",
    );
  });
});
