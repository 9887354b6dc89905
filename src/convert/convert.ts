import type { Problem } from "../model.ts";
import { blockOfType, type CniType, isCniType } from "./cniTypes.ts";
import { marshalGo } from "./goJSON.ts";
import { lint } from "./lint.ts";
import { annotations } from "./metadata.ts";
import { makePlugins } from "./plugins.ts";
import { findRangeFaults } from "./ranges.ts";
import { readDocument } from "./read.ts";
import { findRefusals } from "./refusals.ts";
import type { Document, Spec } from "./schema.ts";

/** What Multus reads: a network config under a name (k8s.cni.cncf.io/v1). */
export interface NetworkAttachmentDefinition {
  readonly apiVersion: "k8s.cni.cncf.io/v1";
  readonly kind: "NetworkAttachmentDefinition";
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly config: string };
}

export type Conversion =
  | { readonly ok: true; readonly manifest: NetworkAttachmentDefinition; readonly notes: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const defaultCniVersion = "0.3.1";

/**
 * The NetworkAttachmentDefinition that Spiderpool writes for a SpiderMultusConfig, `spec.config` to the byte; or all that
 * Spiderpool refuses in it. Notes are what Spiderpool lets through and a node chokes on, and fields that a cluster drops.
 *
 * `input` is a parsed YAML or JSON document. One with `apiVersion` and `kind` is a manifest as users write it: the defaults
 * and ranges of the CustomResourceDefinition are applied first, as the API server does. One without is taken for the bare
 * object that a cluster holds, which has passed them: it has to say `enableCoordinator`, and its ranges are but noted.
 */
export function convertSpiderMultusConfig(input: unknown): Conversion {
  const read = readDocument(input);
  if (!read.ok) return read;
  const { document } = read;
  const { apiVersion, kind } = document;
  const type = document.spec.cniType ?? "custom";
  if (!isCniType(type)) return { ok: false, problems: [{ path: "spec.cniType", message: describeType(type) }] };
  if ((apiVersion === undefined) !== (kind === undefined)) {
    return { ok: false, problems: [{ path: apiVersion ? "kind" : "apiVersion", message: "is missing" }] };
  }

  const isManifest = kind !== undefined;
  const spec: Spec = isManifest
    ? { ...document.spec, enableCoordinator: document.spec.enableCoordinator ?? true }
    : document.spec;
  const ranges = findRangeFaults(spec, type);
  const problems = [...findRefusals(document, type), ...findMissingSwitch(spec, type), ...(isManifest ? ranges : [])];
  if (problems.length > 0) return { ok: false, problems };

  const name = document.metadata.annotations?.[annotations.nadName] ?? document.metadata.name;
  const config =
    type === "custom" ? (spec.customCNI ?? "") : makeConfig(document, { name, spec, tunePodRoutes: isManifest });
  return {
    ok: true,
    manifest: makeManifest(document, { name, type, config }),
    notes: [...read.notes, ...(isManifest ? [] : ranges), ...lint(document, type)],
  };
}

function describeType(type: string): string {
  return `is ${JSON.stringify(type)}, allowed are ${Object.keys(blockOfType).join(", ")}`;
}

/** Spiderpool crashes on an object without it; only the API server's default keeps that from happening. */
function findMissingSwitch(spec: Spec, type: CniType): Problem[] {
  if (type === "custom" || spec.enableCoordinator !== undefined) return [];
  const message =
    "is missing; set it to true or false, or add apiVersion and kind to have the cluster's defaults applied";
  return [{ path: "spec.enableCoordinator", message }];
}

interface ConfigParts {
  readonly name: string;
  readonly spec: Spec;
  readonly tunePodRoutes: boolean;
}

function makeConfig({ metadata }: Document, { name, spec, tunePodRoutes }: ConfigParts): string {
  const cniVersion = metadata.annotations?.[annotations.cniVersion] ?? defaultCniVersion;
  const networkName = metadata.annotations?.[annotations.configName] || name;
  const plugins = makePlugins(spec, { tunePodRoutes });
  const head = marshalGo({ cniVersion, name: networkName }, "declared");
  return `${head.slice(0, -1)},"plugins":[${plugins.join(",")}]}`;
}

interface ManifestParts {
  readonly name: string;
  readonly type: CniType;
  readonly config: string;
}

function makeManifest(
  { metadata, spec }: Document,
  { name, type, config }: ManifestParts,
): NetworkAttachmentDefinition {
  const resourceName = findResourceName(spec, type);
  return {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: {
      name,
      ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
      annotations: {
        ...metadata.annotations,
        ...(resourceName ? { [annotations.resourceName]: resourceName } : {}),
      },
    },
    spec: { config },
  };
}

/** The device plugin's resource, by which Multus finds the Pod's device. */
function findResourceName(spec: Spec, type: CniType): string | undefined {
  if (type === "sriov") return spec.sriov?.resourceName;
  if (type === "ib-sriov") return spec.ibsriov?.resourceName;
  return type === "ovs" && spec.ovs?.deviceID ? `ovs-cni.network.kubevirt.io/${spec.ovs.bridge ?? ""}` : undefined;
}
