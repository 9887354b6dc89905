import { parseAddress, writeAddress } from "../config/addresses.ts";

/** An IPv6 address of the namespace, and the link that has it. */
export interface Inet6Entry {
  readonly address: string;
  readonly link: string;
}

/** Flags of an address (include/uapi/linux/if_addr.h): temporary, failed detection, deprecated, tentative. */
const unfit = 0x01 | 0x08 | 0x20 | 0x40;

/**
 * The global addresses in the text of /proc/net/if_inet6 that others may use: address, index, prefix length, scope and flags in
 * hexadecimal, name of the link.
 */
export function parseInet6(text: string): readonly Inet6Entry[] {
  const found: Inet6Entry[] = [];
  for (const line of text.split("\n")) {
    const [, hex = "", flags = "", link = ""] = /^([0-9a-f]{32}) \S+ \S+ 00 ([0-9a-f]+)\s+(.+)$/.exec(line) ?? [];
    const address = parseAddress(hex.match(/.{4}/g)?.join(":") ?? "");
    if (address === undefined || (Number.parseInt(flags, 16) & unfit) !== 0) continue;
    found.push({ address: writeAddress(address), link });
  }
  return found;
}
