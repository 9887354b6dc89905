import { isThere, readText, stat } from "./file.ts";

/** All of /proc/net/vlan/config of this network namespace; empty where the kernel has no 8021q loaded. */
export function readVlanConfig(): Promise<string> {
  return readText("/proc/self/net/vlan/config");
}

/** All that /proc tells of who listens to which multicast group in this network namespace. */
export async function readListeners(): Promise<{ ethernet: string; ipv4: string; ipv6: string }> {
  const [ethernet = "", ipv4 = "", ipv6 = ""] = await Promise.all(
    ["dev_mcast", "igmp", "igmp6"].map((file) => readText(`/proc/self/net/${file}`)),
  );
  return { ethernet, ipv4, ipv6 };
}

/** Whether this process may change the network: CAP_NET_ADMIN is bit 12 of its effective capabilities (capabilities(7)). */
export async function hasNetAdmin(): Promise<boolean> {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readText("/proc/self/status"))?.[1] ?? "0";
  return (BigInt(`0x${capabilities}`) >> 12n) % 2n === 1n;
}

/**
 * Whether `path` is the network namespace of this process: the same device and inode. What can't be looked at is not.
 * A `/` at its end does not hide it, although stat(2) takes that for a folder.
 */
export async function isOwnNamespace(path: string): Promise<boolean> {
  const [own, other] = await Promise.all([stat("/proc/self/ns/net"), stat(withoutEnd(path))]);
  return other !== undefined && other.dev === own?.dev && other.ino === own.ino;
}

/** Without what means a folder at the end of a path: `/`, `/.`, as often as it is there. */
function withoutEnd(path: string): string {
  let end = path.length;
  while (end > 1 && (path[end - 1] === "/" || path.slice(end - 2, end) === "/.")) end--;
  return path.slice(0, end);
}

/** A driver of the kernel, by the name of its module. */
export type Driver = "bonding" | "8021q";

const driverTraces: Record<Driver, string> = {
  bonding: "/proc/self/net/bonding",
  "8021q": "/proc/self/net/vlan",
};

/** Whether the driver is in the running kernel now. It may still come when it is asked for. */
export function isLoaded(driver: Driver): Promise<boolean> {
  return isThere(driverTraces[driver]);
}

/**
 * Whether the driver is in the kernel or can be loaded into it, as far as that can be told: where the kernel takes modules
 * but its folder of them can't be seen, as in a container, it counts as there.
 */
export async function isAvailable(driver: Driver): Promise<boolean> {
  if (await isLoaded(driver)) return true;
  if (!(await isThere("/proc/modules"))) return false;
  const folder = `/lib/modules/${await readRelease()}`;
  if (!(await isThere(`${folder}/modules.dep`))) return true;
  const lists = await Promise.all(["modules.dep", "modules.builtin"].map((list) => readText(`${folder}/${list}`)));
  return lists.some((list) => list.includes(`/${driver}.ko`));
}

/** The kernel's release, as uname(2) tells it. */
export async function readRelease(): Promise<string> {
  return (await readText("/proc/sys/kernel/osrelease")).trim();
}
