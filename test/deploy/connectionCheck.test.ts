/** The manifest of the connection check: taken by the schema of Kubernetes' API, without rights, and its words are ones that ifacer knows. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { validate } from "kubernetes-models/_schemas/IoK8sApiAppsV1DaemonSet";
import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";

const root = join(import.meta.dir, "../..");
const text = readFileSync(join(root, "deploy/connection-check.yaml"), "utf8");
const [space, manifest] = Bun.YAML.parse(text) as [{ metadata: { name: string } }, IDaemonSet];
const pod = manifest.spec?.template.spec;
const [container] = pod?.containers ?? [];

test("the schema of Kubernetes' API takes it", () => {
  expect([validate(manifest), (validate as { errors?: unknown }).errors ?? null]).toEqual([true, null]);
  expect(manifest.metadata?.namespace).toBe(space.metadata.name);
  expect(manifest.spec?.template.metadata?.labels).toMatchObject(manifest.spec?.selector.matchLabels ?? { none: "" });
  expect(manifest.spec?.template.metadata?.annotations).toHaveProperty(["k8s.v1.cni.cncf.io/networks"]);
});

test("it has no rights and nothing of the node", () => {
  expect(container?.securityContext).toMatchObject({
    runAsNonRoot: true,
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  for (const shared of ["hostNetwork", "hostPID", "hostIPC", "volumes"]) expect(pod).not.toHaveProperty(shared);
});

test("what it runs listens, as nobody without any capability", async () => {
  const dropped = ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--bounding-set=-all"];
  const argv = [...dropped, join(root, "dist/ifacer"), ...(container?.args ?? []), "127.0.0.1", "--port", "52020"];
  await using listener = Bun.spawn(["setpriv", ...argv], { env: {}, cwd: "/", stderr: "pipe" });
  const reader = listener.stderr.getReader();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toBe("ifacer: listening on 127.0.0.1, port 52020\n");
});
