import { networkInterfaces } from "node:os";
import { isWithin } from "../wire/address.ts";

/** A network of this node or Pod, by the interface that has an address in it. */
export interface Network {
  readonly interface: string;
  readonly local: string;
  readonly prefixLength: number;
}

/** The networks of this namespace, without those of the loopback. */
export function listNetworks(): Network[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ internal, cidr, address }) =>
      internal || cidr === null
        ? []
        : [{ interface: name, local: address, prefixLength: Number(cidr.slice(cidr.indexOf("/") + 1)) }],
    ),
  );
}

/**
 * The interface whose network an address is in, the smallest one; `undefined`: it could only be reached by way of a gateway. Of a
 * link-local address it is the one that its zone names.
 */
export function findInterface(address: string, networks: readonly Network[]): string | undefined {
  const [bare = "", zone] = address.split("%");
  const around = networks.filter(
    (network) => isWithin(bare, network) && (zone === undefined || zone === network.interface),
  );
  return around.toSorted((one, other) => other.prefixLength - one.prefixLength)[0]?.interface;
}
