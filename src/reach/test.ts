import { reach, type Target } from "./connect.ts";
import { findInterface, type Network } from "./interfaces.ts";
import type { Peer } from "./peers.ts";

/** What became of one address of a peer. */
export interface Tested {
  readonly address: string;
  /** By way of which it was reached; null: none is in its network. */
  readonly interface: string | null;
  readonly connected: boolean;
  readonly bitsPerSecond: number | null;
  readonly reason: string | null;
}

/** A line of the table. */
export interface Row {
  readonly from: string;
  readonly to: string;
  readonly addresses: readonly Tested[];
}

interface Test {
  readonly from: string;
  readonly port: number;
  readonly seconds: number;
  readonly networks: readonly Network[];
  /** What ends it before the last address. */
  readonly signal?: AbortSignal | undefined;
}

/** Tests the addresses of a peer one after the other, so that they don't share what the network takes. */
export async function testPeer(peer: Peer, { from, port, seconds, networks, signal }: Test): Promise<Row> {
  const addresses: Tested[] = [];
  for (const address of peer.addresses) {
    if (signal?.aborted) break;
    const name = findInterface(address, networks);
    addresses.push(
      name === undefined ? unreachable(address) : await testAddress({ address, port }, { seconds, name, signal }),
    );
  }
  return { from, to: peer.name, addresses };
}

/** By way of a gateway it would be another network that is tested. */
function unreachable(address: string): Tested {
  return { address, interface: null, connected: false, bitsPerSecond: null, reason: "no route" };
}

async function testAddress(
  target: Target,
  { seconds, name, signal }: { seconds: number; name: string; signal: AbortSignal | undefined },
): Promise<Tested> {
  const reached = await reach(target, seconds, signal);
  return {
    address: target.address,
    interface: name,
    connected: reached.connected,
    bitsPerSecond: reached.connected ? (reached.bitsPerSecond ?? null) : null,
    reason: reached.connected ? null : reached.reason,
  };
}

/** Reads a row that a listener has sent, of which only the facts are taken. `undefined`: it is none. */
export function readRow(json: string, from: string): Row | undefined {
  try {
    const { to, addresses } = JSON.parse(json);
    if (typeof to !== "string" || !Array.isArray(addresses)) return undefined;
    const text = (value: unknown) => (typeof value === "string" ? value : null);
    const tested = addresses.map(
      (one): Tested => ({
        address: String(one?.address),
        interface: text(one?.interface),
        connected: one?.connected === true,
        bitsPerSecond: typeof one?.bitsPerSecond === "number" ? one.bitsPerSecond : null,
        reason: text(one?.reason),
      }),
    );
    return { from, to, addresses: tested };
  } catch {
    return undefined;
  }
}

/** The name that the peers call us by: of the one that has an address of ours, else of the machine. */
export function nameSelf(peers: readonly Peer[], networks: readonly Network[], hostname: string): string {
  return peers.find((peer) => isSelf(peer, networks))?.name ?? hostname;
}

export function isSelf(peer: Peer, networks: readonly Network[]): boolean {
  return peer.addresses.some((address) => networks.some(({ local }) => local === address));
}

/** Does all work, at most so much of it at once, in the order of the list. */
export async function inParallel<T>(
  items: readonly T[],
  most: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const waiting = [...items.entries()];
  const lanes = Array.from({ length: Math.min(most, items.length) }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await work(next[1], next[0]);
  });
  await Promise.all(lanes);
}
