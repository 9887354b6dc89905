/** The image, and the Pod of the manifest that runs it: with exactly the rights that it asks for, by a real runtime. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import type { IContainer } from "kubernetes-models/v1/Container";
import { containerd } from "../runtime/containerd.ts";
import type { Runtime } from "../runtime/cri.ts";
import { until } from "../waiting.ts";
import { buildImage } from "./build.ts";

const root = join(import.meta.dir, "../..");
const manifest = Bun.YAML.parse(readFileSync(join(root, "deploy/daemonset.yaml"), "utf8")) as IDaemonSet;
const pod = manifest.spec?.template.spec;
const sandbox = {
  metadata: { name: "ifacer", uid: "uid", namespace: "kube-system" },
  log_directory: "/run/logs",
  // The node's network is enough: this Pod is there before any network may be.
  linux: { security_context: { namespace_options: { network: "NODE" } } },
};

/** What kubelet asks for, given a container of the manifest and where its volumes are on the node. */
function containerConfig(
  { name, image, command = [], args = [], resources, securityContext, volumeMounts = [] }: IContainer,
  volumes: Record<string, string>,
) {
  expect(securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    seccompProfile: { type: "RuntimeDefault" },
  });
  const memory = /^(\d+)Mi$/.exec(String(resources?.limits?.["memory"]))?.[1];
  return {
    metadata: { name },
    image: { image },
    command,
    args,
    log_path: `${name}.log`,
    mounts: volumeMounts.map((mount) => ({ container_path: mount.mountPath, host_path: volumes[mount.name] })),
    linux: {
      resources: { memory_limit_in_bytes: Number(memory) * 1024 * 1024 },
      security_context: {
        capabilities: { drop_capabilities: securityContext?.capabilities?.drop },
        privileged: securityContext?.privileged,
        namespace_options: sandbox.linux.security_context.namespace_options,
        run_as_user: { value: securityContext?.runAsUser },
        run_as_group: { value: securityContext?.runAsGroup },
        readonly_rootfs: securityContext?.readOnlyRootFilesystem,
        no_new_privs: true,
        seccomp: { profile_type: "RuntimeDefault" },
      },
    },
  };
}

async function start(cri: Runtime, id: string, config: object): Promise<string> {
  const request = { pod_sandbox_id: id, config, sandbox_config: sandbox };
  const { container_id } = await cri.call("CreateContainer", request);
  await cri.call("StartContainer", { container_id });
  return container_id;
}

/** Runs a container to its end, and returns its exit status and what it wrote. */
async function run(cri: Runtime, id: string, config: ReturnType<typeof containerConfig>) {
  const container_id = await start(cri, id, config);
  let status = { state: "", exit_code: -1 };
  await until(`${config.metadata.name} has ended`, async () => {
    status = (await cri.call("ContainerStatus", { container_id })).status;
    return status.state === "CONTAINER_EXITED";
  });
  return { exitCode: status.exit_code, output: readFileSync(`/run/logs/${config.log_path}`, "utf8") };
}

test("the image is built, its installer puts ifacer on the node with the manifest's rights, and its Pod goes on", async () => {
  const [installer] = pod?.initContainers ?? [];
  const [installed] = pod?.containers ?? [];
  if (!installer || !installed) throw new Error("the manifest has no containers");
  await using runtime = await containerd();
  const { cri } = runtime;
  await buildImage(String(installer.image));
  mkdirSync("/run/plugins");
  const { pod_sandbox_id } = await cri.call("RunPodSandbox", { config: sandbox });

  const install = containerConfig(installer, { plugins: "/run/plugins" });
  const first = await run(cri, pod_sandbox_id, install);
  expect(first).toEqual({ exitCode: 0, output: expect.stringContaining("/host/opt/cni/bin/ifacer") });
  expect(statSync("/run/plugins/ifacer")).toMatchObject({ mode: 0o100755, uid: 0, gid: 0 });
  const released = await Bun.file(join(root, "dist/release/ifacer-linux-amd64")).arrayBuffer();
  expect(Buffer.from(await Bun.file("/run/plugins/ifacer").arrayBuffer()).equals(Buffer.from(released))).toBe(true);

  // The rights are really those: what is not the node's folder can't be written.
  const elsewhere = {
    ...install,
    metadata: { name: "elsewhere" },
    log_path: "elsewhere.log",
    args: ["install", "--to", "/usr/bin"],
  };
  const refused = await run(cri, pod_sandbox_id, elsewhere);
  expect(refused).toEqual({ exitCode: 1, output: expect.stringContaining("read-only file system") });

  const container_id = await start(cri, pod_sandbox_id, containerConfig(installed, {}));
  expect((await cri.call("ContainerStatus", { container_id })).status).toMatchObject({ state: "CONTAINER_RUNNING" });
});
