import type { Problem } from "../model.ts";
import { problem } from "./problem.ts";
import type { Document } from "./schema.ts";

/** The annotations that Spiderpool reads (pkg/constant). */
export const annotations = {
  nadName: "multus.spidernet.io/cr-name",
  cniVersion: "multus.spidernet.io/cni-version",
  configName: "cni.spidernet.io/cniconfig-name",
  resourceName: "k8s.v1.cni.cncf.io/resourceName",
  injectRdma: "cni.spidernet.io/rdma-resource-inject",
  injectNetwork: "cni.spidernet.io/network-resource-inject",
} as const;

const cniVersions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0"];

/** What Kubernetes and Spiderpool's webhook refuse in names and annotations. */
export function findMetadataFaults({ metadata }: Document): Problem[] {
  const given = metadata.annotations ?? {};
  const nadName = given[annotations.nadName];
  const version = given[annotations.cniVersion];
  return [
    ...problem("metadata.name", findSubdomainFault(metadata.name)),
    ...problem(at(annotations.nadName), nadName !== undefined && findSubdomainFault(nadName)),
    ...problem(
      at(annotations.cniVersion),
      version !== undefined &&
        !cniVersions.includes(version) &&
        `is ${JSON.stringify(version)}, allowed are ${cniVersions.join(", ")}`,
    ),
  ];
}

/** An annotation's path. */
export function at(annotation: string): string {
  return `metadata.annotations[${JSON.stringify(annotation)}]`;
}

/** RFC 1123 subdomain, what Kubernetes takes as an object's name. */
function findSubdomainFault(name: string): string | undefined {
  const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  if (name.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(name)) return undefined;
  return `is ${JSON.stringify(name)}, expected a name of a-z, 0-9, '-' and '.', of at most 253 characters`;
}
