import { isThere } from "./file.ts";

/**
 * Whether a link is a NIC, a bond or a VLAN, by what it is and not by its name. Of a NIC only sysfs tells; where it is mounted for
 * another network namespace, there are none.
 */
export async function isOnWire(name: string): Promise<boolean> {
  const traces = [`/proc/self/net/vlan/${name}`, `/proc/self/net/bonding/${name}`, `/sys/class/net/${name}/device`];
  return (await Promise.all(traces.map(isThere))).includes(true);
}
