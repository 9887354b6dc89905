/** The Pod of deploy/preflight.yaml on nodes of the tests: its commands, with the rights and the files that it has there. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import { type Ended, executable, type Namespace } from "./harness.ts";

const manifest = Bun.YAML.parse(readFileSync(`${import.meta.dir}/../../deploy/preflight.yaml`, "utf8")) as IDaemonSet;
const { containers: [container] = [], volumes = [] } = manifest.spec?.template.spec ?? { containers: [] };
const { readOnlyRootFilesystem, runAsUser, capabilities } = container?.securityContext ?? {};
if (!readOnlyRootFilesystem || runAsUser !== 0 || capabilities?.drop?.[0] !== "ALL" || capabilities.add)
  throw new Error("the Pod has other rights than it is tested with");

/** The script that the container runs, for who has a shell already. */
export const [shell = "", option = "", script = ""] = container?.command ?? [];

/** The files that Pods see: those of their image, of the ConfigMap and of the node. */
export interface Image extends Disposable {
  /** The options of nsenter(1) that lead into it. Its mounts are in a namespace of their own. */
  readonly enter: readonly string[];
}

interface Files {
  /** net.yaml in the ConfigMap. */
  readonly config: string;
  /** The node's policy; `undefined`: it has none. */
  readonly policy?: string | undefined;
  /** Whether the image has no `ip`. */
  readonly withoutIp?: boolean | undefined;
}

/** Makes an image of this machine's programs, with a `sleep` that ends at once. All of it is read-only. */
export async function makeImage({ config, policy, withoutIp = false }: Files): Promise<Image> {
  const folder = mkdtempSync(`${tmpdir()}/ifacer-image-`);
  const root = `${folder}/root`;
  for (const name of ["root", ...placeOf.keys()]) mkdirSync(`${folder}/${name}`);
  writeFileSync(`${folder}/config/net.yaml`, config);
  // For nobody's eyes but root's.
  if (policy !== undefined) writeFileSync(`${folder}/policy/policy.json`, policy, { mode: 0o600 });
  const places = [...placeOf].map(([name, place]) => ({ source: `${folder}/${name}`, place: `${root}${place}` }));
  const script = `set -e
mount -t tmpfs tmpfs ${root}
for name in usr bin sbin lib lib64; do
  if [ -L /$name ]; then cp -a /$name ${root}/
  elif [ -d /$name ]; then mkdir ${root}/$name; mount -o bind,ro /$name ${root}/$name; fi
done
mkdir -p ${root}/dev ${root}/proc ${root}/sys ${root}/run ${root}/tmp ${places.map(({ place }) => place).join(" ")}
mount --rbind /dev ${root}/dev
mount -t proc proc ${root}/proc
mount -t sysfs -o ro sysfs ${root}/sys
${places.map(({ source, place }) => `mount -o bind,ro ${source} ${place}`).join("\n")}
mount -t tmpfs tmpfs ${root}/usr/local/bin
touch ${root}/usr/local/bin/ifacer
mount -o bind,ro ${executable} ${root}/usr/local/bin/ifacer
printf '#!/bin/sh\n' >${root}/usr/local/bin/sleep
chmod 0755 ${root}/usr/local/bin/sleep
${withoutIp ? hideIp(root) : ""}
mount -o remount,ro ${root}/usr/local/bin
mount -o remount,ro ${root}
echo ready
exec sleep infinity`;
  // Its mounts are private, and go when it ends.
  const holder = Bun.spawn(["unshare", "--mount", "sh", "-c", script], { stdout: "pipe", stderr: "inherit" });
  let said = "";
  for await (const chunk of holder.stdout) {
    said += new TextDecoder().decode(chunk);
    if (said.includes("ready")) break;
  }
  if (!said.includes("ready")) throw new Error("the image can't be made");
  // The namespace's own root may be another than this machine's, as in the microVM.
  const inside = `/proc/${holder.pid}/root${root}`;
  return {
    enter: [`--mount=/proc/${holder.pid}/ns/mnt`, `--root=${inside}`, `--wd=${inside}`],
    [Symbol.dispose]: () => {
      holder.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    },
  };
}

function hideIp(root: string): string {
  return `for path in /usr/sbin/ip /usr/bin/ip; do if [ -e ${root}$path ]; then mount --bind /dev/null ${root}$path; fi; done`;
}

/** Where the container has its volumes, which are all read-only. */
const placeOf = new Map(
  volumes.map(({ name }) => {
    const mount = container?.volumeMounts?.find((candidate) => candidate.name === name);
    if (!mount?.readOnly) throw new Error(`the volume ${name} is not mounted read-only`);
    return [name, mount.mountPath];
  }),
);

/** Runs the container's command, or another one, in the node's network without any capability, until it would sleep. */
export async function runPreflight(
  ns: Namespace,
  { enter }: Image,
  { node, command = [shell, option, script] }: { node: string; command?: readonly string[] },
): Promise<Ended> {
  const env = (container?.env ?? []).map(({ name, valueFrom }) => {
    if (valueFrom?.fieldRef?.fieldPath !== "spec.nodeName") throw new Error(`${name} is not known here`);
    return [name, node];
  });
  const dropped = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"];
  const argv = ["nsenter", ...enter, `--net=${ns.path}`, "setpriv", ...dropped, "sh", "-c", '"$@" 2>&1', "sh"];
  const child = Bun.spawn([...argv, ...command], {
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...Object.fromEntries(env) },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, stdout, stderr };
}

/** A Pod's log as `kubectl logs --prefix` prints it. */
export function prefixLog(log: string, { pod }: { pod: string }): string {
  return log.replace(/^(?=.)/gm, `[pod/${pod}/${container?.name}] `);
}
