import { readdirSync } from "node:fs";
import { readText } from "./file.ts";
import { isOnWire } from "./wire.ts";

/**
 * Whether a link is a bridge that leads to Pods or VMs of this node alone, such as cni0: it has no NIC, bond or VLAN among its ports,
 * nor a tunnel. As sysfs tells; where that is mounted for another network namespace, nothing is.
 *
 * @param folder where the links are
 */
export async function isInnerBridge(name: string, folder = "/sys/class/net"): Promise<boolean> {
  const ports = listPorts(`${folder}/${name}/brif`);
  const outer = await Promise.all(
    ports?.map(async (port) => {
      // A tunnel has a type of its own there, a veth has none.
      const isTyped = (await readText(`${folder}/${port}/uevent`)).includes("DEVTYPE=");
      return isTyped || (await isOnWire(port));
    }) ?? [],
  );
  return ports !== undefined && !outer.includes(true);
}

/** `undefined`: it is no bridge. */
function listPorts(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}
