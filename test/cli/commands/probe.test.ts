import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { spareVlansOfPods } from "../../../src/cli/commands/probe.ts";
import { type NodeLink, readNodeLinks } from "../../../src/cli/read/nodeLinks.ts";
import { wishOnLink } from "../../../src/cli/read/wishes.ts";
import { executable, run } from "../../surroundings/start.ts";

/** A node whose Pods have VLAN 3 on macvlans of ens192, one of them on a bond; the node's own VLAN of this id is gone. */
function links(): NodeLink[] {
  const folder = `${import.meta.dir}/../../cases/status/pods`;
  const read = new Map(
    readdirSync(folder)
      .sort()
      .map((file) => [file.replace(".jsonl", ""), JSON.parse(readFileSync(`${folder}/${file}`, "utf8"))]),
  );
  const own = read.get("node");
  read.delete("node");
  return readNodeLinks(own, read).filter(({ name }) => name !== "ens192.3");
}

function ask(vlanIDs: readonly number[]) {
  const whom = { addresses: ["192.0.2.1", "192.0.2.2"], free: [], vlanIDs };
  const { wishes, problems } = spareVlansOfPods(wishOnLink("ens192", whom, links()), links());
  return { asked: wishes.map(({ vlanID }) => vlanID), problems };
}

test("a VLAN that running Pods have on a macvlan of the link is not made, and named once", () => {
  expect(ask([2, 3])).toEqual({
    asked: [2, 2],
    problems: [
      "VLAN 3 can't be asked in on ens192: its link would silence the VLAN eth0.3 in Pod pod-a and 1 more, whose frames it takes: ask from within such a Pod",
    ],
  });
});

test("a VLAN that stands on no macvlan is in nobody's way", () => {
  expect(ask([4, 5])).toEqual({ asked: [4, 4, 5, 5], problems: [] });
});

test("a timeout that keeps every ADD waiting is refused where VLANs are made", async () => {
  const script = `
    ip link add name ens192 type veth peer name other
    ip link set dev other up; ip link set dev ens192 up
    exec ${executable} probe --dev ens192 --vlans 2 --address 192.0.2.1 --timeout 10.5`;
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  const { status, stderr } = await run(["unshare", "--net", "sh", "-c", script], { env });
  expect([status, stderr]).toEqual([
    2,
    "ifacer: --timeout is \"10.5\", allowed is at most 10 where VLANs are made to ask in, as every ADD on this node waits meanwhile; see 'ifacer probe --help'\n",
  ]);
});
