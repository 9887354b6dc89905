import { type Alike, compareSizes, isTold } from "./alike.ts";
import type { NodeAnswers } from "./gather.ts";

/** Why ADD would fail. */
export interface Reason extends Alike {
  /** What is in the way, without what to do about it. Of addresses that differ from node to node one stands for all. */
  readonly message: string;
  /** All that the first of the nodes said. */
  readonly example: string;
  /** The NICs that these nodes have, where one that the config names is missing. */
  readonly nics: readonly string[] | undefined;
}

const addresses = /\b\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?\b|(?<![\w:])[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}(\/\d{1,3})?/g;

/** What stands in the way on which nodes, most nodes first. Each node has addresses of its own: they don't make a difference. */
export function groupFailures(nodes: readonly (readonly [name: string, answers: NodeAnswers])[]): Reason[] {
  const reasons = new Map<string, Reason & { readonly nodes: string[]; message: string }>();
  const varied = new Set<string>();
  for (const [name, { plan, status }] of nodes) {
    for (const { message, brief, missing } of isTold(plan) ? plan.failures : []) {
      const nics = missing && isTold(status) ? status.nics : undefined;
      const key = JSON.stringify([brief.replace(addresses, ""), nics]);
      const known = reasons.get(key);
      if (known === undefined) reasons.set(key, { nodes: [name], message: brief, example: message, nics });
      else if (known.nodes.at(-1) !== name) {
        known.nodes.push(name);
        if (known.message === brief || varied.has(key)) continue;
        varied.add(key);
        known.message = known.message.replace(addresses, "$& or another");
      }
    }
  }
  return [...reasons.values()].toSorted(compareSizes);
}
