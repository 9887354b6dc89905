/** The Pod of deploy/preflight.yaml on a node of the tests: its commands, with the rights and the files that it has there. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import { type Ended, executable, type Namespace } from "./harness.ts";

const manifest = Bun.YAML.parse(readFileSync(`${import.meta.dir}/../../deploy/preflight.yaml`, "utf8")) as IDaemonSet;
const [container] = manifest.spec?.template.spec?.containers ?? [];
const volumes = manifest.spec?.template.spec?.volumes ?? [];

export interface PodOptions {
  /** A folder for the files of this Pod. */
  readonly folder: string;
  /** What the node is called. */
  readonly node: string;
  /** The text of net.yaml in the ConfigMap. */
  readonly config: string;
  /** The text of the node's policy; `undefined`: it has none. */
  readonly policy?: string | undefined;
  /** Whether the image has no `ip`. */
  readonly withoutIp?: boolean;
  /** What the container runs instead of its command. */
  readonly command?: readonly string[];
}

/**
 * Runs the container's command in the node's network, until it would sleep. Its root is made of this machine's programs: it is
 * read-only, and so are the volumes, as the manifest has them. No capability is left.
 */
export async function runPreflight(ns: Namespace, options: PodOptions): Promise<Ended> {
  const { folder, node, config, policy, withoutIp = false, command = container?.command ?? [] } = options;
  const sources: Record<string, string> = { config: `${folder}/config`, policy: `${folder}/policy` };
  for (const source of Object.values(sources)) mkdirSync(source, { recursive: true });
  writeFileSync(`${sources["config"]}/net.yaml`, config);
  if (policy !== undefined) writeFileSync(`${sources["policy"]}/policy.json`, policy, { mode: 0o600 });
  const { readOnlyRootFilesystem, runAsUser, capabilities } = container?.securityContext ?? {};
  const mounts = (container?.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => {
    if (!volumes.some((volume) => volume.name === name)) throw new Error(`there is no volume ${name}`);
    const place = `$root${mountPath}`;
    const bind = `mkdir -p ${place} && mount --bind ${sources[name]} ${place}`;
    return readOnly ? `${bind} && mount -o remount,bind,ro ${place}` : bind;
  });
  const env = (container?.env ?? []).map(({ name, valueFrom }) => {
    if (valueFrom?.fieldRef?.fieldPath !== "spec.nodeName") throw new Error(`${name} is not known here`);
    return `${name}=${node}`;
  });
  if (!capabilities?.drop?.includes("ALL") || runAsUser !== 0) throw new Error("the Pod has other rights than these");
  const script = `set -e
root=${folder}/root
mkdir -p $root
mount -t tmpfs tmpfs $root
for name in usr bin sbin lib lib64; do
  if [ -L /$name ]; then cp -a /$name $root/
  elif [ -d /$name ]; then mkdir $root/$name; mount --rbind /$name $root/$name; fi
done
for name in dev proc sys; do mkdir $root/$name; mount --rbind /$name $root/$name; done
mkdir $root/run $root/tmp
mount -t tmpfs tmpfs $root/usr/local/bin
touch $root/usr/local/bin/ifacer
mount --bind ${executable} $root/usr/local/bin/ifacer
printf '#!/bin/sh\\necho "$*" >&3\\n' >$root/usr/local/bin/sleep
chmod 0755 $root/usr/local/bin/sleep
${withoutIp ? "for path in /usr/sbin/ip /usr/bin/ip; do if [ -e $root$path ]; then mount --bind /dev/null $root$path; fi; done" : ""}
${mounts.join("\n")}
${readOnlyRootFilesystem ? "mount -o remount,ro $root" : ""}
exec chroot $root setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${env.join(" ")} "$@" 3>/dev/null 2>&1`;
  return await ns.run(["unshare", "--mount", "sh", "-c", script, "sh", ...command], {
    env: { CNI_COMMAND: undefined },
  });
}

/** A Pod's log as `kubectl logs --prefix` prints it. */
export function prefixLog(log: string, { pod }: { pod: string }): string {
  return log.replace(/^(?=.)/gm, `[pod/${pod}/${container?.name}] `);
}
