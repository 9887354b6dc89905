import { readText } from "./file.ts";

/** All of /proc/net/if_inet6 of this network namespace; empty where the kernel has no IPv6. */
export function readInet6(): Promise<string> {
  return readText("/proc/self/net/if_inet6");
}
