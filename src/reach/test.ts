import { reach, type Target } from "./connect.ts";
import { findInterface, type Network } from "./interfaces.ts";
import { canonicalWithZone, isLinkLocal, type Peer } from "./peers.ts";

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
  /** Why not all of the peer could be tested. */
  readonly reason: string | null;
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
    // By way of a gateway it would be another network that is tested.
    if (isLinkLocal(address) && !address.includes("%")) addresses.push(leave(address, `needs %INTERFACE`));
    else if (name === undefined) addresses.push(leave(address, "no route"));
    else if (isLocal(address, networks)) addresses.push(leave(address, `is an address of ${from} too`));
    else addresses.push(await testAddress({ address, port }, { seconds, name, signal }));
  }
  return { from, to: peer.name, addresses, reason: peer.reason };
}

/** An address that was not tested. */
export function leave(address: string, reason: string): Tested {
  return { address, interface: null, connected: false, bitsPerSecond: null, reason };
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
    return { from, to, addresses: tested, reason: null };
  } catch {
    return undefined;
  }
}

/** What a listener says of a peer, address by address of the list here, which may be another one than its own. */
export function matchRow(row: Row, peer: Peer): Row {
  const addresses = peer.addresses.map(
    (address) =>
      row.addresses.find((tested) => canonicalWithZone(tested.address) === address) ??
      leave(address, `not tested by ${row.from}`),
  );
  return { ...row, addresses, reason: peer.reason };
}

/** Which of the peers is this one: of those that have an address of it, the one that is named as the machine, else the first. */
export function findSelf(peers: readonly Peer[], networks: readonly Network[], hostname: string): Peer | undefined {
  const own = peers.filter(({ addresses }) => addresses.some((address) => isLocal(address, networks)));
  return own.find(({ name }) => name === hostname || name.endsWith(`/${hostname}`)) ?? own[0];
}

function isLocal(address: string, networks: readonly Network[]): boolean {
  const [bare, zone] = address.split("%");
  return networks.some((network) => network.local === bare && (zone === undefined || zone === network.interface));
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
