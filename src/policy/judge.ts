import { CniError, Code } from "../error.ts";
import { readRootFile } from "../host/rootFile.ts";
import { type Conflict, type Current, type Desired, findLink } from "../model.ts";
import { observeBelow } from "../observe/below.ts";
import { policyPath } from "./path.ts";

/** Judges a config by the node's policy: what it forbids, as conflicts. */
export type Judge = (desired: Desired, current: Current) => readonly Conflict[];

const allowAll: Judge = () => [];

/**
 * Reads the node's policy. Without one everything is allowed, and finding that out costs one open(2).
 *
 * Throws code 106 where it can't be read, is not valid, or others than root may write it: then nothing is allowed.
 */
export function readPolicy(): Judge {
  const file = readRootFile(policyPath);
  if (file === undefined) return allowAll;
  if ("fault" in file) {
    throw new CniError(Code.forbidden, `nothing is allowed until the node's policy is mended, ${file.fault}`);
  }
  // Loaded only where there is a policy.
  const { parsePolicy } = require("./read.ts") as typeof import("./read.ts");
  const { findForbidden } = require("./forbid.ts") as typeof import("./forbid.ts");
  const policy = parsePolicy(file.bytes, policyPath);
  return (desired, current) => {
    const listed = [...desired.interfaces, ...(desired.bond ? [desired.bond.name] : [])];
    const links = listed.flatMap((name) => findLink(current, name) ?? []);
    return findForbidden(policy, desired, current, policy.interfaces ? observeBelow(links) : []);
  };
}
