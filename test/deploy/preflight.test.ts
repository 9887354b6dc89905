/** The manifest that asks all nodes, against the schema of Kubernetes' API, and what it asks of the node. What its Pods say is
 *  tested in test/kernel/fleet.test.ts. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import { findFaults, findUnknown } from "./schema.ts";

const root = join(import.meta.dir, "../..");
const text = readFileSync(join(root, "deploy/preflight.yaml"), "utf8");
const manifest = Bun.YAML.parse(text) as IDaemonSet;
const pod = manifest.spec?.template.spec;
const [container] = pod?.containers ?? [];

test("the schema of Kubernetes' API takes it and knows every field of it", () => {
  expect(findFaults(manifest)).toEqual([]);
  expect(findUnknown(manifest)).toEqual([]);
});

test("selects its own Pods, by the label that its first lines and the documents name", () => {
  const { selector, template } = manifest.spec ?? {};
  expect(template?.metadata?.labels).toMatchObject(selector?.matchLabels ?? { none: "" });
  const [[label, value] = []] = Object.entries(selector?.matchLabels ?? {});
  for (const words of [text, readFileSync(join(root, "docs/operations.md"), "utf8")]) {
    expect(words).toContain(`-l ${label}=${value} --prefix`);
  }
});

test("nothing is privileged: the node's network to look at, its policy to read, and nothing to write", () => {
  expect(pod?.containers).toHaveLength(1);
  expect(pod).not.toHaveProperty("initContainers");
  expect(container?.securityContext).toMatchObject({
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(container?.securityContext?.capabilities).not.toHaveProperty("add");
  expect(pod).toMatchObject({ hostNetwork: true, automountServiceAccountToken: false });
  for (const shared of ["hostPID", "hostIPC"]) expect(pod).not.toHaveProperty(shared);
  expect(pod?.volumes?.flatMap(({ hostPath }) => (hostPath ? [hostPath.path] : []))).toEqual(["/etc/ifacer"]);
  expect(container?.volumeMounts?.every(({ readOnly }) => readOnly)).toBe(true);
});

test("the image is the one that the Containerfile makes for it, with 'ip' in it", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(container?.image).toBe(`ifacer-preflight:${version}`);
  const file = readFileSync(join(root, "deploy/Containerfile"), "utf8");
  expect(file).toContain(`\`--manifest ${container?.image}\``);
  const stage = /^FROM \S+ AS preflight\n(.*?)^FROM/ms.exec(file)?.[1];
  expect(stage).toContain("apt-get install -y --no-install-recommends iproute2 ");
  expect(stage).toContain('ENTRYPOINT ["/usr/local/bin/ifacer"]\n');
});
