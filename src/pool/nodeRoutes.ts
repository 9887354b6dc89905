import { contains, parseAddress, type Subnet, writeAddress, writeSubnet } from "../config/addresses.ts";
import type { DesiredRoute, RoutingRule } from "../model.ts";
import { findVlanCIDR, rangeOf } from "./blocks.ts";
import type { AddressPlan, Peer } from "./entry.ts";
import { findBlocksIn, findNicBlocks, type HostIndex, numberOf, type PlacedNic } from "./nics.ts";

/** What the node needs for its Pods to reach those of other nodes. */
export interface NodeRoutes {
  readonly routes: readonly DesiredRoute[];
  readonly rules: readonly RoutingRule[];
}

/** In larger networks nodes have to be named: a route for each address would be too many. */
const mostAddresses = 1024;

/**
 * The routes to the blocks of other nodes, in a table that is asked for what comes from Pods alone: by each address that another
 * node may have in the network of a NIC, the block of the node with that address. So nobody has to be asked who the others are.
 */
export function planNodeRoutes(
  nics: readonly PlacedNic[],
  { blocks, routing }: AddressPlan,
  hostIndex: HostIndex,
): NodeRoutes | { readonly faults: readonly string[] } {
  if (routing === undefined) return { routes: [], rules: [] };
  const { table, peers } = routing;
  const own = new Set(nics.flatMap(({ address }) => address ?? []));
  const ownBlocks = new Set(nics.map((nic) => nameBlock(findNicBlocks(nic, { blocks, hostIndex }))));
  const faults: string[] = [];
  const routes = new Map<string, DesiredRoute>();
  for (const { master, network, index } of nics) {
    const vlanCIDR = findVlanCIDR(blocks, index);
    // That this node has no block there is told of its NIC.
    if (network === undefined || "fault" in vlanCIDR) continue;
    const others = peers ? listPeers(peers, network) : listNeighbours(network, hostIndex);
    if ("fault" in others) {
      faults.push(`${master.name}: ${others.fault}`);
      continue;
    }
    for (const { address, host } of others.nodes) {
      // Who has a number beyond the blocks has no Pods of this network.
      const block = own.has(address) ? undefined : findBlocksIn(blocks, vlanCIDR, host);
      if (block === undefined || "fault" in block) continue;
      const destination = writeSubnet(block.podCIDR);
      const gateway = writeAddress({ family: "4", value: address });
      if (ownBlocks.has(destination)) {
        faults.push(
          `${gateway} of ipam.peers has this node's own index ${host}, so that both would give ${destination}`,
        );
        continue;
      }
      // Of two NICs in one network the first leads there.
      if (routes.has(destination)) continue;
      routes.set(destination, {
        link: master.name,
        destination,
        gateway,
        attributes: [{ name: "table", value: table }],
      });
    }
  }
  if (faults.length > 0) return { faults };
  return { routes: [...routes.values()], rules: [{ from: writeSubnet(blocks.subnet), table }] };
}

function nameBlock(found: ReturnType<typeof findNicBlocks>): string {
  return "fault" in found ? "" : writeSubnet(found.podCIDR);
}

interface Node {
  readonly address: bigint;
  readonly host: number;
}

type Nodes = { readonly nodes: readonly Node[] } | { readonly fault: string };

function listPeers(peers: readonly Peer[], network: Subnet): Nodes {
  const nodes = peers.flatMap(({ hostIndex, addresses }) =>
    addresses.flatMap((text): Node[] => {
      const address = parseAddress(text);
      if (address === undefined || !contains(network, address)) return [];
      return [{ address: address.value, host: hostIndex ?? numberOf(network, address.value) }];
    }),
  );
  return { nodes };
}

/** All addresses that a node may have, which is neither the network's first nor its last one. */
function listNeighbours(network: Subnet, hostIndex: HostIndex): Nodes {
  const { first, last } = rangeOf(network);
  const count = last - first + 1n;
  if (hostIndex !== undefined) {
    return {
      fault:
        "the node has a hostIndex of its own (/etc/ifacer/node.json), so that addresses don't tell the other nodes' blocks: name the nodes in ipam.peers",
    };
  }
  if (count > mostAddresses) {
    return {
      fault: `its network ${writeSubnet(network)} has more than ${mostAddresses} addresses, too many for a route for each: name the nodes in ipam.peers`,
    };
  }
  const nodes: Node[] = [];
  for (let address = first + 1n; address < last; address++) nodes.push({ address, host: numberOf(network, address) });
  return { nodes };
}
