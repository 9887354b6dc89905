/** An `ip` for PATH that is the real one but for what a test has it do with a batch of changes. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { executable, type Namespace } from "./harness.ts";

export const realIp = Bun.which("ip", { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` }) ?? "ip";

export interface BadIp extends Disposable {
  readonly env: { readonly PATH: string };
}

/**
 * In the shell scripts $ip is the real one, $lines the lines of the batch, and `first N` carries out the first N of them.
 *
 * @param change instead of the first batch of changes, and of all with `always`
 * @param undo instead of undoing
 */
export function badIp({ change = "", undo = "", look = "", always = false }): BadIp {
  const folder = mkdtempSync("/tmp/ifacer-ip-");
  const script = `#!/bin/bash
ip=${realIp}
folder=${folder}
first() { printf '%s\\n' "\${lines[@]:0:$1}" | $ip -batch -; }
once() { [ -e $folder/$1 ] && return 1; touch $folder/$1; }
case $1 in
-batch) if ${always} || once changed; then mapfile -t lines
${change || "first 100; exit"}
exit; fi ;;
-force) mapfile -t lines
${undo || `printf "%s\\n" "\${lines[@]}" | $ip -force -batch -`}
exit ;;
*) if [ -e $folder/changed ]; then :
${look}
fi ;;
esac
exec $ip "$@"
`;
  writeFileSync(`${folder}/ip`, script);
  chmodSync(`${folder}/ip`, 0o755);
  return {
    env: { PATH: `${folder}:${process.env["PATH"]}` },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** ADD with an ip that may take the whole process group with it, in a session of its own. */
export async function addInSession(ns: Namespace, config: object, { env }: BadIp): Promise<void> {
  const variables = {
    ...env,
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "pod1",
    CNI_NETNS: "/run/netns/none",
    CNI_IFNAME: "net1",
    CNI_PATH: "/usr/lib/cni",
  };
  await ns.run(["setsid", "--wait", executable], { env: variables, stdin: JSON.stringify(config) });
}
