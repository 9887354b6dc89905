import type { Desired } from "../model.ts";

/** What is asked for by who wants no link: the rest of a `Desired` beside its place. */
export const noLinks = {
  interfaces: [],
  bond: undefined,
  vlans: [],
  mtu: undefined,
  allowDuplicateVlanID: true,
  allowInUse: false,
  addresses: [],
  routes: [],
} as const satisfies Partial<Desired>;
