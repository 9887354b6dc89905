import * as z from "zod/mini";
import { decodeJson, encodeJson, type Json, JsonObject } from "../json.ts";
import type { Problem } from "../model.ts";
import { readPoolEntry } from "../pool/entry.ts";
import type { NetworkAttachmentDefinition } from "./convert.ts";

/** The manifests for a MultiNicNetwork, or all that keeps it from being one of ifacer's. */
export type PoolConversion =
  | {
      readonly ok: true;
      readonly manifests: readonly NetworkAttachmentDefinition[];
      readonly notes: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const text = z.string({ error: "a string" });
const texts = z.array(text, { error: "a list of strings" });

/** The fields of the API (multinic.fms.io/v1, MultiNicNetworkSpec). Others, of the status for example, don't matter. */
const documentSchema = z.object(
  {
    metadata: z.object({ name: text }, { error: "an object with a name" }),
    spec: z.object(
      {
        subnet: z.nullish(text),
        masterNets: z.nullish(texts),
        ipam: z.string({ error: "JSON in a string" }),
        multiNICIPAM: z.nullish(z.boolean({ error: "true or false" })),
        plugin: z.object(
          {
            cniVersion: z.nullish(text),
            type: text,
            capabilities: z.nullish(z.record(text, z.boolean({ error: "true or false" }))),
            dns: z.nullish(z.record(text, z.unknown())),
            args: z.nullish(z.record(text, text, { error: "an object of strings" })),
          },
          { error: "an object with a type" },
        ),
        attachPolicy: z.nullish(z.object({ strategy: z.nullish(text), target: z.nullish(text) })),
        namespaces: z.nullish(texts),
      },
      { error: "an object" },
    ),
  },
  { error: "an object" },
);

type Spec = z.output<typeof documentSchema>["spec"];

/** Types of plugin that need a device plugin's devices, which ifacer does not hand out. */
const deviceTypes = ["sriov", "mellanox", "host-device", "aws-ipvlan"];

const defaultVersion = "0.3.1";

/** The NetworkAttachmentDefinitions for a MultiNicNetwork, one for each namespace that it names, of the type `ifacer`. */
export function convertMultiNicNetwork(input: unknown): PoolConversion {
  const parsed = documentSchema.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({
      path: path.map(String).join("."),
      message: `expected ${message}`,
    }));
    return { ok: false, problems };
  }
  const { metadata, spec } = parsed.data;
  const ipam = parseIpam(spec.ipam);
  const problems = [...findProblems(spec), ...("problem" in ipam ? [ipam.problem] : [])];
  if (problems.length > 0 || "problem" in ipam) return { ok: false, problems };
  const config = makeConfig(metadata.name, spec, ipam.value);
  const reading = readPoolEntry(config);
  if (reading.entry === undefined) {
    return { ok: false, problems: reading.problems.map(({ path, message }) => ({ path: `spec.${path}`, message })) };
  }
  const namespaces = spec.namespaces ?? [];
  const manifests = (namespaces.length > 0 ? namespaces : [undefined]).map((namespace) => ({
    apiVersion: "k8s.cni.cncf.io/v1" as const,
    kind: "NetworkAttachmentDefinition" as const,
    metadata: { name: metadata.name, ...(namespace && { namespace }), annotations: {} },
    spec: { config: encodeJson(config) },
  }));
  const warnings = reading.warnings.map(({ path, message }) => ({ path: `spec.${path}`, message }));
  return { ok: true, manifests, notes: [...findNotes(spec), ...warnings] };
}

function findProblems({ plugin }: Spec): Problem[] {
  if (!deviceTypes.includes(plugin.type)) return [];
  const message = `is ${plugin.type}, which attaches Pods to devices of a device plugin: ifacer attaches them to NICs, by ipvlan or macvlan for example`;
  return [{ path: "spec.plugin.type", message }];
}

function parseIpam(text: string): { readonly value: JsonObject } | { readonly problem: Problem } {
  const path = "spec.ipam";
  try {
    const value = decodeJson(new TextEncoder().encode(text), "it");
    if (!(value instanceof JsonObject)) return { problem: { path, message: "is no JSON object" } };
    if (value.members.some(([key, type]) => key === "type" && type === "multi-config")) {
      const message =
        "is of the type multi-config, which has a config for each NIC's name: write an entry for each NIC";
      return { problem: { path, message } };
    }
    return { value };
  } catch (cause) {
    return { problem: { path, message: cause instanceof Error ? cause.message : String(cause) } };
  }
}

function findNotes({ attachPolicy, namespaces, plugin }: Spec): Problem[] {
  const notes: Problem[] = [];
  const strategy = attachPolicy?.strategy ?? "";
  if (strategy !== "" && strategy !== "none") {
    const message = `${strategy} is left out: each Pod gets all NICs, or those that it asks for (cni-args)`;
    notes.push({ path: "spec.attachPolicy.strategy", message });
  }
  if ((namespaces ?? []).length === 0) {
    const message = "is empty, so that the operator writes one into each namespace: apply it with -n where Pods use it";
    notes.push({ path: "spec.namespaces", message });
  }
  if (plugin.args?.["master"]) {
    notes.push({ path: "spec.plugin.args.master", message: "is left out: the NICs are the masters" });
  }
  return notes;
}

/** As the operator writes it, but for its daemon's address, which nobody asks. */
function makeConfig(name: string, spec: Spec, ipam: JsonObject): JsonObject {
  const { plugin, masterNets, subnet, multiNICIPAM } = spec;
  const args = Object.entries(plugin.args ?? {}).filter(([key]) => key !== "master");
  const own = Object.fromEntries(args.map(([key, value]) => [key, key === "mtu" ? Number(value) : value]));
  const { capabilities, dns } = plugin;
  const plain = {
    cniVersion: plugin.cniVersion || defaultVersion,
    name,
    type: "ifacer",
    ...(capabilities && { capabilities }),
    ...(dns && Object.keys(dns).length > 0 && { dns }),
    plugin: { type: plugin.type, ...own },
    ...(subnet && { subnet }),
    ...(masterNets && masterNets.length > 0 && { masterNets }),
    ...(multiNICIPAM && { multiNICIPAM }),
  };
  const body = decodeJson(new TextEncoder().encode(JSON.stringify(plain)), "the config") as Exclude<Json, null>;
  return new JsonObject([...(body instanceof JsonObject ? body.members : []), ["ipam", ipam]]);
}
