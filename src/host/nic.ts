import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import type { Hardware } from "../model.ts";

// Documentation/ABI/testing/sysfs-class-net and sysfs-bus-pci.

const folder = "/sys/class/net";

/**
 * The links of this network namespace that have hardware below them: all but those that the kernel has among its virtual devices.
 * Two folders are read, whatever the number of links, and no link is looked at.
 */
export function listHardware(): string[] {
  const virtual = new Set(list("/sys/devices/virtual/net"));
  return list(folder).filter((name) => !virtual.has(name));
}

const modules = { dummy: "dummy", bond: "bonding", vlan: "8021q" } as const;

/** A kind of link that is chosen from beside hardware. */
export type OtherKind = keyof typeof modules;

/**
 * Whether the running kernel can have links of a kind. Asked for those of a kind that it does not know, it would show all links
 * (net/core/rtnetlink.c, linkinfo_to_kind_ops).
 */
export function knowsKind(kind: OtherKind): boolean {
  return existsSync(`/sys/module/${modules[kind]}`);
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Reads what sysfs tells of a NIC of this network namespace. */
export function readHardware(name: string): Hardware {
  const driver = resolve(`${folder}/${name}/device/driver`);
  const pciAddress = readLink(`${folder}/${name}`)
    .split("/")
    .findLast((part) => /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part));
  const device = `/sys/bus/pci/devices/${pciAddress}`;
  const ids = pciAddress ? [readText(`${device}/vendor`), readText(`${device}/device`)] : [];
  const numaNode = pciAddress ? Number.parseInt(readText(`${device}/numa_node`), 10) : -1;
  return {
    driver: driver && basename(driver),
    pciAddress,
    pciIDs:
      ids.length > 0 && ids.every((id) => /^0x[0-9a-f]{4}$/.test(id))
        ? ids.map((id) => id.slice(2)).join(":")
        : undefined,
    // The kernel says -1 where the firmware does not tell.
    numaNode: numaNode >= 0 ? numaNode : undefined,
    speed: readSpeed(name),
  };
}

/** In Mb/s. The kernel says -1 where the driver does not know, and nothing at all while the NIC is down. */
export function readSpeed(name: string): number | undefined {
  const speed = Number(readText(`${folder}/${name}/speed`));
  return speed > 0 ? speed : undefined;
}

function resolve(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
