import type { Problem } from "../model.ts";
import { findChainFault, parseJSON } from "./chain.ts";
import { blockOfType, type CniType, masterBlock } from "./cniTypes.ts";
import { findCoordinatorFaults } from "./coordinator.ts";
import { findInjectionFaults } from "./injection.ts";
import { findMetadataFaults } from "./metadata.ts";
import { problem } from "./problem.ts";
import type { Document, Spec } from "./schema.ts";

/**
 * Everything that Spiderpool's validating webhook (validateCNIConfig, validateAnnotation, ValidateCoordinatorSpec) refuses in
 * a SpiderMultusConfig, and what makes it or its controller crash. `type` is the spec's cniType, defaulted.
 */
export function findRefusals(document: Document, type: CniType): Problem[] {
  const { spec } = document;
  return [
    ...findMetadataFaults(document),
    ...findMissingBlock(spec, type),
    ...findStrangeBlocks(spec, type),
    ...findMasterFaults(spec, type),
    ...findVlanModeFaults(spec, type),
    ...findSriovFaults(spec, type),
    ...findOvsFaults(spec, type),
    ...findCustomFaults(spec),
    ...findInjectionFaults(document, type),
    // The webhook drops the coordinator of a custom config before it looks.
    ...(spec.coordinator && type !== "custom" ? findCoordinatorFaults(spec.coordinator) : []),
    ...(spec.chainCNIJsonData ?? []).flatMap((json, index) =>
      problem(`spec.chainCNIJsonData[${index}]`, findChainFault(json)),
    ),
  ];
}

function findMissingBlock(spec: Spec, type: CniType): Problem[] {
  const block = blockOfType[type];
  if (type === "custom" || spec[block] !== undefined) return [];
  return problem(`spec.${block}`, `is missing, cniType ${type} needs it`);
}

function findStrangeBlocks(spec: Spec, type: CniType): Problem[] {
  return Object.values(blockOfType)
    .filter((block) => block !== blockOfType[type] && spec[block] !== undefined)
    .flatMap((block) =>
      problem(`spec.${block}`, `does not go with cniType ${type}, which takes spec.${blockOfType[type]} only`),
    );
}

function findMasterFaults(spec: Spec, type: CniType): Problem[] {
  const block = masterBlock(spec, type);
  if (!block) return [];
  const path = `spec.${type}`;
  const masters = block.master?.length ?? 0;
  return [
    ...problem(`${path}.vlanID`, findVlanIDFault(block.vlanID)),
    ...problem(
      `${path}.ippools.matchMasterSubnet`,
      block.ippools?.matchMasterSubnet && `is true, which cniType ${type} does not support`,
    ),
    ...problem(`${path}.master`, masters === 0 && "is empty, at least one interface name is needed"),
    ...problem(`${path}.bond`, masters > 1 && !block.bond && `is missing, ${masters} masters need a bond`),
    ...problem(`${path}.bond.name`, masters > 1 && block.bond && !block.bond.name && "is empty, the bond needs a name"),
  ];
}

function findVlanIDFault(id: number | undefined): string | undefined {
  return id !== undefined && (id < 0 || id > 4094) ? `is ${id}, allowed are 0 to 4094` : undefined;
}

function findVlanModeFaults(spec: Spec, type: CniType): Problem[] {
  if (type !== "vlan" || spec.vlan === undefined) return [];
  const { vlanMode = "manual", vlanID } = spec.vlan;
  return [
    ...problem(
      "spec.vlan.vlanMode",
      !["manual", "auto"].includes(vlanMode) && `is ${JSON.stringify(vlanMode)}, allowed are manual and auto`,
    ),
    ...problem(
      "spec.vlan.vlanID",
      vlanMode === "auto" && vlanID !== undefined && `is ${vlanID}, but vlanMode auto finds the id by itself`,
    ),
  ];
}

function findSriovFaults(spec: Spec, type: CniType): Problem[] {
  const { vlanID, minTxRateMbps = 0, maxTxRateMbps = 0 } = spec.sriov ?? {};
  const needed = "is missing, the resource that the device plugin reports is needed";
  if (type === "ib-sriov")
    return problem("spec.ibsriov.resourceName", spec.ibsriov && !spec.ibsriov.resourceName && needed);
  if (type === "ipoib") {
    return problem(
      "spec.ipoib.master",
      spec.ipoib && !spec.ipoib.master && "is missing, the host's InfiniBand interface is needed",
    );
  }
  if (type !== "sriov" || !spec.sriov) return [];
  return [
    ...problem("spec.sriov.vlanID", findVlanIDFault(vlanID)),
    ...problem(
      "spec.sriov.minTxRateMbps",
      minTxRateMbps > maxTxRateMbps && `is ${minTxRateMbps}, more than maxTxRateMbps, which is ${maxTxRateMbps}`,
    ),
    ...problem("spec.sriov.resourceName", !spec.sriov.resourceName && needed),
  ];
}

function findOvsFaults(spec: Spec, type: CniType): Problem[] {
  if (type !== "ovs" || !spec.ovs) return [];
  const trunk = (spec.ovs.trunk ?? []).flatMap(({ minID, maxID, id }, index) => {
    const path = `spec.ovs.trunk[${index}]`;
    return [
      ...problem(`${path}.minID`, minID !== undefined && minID > 4094 && `is ${minID}, allowed are 0 to 4094`),
      ...problem(`${path}.maxID`, maxID !== undefined && maxID > 4094 && `is ${maxID}, allowed are 0 to 4094`),
      // Spiderpool's webhook crashes on this one.
      ...problem(`${path}.minID`, maxID !== undefined && minID === undefined && `is missing, maxID ${maxID} needs it`),
      ...problem(
        `${path}.maxID`,
        maxID !== undefined &&
          minID !== undefined &&
          maxID < minID &&
          `is ${maxID}, less than minID, which is ${minID}`,
      ),
      ...problem(`${path}.id`, id !== undefined && id > 4096 && `is ${id}, allowed are 0 to 4094`),
    ];
  });
  return [...problem("spec.ovs.vlan", findVlanIDFault(spec.ovs.vlan)), ...trunk];
}

function findCustomFaults({ customCNI }: Spec): Problem[] {
  return problem("spec.customCNI", customCNI && parseJSON(customCNI) === undefined && "is not valid JSON");
}
