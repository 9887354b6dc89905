/** The manifest against the schema of Kubernetes' API, what it asks of the node, and what its Pods would run. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import { findFaults, findUnknown } from "./schema.ts";

const root = join(import.meta.dir, "../..");
const text = readFileSync(join(root, "deploy/daemonset.yaml"), "utf8");
const manifest = Bun.YAML.parse(text) as IDaemonSet;
const pod = manifest.spec?.template.spec;
const installer = pod?.initContainers?.[0];

describe("the schema of Kubernetes' API", () => {
  test("takes it", () => {
    expect(findFaults(manifest)).toEqual([]);
  });

  test("knows every field of it", () => {
    expect(findUnknown(manifest)).toEqual([]);
  });

  test.each([
    ["a value of the wrong type", { terminationGracePeriodSeconds: "soon" }, "/terminationGracePeriodSeconds"],
    ["a field that is missing", { containers: [{ image: "x" }] }, "/containers/0"],
  ])("would not take %s", (_, change, place) => {
    const wrong = structuredClone(manifest);
    Object.assign(wrong.spec?.template.spec ?? {}, change);
    expect(findFaults(wrong)).toEqual([`/spec/template/spec${place}`]);
  });

  test("would not know a misspelt field", () => {
    const wrong = structuredClone(manifest);
    Object.assign(wrong.spec?.template.spec ?? {}, { toleration: [] });
    expect(findUnknown(wrong)).toEqual(["/spec/template/spec/toleration"]);
  });
});

test("selects its own Pods", () => {
  const { selector, template } = manifest.spec ?? {};
  expect(template?.metadata?.labels).toMatchObject(selector?.matchLabels ?? { none: "" });
});

test("nothing is privileged: the only thing of the node is one folder, and only the installer has it", () => {
  const containers = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
  for (const { securityContext } of containers) {
    expect(securityContext).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(securityContext?.capabilities).not.toHaveProperty("add");
  }
  expect(pod).toMatchObject({ automountServiceAccountToken: false });
  for (const shared of ["hostNetwork", "hostPID", "hostIPC"]) expect(pod).not.toHaveProperty(shared);
  expect(pod?.volumes?.map(({ hostPath }) => hostPath?.path)).toEqual(["/opt/cni/bin"]);
  expect(containers.flatMap(({ name, volumeMounts = [] }) => volumeMounts.map(() => name))).toEqual(["install"]);
});

test("what the installer runs puts ifacer into the folder, as root without any capability", () => {
  const folder = mkdtempSync(join(tmpdir(), "plugins-"));
  try {
    const [mount] = installer?.volumeMounts ?? [];
    const words = (installer?.args ?? []).map((word) => (word === mount?.mountPath ? folder : word));
    expect(words).toContain(folder);
    const dropped = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"];
    const argv = ["setpriv", ...dropped, join(root, "dist/ifacer"), ...words];
    const { exitCode, stderr } = Bun.spawnSync(argv, { env: {}, cwd: "/" });
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
    expect(statSync(join(folder, "ifacer")).mode & 0o7777).toBe(0o755);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the image holds what the Pods start", () => {
  const lines = readFileSync(join(root, "deploy/Containerfile"), "utf8").split("\n");
  const image = new Set(containersOf(manifest).map((container) => container.image));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect([...image]).toEqual([`ifacer:${version}`]);
  expect(lines.find((line) => line.includes("--manifest"))).toContain(` ifacer:${version} `);
  expect(lines).toContain('ENTRYPOINT ["/usr/local/bin/ifacer"]');
  for (const architecture of ["amd64", "arm64"]) {
    const copied = lines.find((line) => line.startsWith("COPY"))?.replace(`\${TARGETARCH}`, architecture);
    expect(copied).toContain(` dist/release/ifacer-linux-${architecture} /usr/local/bin/ifacer`);
  }
});

function containersOf({ spec }: IDaemonSet) {
  return [...(spec?.template.spec?.initContainers ?? []), ...(spec?.template.spec?.containers ?? [])];
}
