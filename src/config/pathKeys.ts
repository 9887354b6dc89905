import { type JsonObject, member } from "../json.ts";

/** Keys of Spidernet's veth plugin for lists of subnets; all its keys are at the top. */
export const vethListKeys = [
  "service_cidr",
  "cluster_cidr",
  "service_hijack_subnet",
  "overlay_hijack_subnet",
  "additional_hijack_subnet",
] as const;

const keys = ["nodePath", ...vethListKeys, "mac_prefix"] as const;

/** The key that makes an entry a node path, if there is one. */
export function findNodePathKey(body: JsonObject): string | undefined {
  return keys.find((key) => member(body, key) !== undefined);
}
