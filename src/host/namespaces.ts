import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Another network namespace than this process's, by a process that is in it. */
export interface OtherNamespace {
  /** `/proc/PID/ns/net`. */
  readonly path: string;
  /** What /proc/net/vlan/config says in it. */
  readonly vlanConfig: string;
}

/** More than any node has Pods. */
const most = 2000;

/**
 * The network namespaces that processes are in, and that have VLANs. Those without a process, and those of processes that can't be
 * looked at, as from a container with process ids of its own, are not among them.
 */
export function listOtherNamespaces(): OtherNamespace[] {
  const known = new Set([read(() => readlinkSync("/proc/self/ns/net"))]);
  const found: OtherNamespace[] = [];
  for (const pid of read(() => readdirSync("/proc")) ?? []) {
    if (!/^\d+$/.test(pid) || known.size > most) continue;
    const path = `/proc/${pid}/ns/net`;
    const id = read(() => readlinkSync(path));
    if (id === undefined || known.has(id)) continue;
    known.add(id);
    const vlanConfig = read(() => readFileSync(`/proc/${pid}/net/vlan/config`, "utf8"));
    if (vlanConfig !== undefined) found.push({ path, vlanConfig });
  }
  return found;
}

function read<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
