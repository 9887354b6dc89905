import { existsSync, readFileSync, statSync } from "node:fs";
import { release } from "node:os";

/** All of /proc/net/vlan/config of this network namespace; empty where the kernel has no 8021q loaded. */
export function readVlanConfig(): string {
  return readText("/proc/self/net/vlan/config");
}

/** All of /proc/net/dev_mcast of this network namespace: who listens to which Ethernet multicast address. */
export function readMulticast(): string {
  return readText("/proc/self/net/dev_mcast");
}

/** Whether this process may change the network: CAP_NET_ADMIN is bit 12 of its effective capabilities (capabilities(7)). */
export function hasNetAdmin(): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${capabilities}`) >> 12n) % 2n === 1n;
}

/** Whether `path` is the network namespace of this process: the same device and inode. What can't be looked at is not. */
export function isOwnNamespace(path: string): boolean {
  const own = statSync("/proc/self/ns/net");
  try {
    const other = statSync(path);
    return other.dev === own.dev && other.ino === own.ino;
  } catch {
    return false;
  }
}

/** A driver of the kernel, by the name of its module. */
export type Driver = "bonding" | "8021q";

const driverTraces: Record<Driver, string> = {
  bonding: "/proc/self/net/bonding",
  "8021q": "/proc/self/net/vlan",
};

/** Whether the driver is in the running kernel now. It may still come when it is asked for. */
export function isLoaded(driver: Driver): boolean {
  return existsSync(driverTraces[driver]);
}

/**
 * Whether the driver is in the kernel or can be loaded into it, as far as that can be told: where the kernel takes modules
 * but its folder of them can't be seen, as in a container, it counts as there.
 */
export function isAvailable(driver: Driver): boolean {
  if (isLoaded(driver)) return true;
  if (!existsSync("/proc/modules")) return false;
  const folder = `/lib/modules/${release()}`;
  if (!existsSync(`${folder}/modules.dep`)) return true;
  return ["modules.dep", "modules.builtin"].some((list) => readText(`${folder}/${list}`).includes(`/${driver}.ko`));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
