import type { Problem } from "../model.ts";
import { blockOfType, type CniType, masterBlock } from "./cniTypes.ts";
import { annotations, at } from "./metadata.ts";
import { problem } from "./problem.ts";
import type { Document, PoolsSpec, Spec } from "./schema.ts";

/** A Pod is given the resource and the network only where both are known (ValidateRdmaResouce, ValidateNetworkResouce). */
export function findInjectionFaults({ metadata, spec }: Document, type: CniType): Problem[] {
  const injections = [annotations.injectRdma, annotations.injectNetwork].filter((name) =>
    Object.hasOwn(metadata.annotations ?? {}, name),
  );
  return injections.flatMap((injection) => {
    if (type === "custom" || type === "ovs") return problem(at(injection), `does not go with cniType ${type}`);
    const found = findInjected(spec, type);
    if (!found || (injection === annotations.injectNetwork && !masterBlock(spec, type))) return [];
    const pools = [...(found.pools?.ipv4 ?? []), ...(found.pools?.ipv6 ?? [])];
    return [
      ...problem(found.path, !found.resource && `is missing, the annotation ${injection} needs it`),
      ...problem(
        `spec.${blockOfType[type]}.ippools`,
        pools.length === 0 && `is empty, the annotation ${injection} needs a pool`,
      ),
    ];
  });
}

function findInjected(
  spec: Spec,
  type: CniType,
): { path: string; resource: string | undefined; pools: PoolsSpec | undefined } | undefined {
  if (type === "ipoib") {
    return spec.ipoib && { path: "spec.ipoib.master", resource: spec.ipoib.master, pools: spec.ipoib.ippools };
  }
  if (type === "sriov" || type === "ib-sriov") {
    const block = spec[blockOfType[type]];
    return (
      block && { path: `spec.${blockOfType[type]}.resourceName`, resource: block.resourceName, pools: block.ippools }
    );
  }
  const block = masterBlock(spec, type);
  return block && { path: `spec.${type}.rdmaResourceName`, resource: block.rdmaResourceName, pools: block.ippools };
}
