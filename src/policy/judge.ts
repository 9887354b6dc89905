import type { Conflict, Current, Desired } from "../model.ts";

/** Judges a config by the node's policy: what it forbids, as conflicts. */
export type Judge = (desired: Desired, current: Current) => Promise<readonly Conflict[]>;

/** Where there is no policy. */
export const allowAll: Judge = async () => [];
