import { expect, test } from "bun:test";
import { beginTurn, timeLimit, volume } from "../../volume.ts";
import type { Namespace } from "../harness.ts";
import { bonded, call, freshNode, plain } from "./node.ts";

/**
 * Rounds of an ADD against the DEL of the last Pod, begun within some milliseconds of one another. The ADD has to succeed, and its links
 * are there from its answer on, whatever the DEL does. Each round's new Pod is the next one's last.
 */
async function race(ns: Namespace, config: object, rounds: number): Promise<void> {
  const links = "bond" in config && config.bond ? ["bond0", "bond0.100"] : ["ens224.5"];
  const look = async () =>
    (await ns.json("link show"))
      .filter(({ ifname }) => links.includes(ifname))
      .map(({ ifname, flags }) => `${ifname} ${flags.includes("UP")}`);
  const whole = links.map((name) => `${name} true`);
  const count = { rounds: 0, removed: 0 };
  expect((await call(ns, "ADD", "pod0", { config })).status).toBe(0);
  const isTimeLeft = beginTurn(12);
  for (; count.rounds < rounds && isTimeLeft(); count.rounds++) {
    const head = (Math.random() - 0.5) * 60;
    const del = (async () => {
      await Bun.sleep(Math.max(0, head));
      return await call(ns, "DEL", `pod${count.rounds}`, { config });
    })();
    await Bun.sleep(Math.max(0, -head));
    const added = await call(ns, "ADD", `pod${count.rounds + 1}`, { config });
    const found = await look();
    expect([count.rounds, added.stdout, found]).toEqual([count.rounds, '{"cniVersion":"1.1.0"}\n', whole]);
    const deleted = await del;
    expect([count.rounds, deleted.status, await look()]).toEqual([count.rounds, 0, whole]);
    if (deleted.stderr.includes("removed")) count.removed++;
  }
  console.log(`${count.rounds} rounds, in ${count.removed} of which the DEL removed the links before the ADD`);
}

const rounds = volume({ sample: 8, full: 500 });

test.each([
  ["a VLAN on a NIC", plain],
  ["a VLAN on a bond", bonded],
])(
  `${rounds} rounds of an ADD against the last DEL, %s: the new Pod finds its links, always`,
  async (_, config) => {
    await using ns = await freshNode("ens192", "ens160", "ens224");
    await race(ns, config, rounds);
  },
  timeLimit(240_000),
);
