import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { YAML } from "bun";
import { convertSpiderMultusConfig } from "../../src/convert/convert.ts";
import { readDocuments } from "../../src/convert/documents.ts";

interface Vector {
  readonly case: string;
  readonly input: {
    readonly metadata: { readonly namespace: string };
    readonly spec: Readonly<Record<string, unknown>>;
  };
  readonly outcome: "ok" | "reject" | "error" | "panic";
  readonly config: string;
  readonly nadName: string;
  readonly nadAnnotations: Readonly<Record<string, string>>;
}

const recorded = readFileSync(new URL("../cases/convert/spidermultusconfig.jsonl", import.meta.url), "utf8");
const vectors: Vector[] = recorded
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const written = vectors.filter(({ outcome }) => outcome === "ok");
const refused = vectors.filter(({ outcome }) => outcome !== "ok");

const typeMeta = { apiVersion: "spiderpool.spidernet.io/v2beta1", kind: "SpiderMultusConfig" };

function expectedManifest({ input, nadName, nadAnnotations, config }: Vector) {
  return {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { name: nadName, namespace: input.metadata.namespace, annotations: nadAnnotations },
    spec: { config },
  };
}

describe("what Spiderpool writes", () => {
  test.each(written)("$case", (vector) => {
    expect(convertSpiderMultusConfig(vector.input)).toMatchObject({ ok: true, manifest: expectedManifest(vector) });
  });

  test.each(written)("$case, as a manifest in YAML", (vector) => {
    const { documents } = readDocuments(YAML.stringify({ ...typeMeta, ...vector.input }, null, 2));
    expect(documents).toHaveLength(1);
    expect(convertSpiderMultusConfig(documents[0])).toMatchObject({ ok: true, manifest: expectedManifest(vector) });
  });

  test.each(written)("$case, without what the cluster's defaults add", (vector) => {
    const { enableCoordinator, disableIPAM, ...spec } = vector.input.spec;
    const kept = {
      ...(enableCoordinator === false ? { enableCoordinator } : {}),
      ...(disableIPAM ? { disableIPAM } : {}),
    };
    const manifest = { ...typeMeta, ...vector.input, spec: { ...spec, ...kept } };
    expect(convertSpiderMultusConfig(manifest)).toMatchObject({ ok: true, manifest: expectedManifest(vector) });
  });
});

describe("what Spiderpool refuses, or crashes on", () => {
  test.each(refused)("$case", ({ input }) => {
    const conversion = convertSpiderMultusConfig(input);
    const problems = conversion.ok ? [] : conversion.problems;
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toMatchSnapshot();
    expect(problems).not.toBeEmpty();
  });

  // Less the one that crashes Spiderpool for want of a default: as a manifest it gets the default, and is converted.
  test.each(refused.filter(({ input }) => "enableCoordinator" in input.spec))("$case, as a manifest", ({ input }) => {
    expect(convertSpiderMultusConfig({ ...typeMeta, ...input }).ok).toBe(false);
  });
});
