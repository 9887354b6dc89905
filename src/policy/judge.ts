import type { Conflict, Current, Desired } from "../model.ts";
import { findUnfitKinds } from "./slaveKinds.ts";

/** Judges a config by the node's policy: what it forbids, as conflicts. */
export type Judge = (desired: Desired, current: Current) => Promise<readonly Conflict[]>;

/** Where there is no policy: everything is allowed but what only a policy can allow. */
export const allowAll: Judge = async (desired, current) => findUnfitKinds(desired, current, []);
