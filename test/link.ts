import type { Link } from "../src/model.ts";

/** A link of a host for tests: a NIC that is up, with nothing special about it but `more`. */
export function link(index: number, name: string, more: Partial<Link> = {}): Link {
  return {
    index,
    name,
    altNames: [],
    kind: undefined,
    up: true,
    parentDown: false,
    mtu: 1500,
    mac: `02:00:00:00:00:0${index}`,
    maxMTU: 0,
    master: undefined,
    masterKind: undefined,
    parent: undefined,
    alias: undefined,
    vlan: undefined,
    driverData: {},
    ...more,
  };
}
