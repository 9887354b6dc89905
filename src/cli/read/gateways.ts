import { isJsonArray, type Json, JsonObject, member } from "../../json.ts";
import type { Desired } from "../../model.ts";
import { canonicalAddress } from "../../wire/address.ts";
import type { Plugin } from "./entries.ts";
import { listTopLinks } from "./masters.ts";

/** The keys by which IPAM plugins name a gateway (static, host-local, whereabouts and their like). */
const gatewayKeys = /^(gateway|gw)$/i;

/**
 * The gateways that the IPAM configs of a chain name for Pods on a link that ifacer makes: of the plugins whose `master` it
 * is, and of those that name no link.
 */
export function listGateways(desired: Desired, followers: readonly Plugin[], link: string): string[] {
  const made = listTopLinks(desired);
  const relevant = followers.filter(({ body }) => {
    const master = member(body, "master");
    return typeof master !== "string" || master === link || !made.includes(master);
  });
  const found = relevant.flatMap(({ body }) => collect(member(body, "ipam") ?? null));
  return [...new Set(found)];
}

function collect(value: Json): string[] {
  if (isJsonArray(value)) return value.flatMap(collect);
  if (!(value instanceof JsonObject)) return [];
  return value.members.flatMap(([key, inner]) => {
    if (!gatewayKeys.test(key) || typeof inner !== "string") return collect(inner);
    const address = canonicalAddress(inner);
    return address === undefined ? [] : [address];
  });
}
