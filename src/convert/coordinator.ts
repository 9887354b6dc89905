import { isIP } from "node:net";
import type { Problem } from "../model.ts";
import { problem } from "./problem.ts";
import type { CoordinatorSpec } from "./schema.ts";

/** What the webhook refuses in the coordinator's block (ValidateCoordinatorSpec). */
export function findCoordinatorFaults(block: CoordinatorSpec): Problem[] {
  const types = ["auto", "cluster", "calico", "cilium", "none"];
  const { podCIDRType, podMACPrefix, podRPFilter, txQueueLen, vethLinkAddress } = block;
  return [
    ...problem(
      "spec.coordinator.podCIDRType",
      podCIDRType !== undefined &&
        !types.includes(podCIDRType) &&
        `is ${JSON.stringify(podCIDRType)}, allowed are ${types.join(", ")}`,
    ),
    ...(block.hijackCIDR ?? []).flatMap((cidr, index) =>
      problem(
        `spec.coordinator.hijackCIDR[${index}]`,
        !isAddressOrCIDR(cidr) && `is ${JSON.stringify(cidr)}, expected an IP address or a subnet`,
      ),
    ),
    ...problem("spec.coordinator.podMACPrefix", podMACPrefix && findMACPrefixFault(podMACPrefix)),
    ...problem(
      "spec.coordinator.podRPFilter",
      podRPFilter !== undefined &&
        podRPFilter > 2 &&
        `is ${podRPFilter}, allowed are 0, 1, 2, or a negative number to leave it alone`,
    ),
    ...problem(
      "spec.coordinator.txQueueLen",
      txQueueLen !== undefined && txQueueLen < 0 && `is ${txQueueLen}, expected 0 or more`,
    ),
    ...problem(
      "spec.coordinator.vethLinkAddress",
      vethLinkAddress &&
        isIP(vethLinkAddress) === 0 &&
        `is ${JSON.stringify(vethLinkAddress)}, expected an IP address such as 169.254.100.1`,
    ),
  ];
}

function isAddressOrCIDR(text: string): boolean {
  const [address = "", length, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return length === undefined || (/^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= (version === 4 ? 32 : 128));
}

/** The first digit has to be 0: so the check in Spiderpool has it, though all that a unicast address needs is an even byte. */
function findMACPrefixFault(prefix: string): string | undefined {
  if (/^0[02468ace]:[0-9a-f]{2}$/i.test(prefix)) return undefined;
  return `is ${JSON.stringify(prefix)}, expected two bytes such as 0a:1b, the first one even and less than 10 in hexadecimal`;
}
