/** An IP address as a number, and which kind of number. */
export interface IPAddress {
  readonly family: "4" | "6";
  readonly value: bigint;
}

/** An address with the length of its network's prefix, in bits. */
export interface Subnet extends IPAddress {
  readonly prefixLength: number;
}

const bits = { "4": 32, "6": 128 } as const;

/** Reads `192.0.2.1` or `2001:db8::1`; `undefined`: it is no address. */
export function parseAddress(text: string): IPAddress | undefined {
  if (!text.includes(":")) {
    const value = parseIPv4(text);
    return value === undefined ? undefined : { family: "4", value };
  }
  const value = parseIPv6(text);
  return value === undefined ? undefined : { family: "6", value };
}

/** Reads `192.0.2.1/24`; `undefined`: it is none. */
export function parseSubnet(text: string): Subnet | undefined {
  const [left = "", right = "", ...rest] = text.split("/");
  const address = parseAddress(left);
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(right)) return undefined;
  const prefixLength = Number(right);
  return prefixLength <= bits[address.family] ? { ...address, prefixLength } : undefined;
}

/** The first address of a subnet. */
export function networkOf({ family, value, prefixLength }: Subnet): Subnet {
  const hostBits = BigInt(bits[family] - prefixLength);
  return { family, value: (value >> hostBits) << hostBits, prefixLength };
}

/** Whether an address is in a subnet. */
export function contains(subnet: Subnet, { family, value }: IPAddress): boolean {
  const { prefixLength } = subnet;
  return family === subnet.family && networkOf({ family, value, prefixLength }).value === networkOf(subnet).value;
}

/** Whether two subnets have addresses in common. */
export function overlap(one: Subnet, other: Subnet): boolean {
  return one.prefixLength <= other.prefixLength ? contains(one, other) : contains(other, one);
}

/** The address as `ip` prints it (inet_ntop(3)). */
export function writeAddress({ family, value }: IPAddress): string {
  return family === "4" ? writeIPv4(value) : writeIPv6(value);
}

export function writeSubnet(subnet: Subnet): string {
  return `${writeAddress(subnet)}/${subnet.prefixLength}`;
}

function parseIPv4(text: string): bigint | undefined {
  if (!/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)) return undefined;
  return text.split(".").reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

function parseIPv6(text: string): bigint | undefined {
  const last = text.slice(text.lastIndexOf(":") + 1);
  const embedded = last.includes(".") ? parseIPv4(last) : undefined;
  if (last.includes(".") && embedded === undefined) return undefined;
  const tail = embedded === undefined ? "" : `${(embedded >> 16n).toString(16)}:${(embedded & 0xffffn).toString(16)}`;
  const halves = (embedded === undefined ? text : text.slice(0, -last.length) + tail).split("::");
  const [left = [], right = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - left.length - right.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const groups = [...left, ...Array<string>(Math.max(missing, 0)).fill("0"), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function writeIPv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
}

function writeIPv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  const run = findLongestRun(groups);
  // Addresses of IPv4 within IPv6 are written with dots.
  if (run.start === 0 && (run.length === 6 || (run.length === 5 && groups[5] === 0xffff))) {
    return `${run.length === 6 ? "::" : "::ffff:"}${writeIPv4(value & 0xffffffffn)}`;
  }
  const words = groups.map((group) => group.toString(16));
  if (run.length < 2) return words.join(":");
  return `${words.slice(0, run.start).join(":")}::${words.slice(run.start + run.length).join(":")}`;
}

/** The first of the longest runs of zeros. */
function findLongestRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > longest.length) longest = { start, length };
  }
  return longest;
}
