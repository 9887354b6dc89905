import { contains, overlap, parseAddress, parseSubnet, type Subnet } from "../config/addresses.ts";
import { CniError, Code } from "../error.ts";
import { runIp } from "../host/ip.ts";
import { forgetRule, rememberRule } from "../host/madeFiles.ts";
import { hasNetAdmin } from "../host/proc.ts";
import type { Conflict, Current, Desired, RoutingRule } from "../model.ts";
import { planAddresses } from "../plan/addresses.ts";
import { inTheWay } from "../plan/conflict.ts";
import type { Judge } from "../policy/judge.ts";
import { nameRule } from "../pool/ruleName.ts";
import { refuseConflicts } from "./conflicts.ts";
import type { Outcome, Preparation } from "./locked.ts";

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
  const { applyLocked } = await import("./locked.ts");
  return applyLocked(desired, { judge, prepare: prepareNetwork });
}

/** A rule is looked at with the lock held: two networks with common addresses may get their first Pods at the same time. */
async function prepareNetwork(desired: Desired, seen: Current): Promise<Preparation> {
  const { changes, conflicts } = planAddresses(desired, seen);
  // Once per node, not once per Pod.
  const rules = changes.flatMap((change) => (change.type === "addRule" ? [change.rule] : []));
  const caught = rules.length > 0 ? await findCaught(desired) : [];
  if (conflicts.length + caught.length === 0) {
    const settle = desired.removeUnused ? rememberRule : forgetRule;
    for (const rule of rules) await settle(nameRule(rule));
  }
  return { changes, conflicts: [...conflicts, ...caught], lead: [], before: undefined };
}

/**
 * Who on the node would be caught by the rules: the node's own addresses, what its main table leads to in parts of the network,
 * such as the Pods of another network plugin, who else looks something up in the table, and rules for some of the same sources.
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
  return findCaughtIn(stdout, rules);
}

/** The same, by what `ip` showed. Pure. */
export function findCaughtIn(stdout: string, rules: readonly RoutingRule[]): Conflict[] {
  const shown = stdout.split("\n");
  return rules.flatMap(({ from, table }) => {
    const subnet = parseSubnet(from);
    const [user] = shown.flatMap((line) => describeUser(line, table));
    if (user !== undefined) {
      const message = `the table ${table} is somebody else's, the node has ${user}: set ipam.routeTable to another number`;
      return [inTheWay(table, message)];
    }
    const [other] = subnet ? shown.flatMap((line) => describeOther(line, { from, table, subnet })) : [];
    if (other !== undefined) {
      const message = `${from} has addresses of another network, the node has the rule ${other.rule}: give the network a subnet of its own, or type 'ip rule del ${other.words}' where nobody needs that rule any more`;
      return [inTheWay(from, message)];
    }
    const [caught] = subnet ? shown.flatMap((line) => describeCaught(line, subnet)) : [];
    if (caught === undefined) return [];
    const message = `the rule 'from ${from}' would catch what is not this network's, the node has ${caught}: give the network a subnet of its own`;
    return [inTheWay(from, message)];
  });
}

/** A rule as `ip` shows it: `100:    from all fwmark 0x1 lookup 100`; `undefined`: the line is none. */
export function readRule(
  line: string,
): { place: string; words: readonly string[]; table: string | undefined } | undefined {
  const [first = "", ...words] = line.trim().split(/\s+/);
  const at = words.indexOf("lookup");
  if (!/^\d+:$/.test(first) || !words.includes("from")) return undefined;
  return { place: first.slice(0, -1), words, table: at > 0 ? words[at + 1] : undefined };
}

/** Somebody's rule for the table, or a VRF's. ifacer's own have the number of their table as their place, and name a source alone. */
function describeUser(line: string, table: string): string[] {
  const rule = readRule(line);
  if (rule?.table === table) {
    const [from, source, lookup] = rule.words;
    const isOwn = rule.place === table && from === "from" && source !== "all" && lookup === "lookup";
    return isOwn ? [] : [`the rule ${line.trim().replace(/\s+/g, " ")}`];
  }
  const words = line.trim().split(/\s+/);
  const isVRF = words.some((word, at) => word === "table" && words[at - 1] === "vrf" && words[at + 1] === table);
  return isVRF ? [`the VRF ${words[1]?.replace(":", "") ?? ""}`] : [];
}

/**
 * A rule for some of the same sources: what of two networks with common addresses is asked first would lead the Pods of both, also
 * where only one is to.
 */
function describeOther(
  line: string,
  { from, table, subnet }: RoutingRule & { subnet: Subnet },
): { rule: string; words: string }[] {
  const rule = readRule(line);
  if (rule === undefined || rule.words[0] !== "from") return [];
  const [, source = ""] = rule.words;
  const other = parseSubnet(source.includes("/") ? source : `${source}/32`);
  if (other === undefined || !overlap(other, subnet)) return [];
  if (source === from && rule.table === table) return [];
  const words = rule.words.slice(0, rule.words.includes("proto") ? rule.words.indexOf("proto") : undefined).join(" ");
  return [{ rule: `${rule.place}: ${words}`, words: `${words} priority ${rule.place}` }];
}

/** As `ip` writes the type of a route: numbers were asked for, which not every `ip` writes for types (rtnetlink(7)). */
const unicast = ["unicast", "1"];

/** `3: ens1    inet 10.0.1.7/24 ...`, or `unicast 10.244.1.0/24 dev cni0 ...`. */
function describeCaught(line: string, subnet: Subnet): string[] {
  const [first = "", link = "", family = "", own = ""] = line.split(/\s+/);
  if (/^\d+:$/.test(first) && family === "inet") {
    const address = parseAddress(own.split("/", 1)[0] ?? "");
    return address && contains(subnet, address) ? [`the address ${own} on ${link}`] : [];
  }
  const destination = parseSubnet(link.includes("/") ? link : `${link}/32`);
  const isPart =
    unicast.includes(first) &&
    destination &&
    destination.prefixLength >= subnet.prefixLength &&
    contains(subnet, destination);
  return isPart ? [`the route ${link} ${line.split(/\s+/).slice(2, 6).join(" ").trim()}`] : [];
}
