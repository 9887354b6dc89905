import { BlockList, isIP } from "node:net";

/** An IP address as the kernel writes it; `undefined`: it is none, or one with a zone. */
export function canonicalAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 4) return text;
  if (version !== 6 || text.includes("%")) return undefined;
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** A network that a link has an address in. */
export interface Subnet {
  readonly local: string;
  readonly prefixLength: number;
}

/** Whether the address is in the network. */
export function isWithin(address: string, { local, prefixLength }: Subnet): boolean {
  const family = isIP(local) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) !== isIP(local)) return false;
  const block = new BlockList();
  block.addSubnet(local, prefixLength, family);
  return block.check(address, family);
}
