import { contains, parseAddress, parseSubnet, type Subnet } from "../config/addresses.ts";
import { CniError, Code } from "../error.ts";
import { runIp } from "../host/ip.ts";
import { hasNetAdmin } from "../host/proc.ts";
import type { Conflict, Current, Desired } from "../model.ts";
import { planAddresses } from "../plan/addresses.ts";
import { inTheWay } from "../plan/conflict.ts";
import type { Judge } from "../policy/judge.ts";
import { refuseConflicts } from "./conflicts.ts";
import type { Outcome } from "./locked.ts";

/**
 * Makes sure that the node has the routes and rules of a config, or leaves it as it was. Where a look shows that all are there,
 * nothing more is done.
 *
 * @param seen what a look showed that asked for them
 *
 * Throws as `apply` does, and code 105 where a rule would catch what is not from Pods of this network.
 */
export async function applyNetwork(
  desired: Desired,
  { judge, seen }: { judge: Judge; seen: Current },
): Promise<Outcome> {
  const { changes, conflicts } = planAddresses(desired, seen);
  if (changes.length === 0 && conflicts.length === 0) return { changes: [], refused: [], notes: [] };
  refuseConflicts(conflicts);
  if (!(await hasNetAdmin())) {
    throw new CniError(Code.noPermission, "ifacer may not change the network: run it as root with CAP_NET_ADMIN");
  }
  // Once per node, not once per Pod.
  if (changes.some(({ type }) => type === "addRule")) refuseConflicts(await findCaught(desired));
  const { applyLocked } = await import("./locked.ts");
  return applyLocked(desired, { judge });
}

/**
 * Who on the node would be caught by the rules: the node's own addresses, what its main table leads to in parts of the network,
 * such as the Pods of another network plugin, and who else looks something up in the table.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` can't look).
 */
export async function findCaught({ rules = [] }: Desired): Promise<Conflict[]> {
  if (rules.length === 0) return [];
  // Numbers tell a table whatever name the node has for it.
  const lines = ["address show", "rule show", "route show table main", "link show type vrf"];
  const args = ["-4", "-N", "-details", "-oneline", "-force", "-batch", "-"];
  const { command, status, stdout, stderr } = await runIp(args, lines);
  if (status !== 0 && stdout === "") {
    throw new CniError(Code.ipFailed, `'${command}' can't look at the addresses of this node`, { details: stderr });
  }
  const shown = stdout.split("\n");
  return rules.flatMap(({ from, table }) => {
    const [user] = shown.flatMap((line) => describeUser(line, table));
    if (user !== undefined) {
      const message = `the table ${table} is somebody else's, the node has ${user}: set ipam.routeTable to another number`;
      return [inTheWay(table, message)];
    }
    const subnet = parseSubnet(from);
    const [caught] = subnet ? shown.flatMap((line) => describeCaught(line, subnet)) : [];
    if (caught === undefined) return [];
    const message = `the rule 'from ${from}' would catch what is not this network's, the node has ${caught}: give the network a subnet of its own`;
    return [inTheWay(from, message)];
  });
}

/** `100:    from all fwmark 0x1 lookup 100`, or a VRF. Rules of ifacer's have the number of their table as their place. */
function describeUser(line: string, table: string): string[] {
  const [first = "", ...words] = line.trim().split(/\s+/);
  const at = words.indexOf("lookup");
  const isRule = /^\d+:$/.test(first) && words.includes("from") && at > 0 && words[at + 1] === table;
  if (isRule && first !== `${table}:`) return [`the rule ${line.trim().replace(/\s+/g, " ")}`];
  const isVRF = words.some((word, at) => word === "table" && words[at - 1] === "vrf" && words[at + 1] === table);
  return isVRF ? [`the VRF ${words[0]}`] : [];
}

/** As a number, `ip` writes the type of a route so (RTN_UNICAST). */
const unicast = "1";

/** `3: ens1    inet 10.0.1.7/24 ...`, or `1 10.244.1.0/24 dev cni0 ...`. */
function describeCaught(line: string, subnet: Subnet): string[] {
  const [first = "", link = "", family = "", own = ""] = line.split(/\s+/);
  if (/^\d+:$/.test(first) && family === "inet") {
    const address = parseAddress(own.split("/", 1)[0] ?? "");
    return address && contains(subnet, address) ? [`the address ${own} on ${link}`] : [];
  }
  const destination = parseSubnet(link.includes("/") ? link : `${link}/32`);
  const isPart =
    first === unicast &&
    destination &&
    destination.prefixLength >= subnet.prefixLength &&
    contains(subnet, destination);
  return isPart ? [`the route ${link} ${line.split(/\s+/).slice(2, 6).join(" ").trim()}`] : [];
}
