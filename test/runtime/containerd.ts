/** containerd and runc from Debian's packages, on the microVM as a node. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { executable, succeed } from "../kernel/harness.ts";
import { until } from "../waiting.ts";
import { connect, type Runtime } from "./cri.ts";
import { importPause, pause } from "./pauseImage.ts";

export interface Containerd extends AsyncDisposable {
  readonly cri: Runtime;
  /** Ends it by SIGKILL; what it started goes on. */
  kill(): Promise<void>;
  /** Starts it again after that. */
  start(): Promise<void>;
}

const plugins = "/opt/cni/bin";
const networks = "/etc/cni/net.d";
const socket = "/run/containerd/containerd.sock";

/** Starts containerd, which takes so many conflists (1 is its default). Disposing of it removes all Pods with it. */
export async function containerd({ conflists = 1 } = {}): Promise<Containerd> {
  mkdirSync(plugins, { recursive: true });
  for (const plugin of ["loopback", "macvlan", "host-local"]) cpSync(`/usr/lib/cni/${plugin}`, `${plugins}/${plugin}`);
  await succeed([executable, "install", "--to", plugins]);
  writeFileSync("/run/containerd.toml", settings(conflists));
  rmSync(networks, { recursive: true, force: true });
  mkdirSync(networks, { recursive: true });

  let daemon: Bun.Subprocess;
  const start = async () => {
    daemon = Bun.spawn(["containerd", "--config", "/run/containerd.toml"], {
      stdout: Bun.file("/run/containerd.log"),
      stderr: Bun.file("/run/containerd.log"),
    });
    await until("containerd answers", async () => {
      if (daemon.exitCode !== null) throw new Error(readFileSync("/run/containerd.log", "utf8"));
      return await cri.call("Version").then(
        () => true,
        () => false,
      );
    });
  };
  const cri = connect(socket);
  await start();
  await importPause();
  return {
    cri,
    start,
    kill: async () => {
      daemon.kill("SIGKILL");
      await daemon.exited;
    },
    [Symbol.asyncDispose]: async () => {
      await removeAll(cri);
      cri[Symbol.dispose]();
      daemon.kill("SIGTERM");
      await daemon.exited;
    },
  };
}

/** Without overlayfs, as the microVM's root is one; everything else as packages set it. */
function settings(conflists: number): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    "version = 2",
    `[${cri}]`,
    `sandbox_image = "${pause}"`,
    `[${cri}.containerd]`,
    'snapshotter = "native"',
    `[${cri}.cni]`,
    `bin_dir = "${plugins}"`,
    `conf_dir = "${networks}"`,
    `max_conf_num = ${conflists}`,
    "",
  ].join("\n");
}

/** Stops and removes all Pods, as kubelet does with those that it does not want. */
export async function removeAll(cri: Runtime): Promise<void> {
  const { items } = await cri.call("ListPodSandbox");
  for (const { id } of items) await remove(cri, id);
}

/** Ends a Pod. */
export async function remove(cri: Runtime, id: string): Promise<void> {
  await cri.call("StopPodSandbox", { pod_sandbox_id: id });
  await cri.call("RemovePodSandbox", { pod_sandbox_id: id });
}

/** Writes a conflist where networks are configured, and returns when containerd has read it. */
export async function putConflist(cri: Runtime, file: string, conflist: object): Promise<void> {
  const text = JSON.stringify(conflist);
  writeFileSync(`${networks}/${file}`, text);
  await until(`containerd has read ${file}`, async () => {
    const { info } = await cri.call("Status", { verbose: true });
    const { Networks } = JSON.parse(info.cniconfig);
    return Networks.some(({ Config }: { Config: { Source: string } }) => Config.Source === text);
  });
}

/** The condition by which kubelet takes a node for one whose Pods get a network. */
export async function networkReady(cri: Runtime): Promise<{ status: boolean; reason: string; message: string }> {
  const { status } = await cri.call("Status");
  return status.conditions.find(({ type }: { type: string }) => type === "NetworkReady");
}
