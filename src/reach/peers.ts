import { findAltNameFault } from "../config/linkNames.ts";
import { isJsonArray, type Json, JsonObject } from "../json.ts";
import { canonicalAddress } from "../wire/address.ts";

/** A listener, by the name of its Pod. */
export interface Peer {
  readonly name: string;
  /** The Pod's, where it is one. */
  readonly namespace?: string;
  /** As the kernel writes them; a link-local one with the interface by which it is reached, as `fe80::1%net1`. */
  readonly addresses: readonly string[];
  /** What it lacks to be tested whole. */
  readonly reason: string | null;
}

const statusAnnotation = "k8s.v1.cni.cncf.io/network-status";

/**
 * Reads peers from a document: a list of `{name, addresses}`, one of them, or a Pod as kubectl shows it, whose addresses are
 * those of its extra networks, by Multus' annotation.
 *
 * Throws an Error whose message is the end of a sentence.
 */
export function readPeers(value: Json): Peer[] {
  if (isJsonArray(value)) return value.flatMap(readPeers);
  if (!(value instanceof JsonObject)) throw new Error("must be a list of {name, addresses}, or Pods");
  if (get(value, "kind") === "Pod") return readPod(value);
  const name = get(value, "name");
  const addresses = get(value, "addresses");
  if (typeof name !== "string" || name === "") throw new Error("a peer has no name");
  if (addresses === undefined || !isJsonArray(addresses)) throw new Error(`${name} has no list of addresses`);
  const reason = addresses.length > 0 ? null : "has no address";
  return [{ name, addresses: addresses.map((address) => checkAddress(address, name)), reason }];
}

/** A Pod that is not there yet, or a network without addresses, is told of: it is not reached either. */
function readPod(pod: JsonObject): Peer[] {
  const metadata = get(pod, "metadata");
  const name = get(metadata, "name");
  const namespace = get(metadata, "namespace");
  const place = typeof namespace === "string" && namespace !== "" ? { namespace } : {};
  const status = get(get(metadata, "annotations"), statusAnnotation);
  if (typeof name !== "string" || name === "") throw new Error("a Pod has no name");
  const networks: unknown = typeof status === "string" ? JSON.parse(status) : [];
  if (!Array.isArray(networks)) throw new Error(`${name}: its ${statusAnnotation} is no list`);
  const extra = networks.filter((network) => network?.default !== true);
  const listIPs = (network: { ips?: unknown } | null): unknown[] => (Array.isArray(network?.ips) ? network.ips : []);
  const addresses = extra.flatMap(listIPs).map((address) => checkAddress(address, name));
  const bare = extra.filter((network) => listIPs(network).length === 0).map((network) => network?.name);
  if (addresses.length > 0)
    return [{ name, ...place, addresses, reason: bare.length > 0 ? `no address in ${bare.join(", ")}` : null }];
  return [
    { name, ...place, addresses, reason: `has no address, phase ${get(get(pod, "status"), "phase") ?? "unknown"}` },
  ];
}

function checkAddress(address: unknown, name: string): string {
  const canonical = typeof address === "string" ? canonicalWithZone(address) : undefined;
  if (canonical !== undefined) return canonical;
  throw new Error(`${name} has the address ${JSON.stringify(address)}, which is none`);
}

/** An address as the kernel writes it, a link-local one also with a zone, which is the name of an interface here (RFC 4007, 11). */
export function canonicalWithZone(text: string): string | undefined {
  const [bare = "", zone, ...rest] = text.split("%");
  const address = canonicalAddress(bare);
  if (zone === undefined || address === undefined) return address;
  return rest.length === 0 && isLinkLocal(address) && findAltNameFault(zone) === undefined
    ? `${address}%${zone}`
    : undefined;
}

export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

/** Pods of one name in several namespaces as NAMESPACE/NAME. */
export function nameApart(peers: readonly Peer[]): Peer[] {
  const counts = new Map<string, number>();
  for (const { name } of peers) counts.set(name, (counts.get(name) ?? 0) + 1);
  return peers.map((peer) =>
    peer.namespace !== undefined && (counts.get(peer.name) ?? 0) > 1
      ? { ...peer, name: `${peer.namespace}/${peer.name}` }
      : peer,
  );
}

function get(value: Json | undefined, key: string): Json | undefined {
  return value instanceof JsonObject ? value.members.findLast(([name]) => name === key)?.[1] : undefined;
}
