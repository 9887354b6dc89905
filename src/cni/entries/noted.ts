import type { Choosing } from "../../apply/locked.ts";
import { listTopmostAndBelow } from "../../config/topmost.ts";
import { forget, noteUse, type User } from "../../host/note.ts";
import type { Desired } from "../../model.ts";
import { nameRule } from "../../pool/ruleName.ts";
import type { RequestOf } from "../request.ts";

/** What is noted that an attachment uses: links, and a network's rule. */
function listUsed(desired: Desired): readonly string[] {
  return [...listTopmostAndBelow(desired), ...(desired.rules ?? []).map(nameRule)];
}

/** What is asked for, and what chooses its NICs by rule with the lock held, which may come to others. */
interface Asked {
  /** `undefined`: nothing is known before it is chosen. */
  readonly desired: Desired | undefined;
  readonly choose: Choosing | undefined;
}

/**
 * Makes the links of an attachment that is noted before anybody looks for them: from then on nobody removes them, and whoever looked
 * before has removed them by then. Where they can't be made the note goes again.
 *
 * Throws code 5 where it can't be noted, and what `make` throws.
 */
export async function whileNoted<T>(
  { config, containerID, ifName }: RequestOf<"ADD">,
  { desired, choose }: Asked,
  make: (choose?: Choosing) => Promise<T>,
): Promise<T> {
  const user = { network: config.name, containerID, ifName };
  const notes: string[] = [];
  try {
    if (desired) notes.push(...(await noteUse(listUsed(desired), user, makeFolders)));
    return await make(choose && noteChosen(choose, user, notes));
  } catch (cause) {
    await forget(notes);
    throw cause;
  }
}

/** Notes what is chosen anew, before anything is made on it; the notes are added to those that are taken back. */
function noteChosen(choose: Choosing, user: User, notes: string[]): Choosing {
  return async (site) => {
    const { makeNoteFolders } = await import("../../apply/locked.ts");
    const chosen = await choose(site);
    try {
      notes.push(...(await noteUse(listUsed(chosen.desired), user, makeNoteFolders)));
      return chosen;
    } catch (cause) {
      await chosen.raised?.release();
      throw cause;
    }
  };
}

/** Only for the first that uses a link; what it needs is what makes links. */
async function makeFolders(folders: readonly string[], work: () => Promise<void>): Promise<void> {
  const { withNoteFolders } = await import("../../apply/locked.ts");
  await withNoteFolders(folders, work);
}
