import { type Conflict, type Current, type Desired, findLink } from "../model.ts";

/** Judges a config by the node's policy: what it forbids, as conflicts. */
export type Judge = (desired: Desired, current: Current) => Promise<readonly Conflict[]>;

/** Where there is no policy: everything is allowed but what only a policy can allow. */
export const allowAll: Judge = async (desired, current) => {
  const { bond, interfaces } = desired;
  // Loaded only where a NIC is to join a bond.
  if (bond === undefined || interfaces.every((name) => findLink(current, name)?.master === bond.name)) return [];
  return (await import("./slaveKinds.ts")).findUnfitKinds(desired, current, []);
};
