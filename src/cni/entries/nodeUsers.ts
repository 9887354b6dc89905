import { findNoted, findNotes, hasJournal, nameNetwork, nameNote } from "../../host/note.ts";
import { JsonObject, member } from "../../json.ts";
import { attachmentKeys } from "../../plugins/attachments.ts";
import type { Answer } from "../answer.ts";
import type { NetworkConfig, RequestOf } from "../request.ts";

/**
 * Takes the attachment's notes away, whatever the config says, and removes the links that nobody uses any more. It never fails: a link
 * that stays is told of, and left to the next DEL or GC.
 */
export async function del({ config, containerID, ifName }: RequestOf<"DEL">): Promise<Answer> {
  const journal = await tellFaults(async () => {
    const name = nameNote({ network: config.name, containerID, ifName });
    const folder = await findNotes();
    // What has a blank is no link, but a rule (poolUsers.ts).
    const links = (await findNoted(folder, name)).filter((link) => !link.includes(" "));
    // The same DEL again, after one that was killed or could not remove all.
    if (links.length === 0) return member(config.body, "removeUnused") === true ? removeNow() : [];
    const { removeNote } = await import("../../host/notes.ts");
    return removeNote(folder, name, links).length > 0 ? removeNow() : [];
  });
  return { journal };
}

/** Takes away the notes of this network's attachments that are gone, and removes what nobody uses any more. It never fails. */
export async function gc({ config }: RequestOf<"GC">): Promise<Answer> {
  const journal = await tellFaults(async () => {
    const valid = readValid(config);
    // Then all notes stay.
    if (valid === undefined) return [];
    const { removeStaleNotes } = await import("../../host/notes.ts");
    removeStaleNotes(await findNotes(), { prefix: nameNetwork(config.name), valid });
    return removeNow();
  });
  return { journal };
}

async function removeNow(): Promise<readonly string[]> {
  // Loaded only where nobody uses a link any more, which is not for each Pod.
  const { hasMadeFiles } = await import("../../host/madeFiles.ts");
  if (!(await hasMadeFiles()) && !(await hasJournal())) return [];
  const { removeUnused } = await (await import("./nodeLinks.ts")).loadRemoval();
  const { removed, kept } = await removeUnused();
  return [...removed, ...kept];
}

/** What the work tells, and instead of a fault its message. */
export async function tellFaults(work: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await work();
  } catch (cause) {
    // Whatever it was: a Pod whose DEL fails can't go.
    const message = cause instanceof Error ? cause.message : String(cause);
    return [`${message}; what is unused stays for the next DEL or GC`];
  }
}

/** The names of the notes of valid attachments. `undefined`: nobody can tell which those are. */
export function readValid({ name, body }: NetworkConfig): ReadonlySet<string> | undefined {
  const lists = attachmentKeys.map((key) => member(body, key) ?? undefined);
  if (lists.every((list) => list === undefined)) return undefined;
  const valid = new Set<string>();
  for (const attachment of lists.flatMap((list) => list ?? [])) {
    const [containerID, ifName] = ["containerID", "ifname"].map((key) =>
      attachment instanceof JsonObject ? member(attachment, key) : undefined,
    );
    if (typeof containerID !== "string" || typeof ifName !== "string") return undefined;
    valid.add(nameNote({ network: name, containerID, ifName }));
  }
  return valid;
}
