import type { Problem } from "../../model.ts";
import { listOwnNames } from "../../observe/snapshot.ts";
import type { Judgement } from "./judge.ts";

/**
 * Warns of entries without `removeUnused` whose link another entry wants removed with its own last Pod: their Pods leave no note, and a
 * start may meet the removal.
 */
export function findMixed(judgements: readonly Judgement[]): Problem[] {
  const onNode = judgements.flatMap(({ path, desired }) => (desired?.place === "node" ? [{ path, desired }] : []));
  const removing = new Map<string, string>();
  for (const { path, desired } of onNode) {
    if (desired.removeUnused) for (const name of listOwnNames(desired)) removing.set(name, path);
  }
  return onNode.flatMap(({ path, desired }) => {
    const name = desired.removeUnused ? undefined : listOwnNames(desired).find((one) => removing.has(one));
    if (name === undefined) return [];
    const message = `removeUnused is not set, but ${removing.get(name)} sets it and wants ${name} too: set it in both`;
    return [{ path, message }];
  });
}
