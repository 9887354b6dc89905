import { CniError, Code } from "../../error.ts";
import { runIp } from "../../host/ip.ts";
import { type Json, parseLine, text } from "../../observe/json.ts";
import type { NodeLink } from "./nodeLinks.ts";

/** An address that a link of this node or of one of its Pods has. */
export interface NodeAddress {
  readonly local: string;
  readonly prefixLength: number;
  readonly link: string;
  /** The Pod's namespace; `undefined`: the node's own. */
  readonly namespace: string | undefined;
}

/**
 * The addresses of the node, and of the links in Pods that are among `podLinks`.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` failed).
 */
export async function listAddresses(podLinks: readonly NodeLink[]): Promise<NodeAddress[]> {
  const own = await runIp(["-json", "address", "show"], []);
  if (own.status !== 0) throw new CniError(Code.ipFailed, `'${own.command}' failed: ${own.stderr}`);
  const found = readAddresses(parseLine(own.stdout || "[]"), undefined);
  for (const namespace of new Set(podLinks.flatMap((link) => link.namespace ?? []))) {
    const { status, stdout } = await runIp(["-netns", namespace, "-json", "address", "show"], []);
    // A Pod that went meanwhile has no address.
    if (status === 0) found.push(...readAddresses(parseLine(stdout || "[]"), namespace));
  }
  const isWanted = ({ link, namespace }: NodeAddress) =>
    namespace === undefined || podLinks.some((pod) => pod.namespace === namespace && pod.name === link);
  return found.filter(isWanted);
}

function readAddresses(rows: readonly Json[], namespace: string | undefined): NodeAddress[] {
  return rows.flatMap((row) => {
    const addresses = Array.isArray(row["addr_info"]) ? (row["addr_info"] as Json[]) : [];
    return addresses.flatMap((address) => {
      const local = text(address["local"]);
      if (local === undefined) return [];
      return { local, prefixLength: Number(address["prefixlen"]), link: text(row["ifname"]) ?? "", namespace };
    });
  });
}
