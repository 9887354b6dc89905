import type { MasterSpec, Spec } from "./schema.ts";

/** The block of the spec that belongs to each CNI type. */
export const blockOfType = {
  macvlan: "macvlan",
  ipvlan: "ipvlan",
  vlan: "vlan",
  sriov: "sriov",
  "ib-sriov": "ibsriov",
  ipoib: "ipoib",
  ovs: "ovs",
  custom: "customCNI",
} as const;

export type CniType = keyof typeof blockOfType;

export function isCniType(type: string): type is CniType {
  return Object.hasOwn(blockOfType, type);
}

/** The block of the types that name host interfaces as masters. */
export function masterBlock(spec: Spec, type: CniType): MasterSpec | undefined {
  return type === "macvlan" || type === "ipvlan" || type === "vlan" ? spec[type] : undefined;
}
