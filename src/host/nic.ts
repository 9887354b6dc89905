import { readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";

/** What only sysfs tells of a NIC (Documentation/ABI/testing/sysfs-class-net); `undefined`: it does not tell. */
export interface Hardware {
  readonly driver: string | undefined;
  /** `0000:3b:00.0`; of a virtio NIC that of the virtio device. */
  readonly pciAddress: string | undefined;
  /** In Mb/s. */
  readonly speed: number | undefined;
}

/** Reads what sysfs tells of a NIC of this network namespace. */
export function readHardware(name: string): Hardware {
  const folder = `/sys/class/net/${name}`;
  const device = resolve(`${folder}/device`);
  const driver = resolve(`${folder}/device/driver`);
  // The kernel says -1 where the driver does not know, and nothing at all while the NIC is down.
  const speed = Number(readText(`${folder}/speed`));
  return {
    driver: driver && basename(driver),
    pciAddress: device?.split("/").findLast((part) => /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part)),
    speed: speed > 0 ? speed : undefined,
  };
}

function resolve(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
