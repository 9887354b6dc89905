/** Makes the node of a golden folder in a namespace, and looks at it as ifacer does. */

import type { Desired } from "../../src/model.ts";
import { askAbout } from "../../src/observe/questions.ts";
import { parseVlanConfig } from "../../src/observe/vlanConfig.ts";
import { type Recorded, readSetup } from "../plan/cases.ts";
import { setUp } from "./adding.ts";
import type { Namespace } from "./harness.ts";
import { nodeWith } from "./node.ts";

/** A namespace in which a case's setup.txt was carried out. */
export async function makeNode(name: string): Promise<Namespace> {
  const ns = await nodeWith();
  await setUp(ns, readSetup(name));
  return ns;
}

/** What is seen with a config in mind, when it is about to be carried out. */
export async function lookAt(ns: Namespace, desired: Desired): Promise<Recorded> {
  const files = await Promise.all(
    ["vlan/config", "dev_mcast", "igmp", "igmp6"].map((file) => ns.run(["cat", `/proc/self/net/${file}`])),
  );
  const [vlans = "", multicast = "", igmp = "", igmp6 = ""] = files.map(({ stdout }) => stdout);
  const ids = new Set(desired.vlans.map(({ id }) => id));
  const lines = askAbout(desired, { vlans: parseVlanConfig(vlans).filter(({ id }) => ids.has(id)), depth: "use" });
  const ip = ["ip", "-details", "-json", "-force", "-batch", "-"];
  const { stdout } = await ns.run(ip, { stdin: `${lines.join("\n")}\n` });
  return {
    "links.jsonl": stdout,
    "vlans.txt": vlans,
    "multicast.txt": multicast,
    "igmp.txt": igmp,
    "igmp6.txt": igmp6,
  };
}
