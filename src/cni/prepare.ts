import { CniError, Code } from "../error.ts";
import { isThere, usersFolder } from "../host/file.ts";
import { isOwnNamespace } from "../host/proc.ts";
import type { StartedLook } from "../observe/start.ts";
import { mayHavePolicy } from "../policy/path.ts";
import { versionDocument } from "../protocol/versions.ts";
import type { Answer } from "./answer.ts";
import { findKind, loadNodeLinks } from "./kinds.ts";
import type { Call, Request, RequestOf } from "./request.ts";

/** Does what a call asks for. Throws a CniError where it can't be done; nothing is left half done then. */
export type Answering = (request: Request) => Promise<Answer>;

/**
 * Gets ready for a call before its config has arrived: for a verb that looks at links, what can be learnt meanwhile is begun, on
 * other threads, and what almost all of these calls need is loaded.
 */
export async function prepare({ env }: Call, look: StartedLook | undefined): Promise<Answering> {
  if (look === undefined) return answerWithoutLook;
  const facts = Promise.all([isOwnNamespace(env["CNI_NETNS"] ?? ""), mayHavePolicy()]);
  await loadNodeLinks();
  return async (request) => {
    const [inOwnNamespace, policyPossible] = await facts;
    const prefetched = { look, policyPossible };
    switch (request.verb) {
      case "ADD":
        if (inOwnNamespace) refuseOwnNamespace(request);
        return (await findKind(request.config.body).load()).add(request, prefetched);
      case "CHECK":
        return (await findKind(request.config.body).load()).check(request, prefetched);
      case "STATUS":
        return (await findKind(request.config.body).load()).status(request, prefetched);
      default:
        return answerWithoutLook(request);
    }
  };
}

function refuseOwnNamespace({ netns, allowOwnNamespace }: RequestOf<"ADD">): void {
  if (allowOwnNamespace) return;
  const message = `CNI_NETNS ${netns} is the node's own network namespace: a Pod must have its own`;
  throw new CniError(Code.ownNamespace, message);
}

async function answerWithoutLook(request: Request): Promise<Answer> {
  if (request.verb !== "DEL" && request.verb !== "GC") return { document: versionDocument(), journal: [] };
  const kind = findKind(request.config.body);
  if (kind.place === "node") {
    // The links are shared. Who uses them is noted only where a config wants unused ones removed.
    if (!(await isThere(usersFolder))) return { journal: [] };
    const users = await import("./entries/nodeUsers.ts");
    return request.verb === "DEL" ? users.del(request) : users.gc(request);
  }
  const { del, gc } = await kind.load();
  return request.verb === "DEL" ? del(request) : gc(request);
}
