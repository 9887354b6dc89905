import { CniError, Code } from "../error.ts";
import { readRootFile } from "../host/rootFile.ts";
import { findLink } from "../model.ts";
import { observeBelow } from "../observe/below.ts";
import { findForbidden } from "./forbid.ts";
import { allowAll, type Judge } from "./judge.ts";
import { policyPath } from "./path.ts";
import { parsePolicy } from "./read.ts";
import type { Policy } from "./schema.ts";
import { findUnfitKinds } from "./slaveKinds.ts";

/**
 * Reads the node's policy. Without one everything is allowed.
 *
 * Throws code 106 where it can't be read, is not valid, or others than root may write it: then nothing is allowed.
 */
export function readPolicy(): Judge {
  return judgeBy(loadPolicy());
}

/** The judge by a policy. */
export function judgeBy(policy: Policy | undefined): Judge {
  if (policy === undefined) return allowAll;
  return async (desired, current) => {
    const listed = [...desired.interfaces, ...(desired.bond ? [desired.bond.name] : [])];
    const links = listed.flatMap((name) => findLink(current, name) ?? []);
    const isAboutLinks = policy.interfaces !== undefined || policy.vlanIDs !== undefined;
    const below = isAboutLinks && desired.place === "node" ? await observeBelow(links) : [];
    return [
      ...findForbidden(policy, desired, current, below),
      ...findUnfitKinds(desired, current, policy.interfaces?.slaveKinds ?? []),
    ];
  };
}

/** The node's policy; `undefined`: there is none. Throws as `readPolicy` does. */
export function loadPolicy(): Policy | undefined {
  const file = readRootFile(policyPath);
  if (file === undefined) return undefined;
  if ("fault" in file) {
    throw new CniError(Code.forbidden, `nothing is allowed until the node's policy is mended, ${file.fault}`);
  }
  return parsePolicy(file.bytes, policyPath);
}
