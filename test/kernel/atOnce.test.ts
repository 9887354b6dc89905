import { expect, test } from "bun:test";
import { timeLimit, volume } from "../volume.ts";
import { bonded, complete, nics, tell } from "./bonded.ts";
import { type Answer, ifacer, type Namespace } from "./harness.ts";
import { nodeWith } from "./node.ts";

const many = volume({ sample: 50, full: 200 });

/** On a machine that is slow enough one of them holds the lock for 30 s, and others are told to come again, as runtimes do. */
async function addAtLast(ns: Namespace, config: object): Promise<Answer> {
  for (;;) {
    const answer = await ifacer(ns, "ADD", config);
    if (answer.json?.code !== 11) return answer;
  }
}

async function addAll(ns: Namespace, configs: readonly object[]): Promise<Answer[]> {
  const begin = performance.now();
  const answers = await Promise.all(configs.map((config) => addAtLast(ns, config)));
  console.log(`${configs.length} ADDs at once took ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return answers;
}

test(
  `${many} ADDs of the same bond and VLAN from nothing: all succeed, one of each link`,
  async () => {
    await using ns = await nodeWith(...nics);
    const answers = await addAll(ns, Array(many).fill(bonded));
    expect(answers.filter(({ status }) => status !== 0)).toEqual([]);
    expect(await tell(ns)).toEqual(complete(200));
    // Exactly one of them made the links and says so.
    expect(answers.filter(({ stderr }) => stderr !== "")).toHaveLength(1);
  },
  timeLimit(300_000),
);

test(
  `${many} ADDs of ten VLANs on the same bond from nothing: all succeed, one of each link`,
  async () => {
    await using ns = await nodeWith(...nics);
    const ids = Array.from({ length: 10 }, (_, index) => 201 + index);
    const configs = Array.from({ length: many }, (_, index) => ({ ...bonded, vlanID: ids[index % ids.length] }));
    const answers = await addAll(ns, configs);
    expect(answers.filter(({ status }) => status !== 0)).toEqual([]);
    expect(await tell(ns)).toEqual(complete(...ids));
    const made = answers.flatMap(({ stderr }) => stderr.match(/made the (bond|VLAN) \S+/g) ?? []).sort();
    expect(made).toEqual(["made the bond bond0", ...ids.map((id) => `made the VLAN bond0.${id}`)].sort());
  },
  timeLimit(300_000),
);
