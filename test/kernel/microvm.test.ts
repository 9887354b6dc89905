import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { callPlugin, namespace } from "./harness.ts";

test("this kernel makes a bond and a VLAN on it", async () => {
  await using ns = await namespace();
  await ns.ip("link add name ens192 type dummy");
  await ns.ip("link add name bond0 type bond mode active-backup miimon 100");
  await ns.ip("link set dev ens192 master bond0");
  await ns.ip("link add link bond0 name bond0.200 type vlan id 200");

  const [bond] = await ns.json("-d link show dev bond0");
  expect(bond.linkinfo).toMatchObject({ info_kind: "bond", info_data: { mode: "active-backup", miimon: 100 } });
  const [vlan] = await ns.json("-d link show dev bond0.200");
  expect(vlan).toMatchObject({ link: "bond0", linkinfo: { info_kind: "vlan", info_data: { id: 200 } } });
});

test.each([["macvlan"], ["ipvlan"], ["bridge"], ["veth"], ["dummy"]])("this kernel makes a %s", async (kind) => {
  await using ns = await namespace();
  await ns.ip("link add name parent type dummy");
  const link = kind === "macvlan" || kind === "ipvlan" ? "link parent " : "";
  await ns.ip(`link add ${link}name made type ${kind}`);
  const [made] = await ns.json("-d link show dev made");
  expect(made.linkinfo.info_kind).toBe(kind);
});

test("a new namespace has no links but its loopback, even after the bonding module was loaded", async () => {
  await using first = await namespace();
  await first.ip("link add name b type bond");
  await using second = await namespace();
  expect((await second.json("link show")).map((link) => link.ifname)).toEqual(["lo"]);
});

test("a failing ip command throws what it said", async () => {
  await using ns = await namespace();
  await expect(ns.ip("link set dev nosuch up")).rejects.toThrow('Cannot find device "nosuch"');
});

test("commands get their arguments, environment and stdin as they are", async () => {
  await using ns = await namespace();
  const words = ["a b", 'it\'s "quoted"', "$HOME *", "", "two\nlines"];
  const script = 'printf "<%s>" "$VARIABLE" "$@"; cat; echo oops >&2; exit 7';
  const ended = await ns.run(["sh", "-c", script, "sh", ...words], { env: { VARIABLE: "é" }, stdin: "in" });
  expect(ended).toEqual({
    status: 7,
    stdout: `<é>${words.map((word) => `<${word}>`).join("")}in`,
    stderr: "oops\n",
  });
});

test("a plugin gets the CNI variables, and those taken away are not there", async () => {
  await using ns = await namespace();
  const answer = await callPlugin(
    ns,
    "/usr/lib/cni/macvlan",
    "ADD",
    { cniVersion: "1.0.0", name: "net" },
    { env: { CNI_NETNS: undefined } },
  );
  expect(answer).toMatchObject({ status: 1, json: { code: 4 } });
  expect(answer.json.msg).toContain("CNI_NETNS");
});

test("a namespace and what still runs in it are gone after the test", async () => {
  let path: string;
  {
    await using ns = await namespace();
    path = ns.path;
    await ns.run(["sh", "-c", "sleep 1000 >/dev/null 2>&1 &"]);
    expect(existsSync(path)).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});
