/** Starts the executable as runtimes do in their odder moments. What is not given is not there: no variable is inherited. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

export const executable = join(import.meta.dir, "../../dist/ifacer");

/** What a runtime sets for ADD. */
export const forADD = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "pod1",
  CNI_NETNS: "/run/netns/none",
  CNI_IFNAME: "net1",
  CNI_PATH: "/usr/lib/cni",
};

/** A config for which nothing is to be made or looked at: what comes of it is the protocol's and the surroundings' doing. */
export const idle = JSON.stringify({ cniVersion: "1.0.0", name: "net", interfaces: ["ens192"] });

/** A config for which the host has to be looked at; the NIC is not there. */
export const looking = JSON.stringify({ cniVersion: "1.0.0", name: "net", interfaces: ["nosuchnic"], vlanID: 5 });

/** Makes, in a network namespace of one's own, the NIC that `changing` is about. */
export const withNIC = "ip link add name ens192 type veth peer name other;";

/** A config for which a VLAN has to be made. */
export const changing = JSON.stringify({ cniVersion: "1.0.0", name: "net", interfaces: ["ens192"], vlanID: 5 });

/** What comes of `changing` once ADD has the lock: where the kernel has no VLANs, just that. */
export const changed =
  /^\{"cniVersion":"1\.0\.0"(,"code":10[23],"msg":"the VLAN ens192\.5 [^"]*; all was undone".*)?\}\n$/;

export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end with nothing but the given environment. */
export async function run(
  argv: readonly string[],
  { env = {}, stdin = "", cwd = "/" }: { env?: Record<string, string>; stdin?: string | Uint8Array; cwd?: string } = {},
): Promise<Ended> {
  const child = Bun.spawn([...argv], { env, cwd, stdin: new Blob([stdin]), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, stdout, stderr };
}

const path = "/usr/sbin:/usr/bin:/sbin:/bin";

/** Runs a shell script with `$ifacer` as the executable and a runtime's variables for ADD; `env` is on top of these. */
export function runScript(
  script: string,
  { env = {}, ...options }: { env?: Record<string, string>; stdin?: string; cwd?: string } = {},
): Promise<Ended> {
  return run(["/bin/sh", "-c", script], {
    env: { PATH: path, ifacer: executable, ...forADD, ...env },
    stdin: idle,
    ...options,
  });
}

export interface Folder extends Disposable {
  readonly path: string;
}

/** A new folder that goes with the test. */
export function folder(): Folder {
  const path = mkdtempSync("/tmp/ifacer-test-");
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
