import { isIP } from "node:net";
import { isJsonArray, type Json, JsonObject } from "../json.ts";

/** A listener, by the name of its Pod. */
export interface Peer {
  readonly name: string;
  readonly addresses: readonly string[];
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
  return [{ name, addresses: addresses.map((address) => checkAddress(address, name)) }];
}

/** A Pod that is not there yet, or has no extra network, is no peer. */
function readPod(pod: JsonObject): Peer[] {
  const metadata = get(pod, "metadata");
  const name = get(metadata, "name");
  const status = get(get(metadata, "annotations"), statusAnnotation);
  if (typeof name !== "string" || typeof status !== "string") return [];
  const networks: unknown = JSON.parse(status);
  if (!Array.isArray(networks)) throw new Error(`${name}: its ${statusAnnotation} is no list`);
  const addresses = networks
    .filter((network) => network?.default !== true)
    .flatMap((network) => (Array.isArray(network?.ips) ? network.ips : []))
    .map((address) => checkAddress(address, name));
  return addresses.length > 0 ? [{ name, addresses }] : [];
}

function checkAddress(address: unknown, name: string): string {
  if (typeof address === "string" && isIP(address) > 0) return address;
  throw new Error(`${name} has the address ${JSON.stringify(address)}, which is none`);
}

function get(value: Json | undefined, key: string): Json | undefined {
  return value instanceof JsonObject ? value.members.findLast(([name]) => name === key)?.[1] : undefined;
}
