/** The Pod's end of the pair, as the veth plugin has it. */
export const podEnd = "veth0";

/** What the two ends of a Pod's pair are known by. */
export interface PathNames {
  /** Name of the node's end. */
  readonly end: string;
  readonly endMAC: string;
  readonly podMAC: string;
}

/** Whether a link of the node may be the node's end of some Pod's pair. */
export function isEndName(name: string): boolean {
  return /^ifp[0-9a-f]{12}$/.test(name);
}

/**
 * Name and MACs for a Pod, the same for each call: DEL has nothing else to find them by, and what a killed ADD made is known again.
 * Two Pods of a node get the same name once in some 2^48, and even then other MACs.
 */
export function namePath(containerID: string): PathNames {
  const hash = new Bun.CryptoHasher("sha256").update(`ifacer node path ${containerID}`).digest("hex");
  return { end: `ifp${hash.slice(0, 12)}`, endMAC: writeMAC(hash.slice(12, 24)), podMAC: writeMAC(hash.slice(24, 36)) };
}

/** A MAC of these digits that is unicast and locally administered (IEEE 802, the two lowest bits of the first byte). */
function writeMAC(digits: string): string {
  const first = (Number.parseInt(digits.slice(0, 2), 16) & 0xfc) | 0x02;
  return [first.toString(16).padStart(2, "0"), ...(digits.slice(2).match(/../g) ?? [])].join(":");
}

/** The alias of the node's end: whose it is, and which networks use it. Its length is limited (IFALIASZ). */
export function writeEndAlias(networks: readonly string[]): string {
  return `ifacer:${networks.join(",")}`;
}

/** The networks that an alias names; `undefined`: it is no alias of an end. */
export function readEndAlias(alias: string | undefined): readonly string[] | undefined {
  return alias?.startsWith("ifacer:") ? alias.slice("ifacer:".length).split(",").filter(Boolean) : undefined;
}

/** Longest alias of a link, in bytes (IFALIASZ less the closing zero). */
export const longestAlias = 255;
