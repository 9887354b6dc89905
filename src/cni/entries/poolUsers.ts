import { removeNetwork } from "../../apply/removeNetwork.ts";
import { findNoted, findNotes, nameNetwork, nameNote } from "../../host/note.ts";
import { removeNote, removeStaleNotes } from "../../host/notes.ts";
import type { RoutingRule } from "../../model.ts";
import type { PoolEntry } from "../../pool/entry.ts";
import { desireMasters } from "../../pool/layout.ts";
import { readRuleName } from "../../pool/ruleName.ts";
import type { RequestOf } from "../request.ts";
import { readValid, tellFaults } from "./nodeUsers.ts";

/** Takes the attachment's note away, whatever the config says, and removes the rule that no Pod needs any more. It never fails. */
export function leave({ config, containerID, ifName }: RequestOf<"DEL">, entry: PoolEntry): Promise<readonly string[]> {
  return tellFaults(async () => {
    const folder = await findNotes();
    const name = nameNote({ network: config.name, containerID, ifName });
    const noted = (await findNoted(folder, name)).filter((use) => readRuleName(use) !== undefined);
    const unused = removeNote(folder, name, noted).flatMap((use) => readRuleName(use) ?? []);
    // The same DEL again, after one that was killed or could not remove all.
    return remove(noted.length === 0 ? listOwn(entry) : unused, entry);
  });
}

/** Takes away the notes of this network's attachments that are gone, and removes the rule that no Pod needs any more. It never fails. */
export function collect({ config }: RequestOf<"GC">, entry: PoolEntry): Promise<readonly string[]> {
  return tellFaults(async () => {
    const valid = readValid(config);
    if (valid === undefined) return [];
    removeStaleNotes(await findNotes(), { prefix: nameNetwork(config.name), valid });
    return remove(listOwn(entry), entry);
  });
}

/** The config's own rule, where it is to be removed when unused. */
function listOwn(entry: PoolEntry): readonly RoutingRule[] {
  return entry.removeUnused ? (desireMasters(entry, []).rules ?? []) : [];
}

async function remove(rules: readonly RoutingRule[], { name, ipam }: PoolEntry): Promise<readonly string[]> {
  if (rules.length === 0) return [];
  const dataDir = (ipam.kind === "blocks" ? ipam.plan.dataDir : undefined) ?? "/var/lib/cni/networks";
  const { removed, kept } = await removeNetwork(rules, { store: `${dataDir}/${name}` });
  return [...removed, ...kept];
}
