import type { Problem } from "../model.ts";
import { type CniType, masterBlock } from "./cniTypes.ts";
import type { Spec } from "./schema.ts";

/**
 * What the schema of the CustomResourceDefinition refuses and Spiderpool's own webhook does not: the API server has looked
 * at it before. `type` is the spec's cniType, defaulted.
 */
export function findRangeFaults(spec: Spec, type: CniType): Problem[] {
  const block = masterBlock(spec, type);
  const { bond } = block ?? {};
  return [
    ...findFaults(`spec.${type}`, { mtu: atLeastZero(block?.mtu) }),
    ...findFaults(`spec.${type}.bond`, {
      name: bond && bond.name === undefined && "is missing",
      mode: bond && findBondModeFault(bond.mode),
    }),
    ...findFaults("spec.sriov", {
      minTxRateMbps: atLeastZero(spec.sriov?.minTxRateMbps),
      maxTxRateMbps: atLeastZero(spec.sriov?.maxTxRateMbps),
      mtu: atLeastZero(spec.sriov?.mtu),
    }),
    ...findFaults("spec.ibsriov", { linkState: oneOf(spec.ibsriov?.linkState, ["auto", "enable", "disable"]) }),
    ...findFaults("spec.ovs", { bridge: spec.ovs && spec.ovs.bridge === undefined && "is missing" }),
    ...(spec.ovs?.trunk ?? []).flatMap(({ id = 0 }, index) =>
      findFaults(`spec.ovs.trunk[${index}]`, { id: id > 4094 && id <= 4096 && `is ${id}, allowed are 0 to 4094` }),
    ),
    ...findFaults("spec.coordinator", {
      mode: oneOf(spec.coordinator?.mode, ["auto", "underlay", "overlay", "disabled"]),
    }),
  ];
}

function findFaults(path: string, faults: Readonly<Record<string, string | false | undefined>>): Problem[] {
  return Object.entries(faults).flatMap(([field, message]) => (message ? [{ path: `${path}.${field}`, message }] : []));
}

function findBondModeFault(mode: number | undefined): string | undefined {
  if (mode === undefined) return "is missing, expected a number from 0 to 6";
  return mode < 0 || mode > 6 ? `is ${mode}, allowed are 0 to 6` : undefined;
}

function atLeastZero(value: number | undefined): string | false {
  return value !== undefined && value < 0 && `is ${value}, expected 0 or more`;
}

function oneOf(value: string | undefined, allowed: readonly string[]): string | false {
  return (
    value !== undefined && !allowed.includes(value) && `is ${JSON.stringify(value)}, allowed are ${allowed.join(", ")}`
  );
}
